"""Hosts that programs leave as a referrer, so that somebody looks them up: referrer spam.

Plain facts, sorted, written by hand on 2026-11-27: those that are spoken of most. They come and go,
and a list that is kept up to date has thousands: `QUIETCLICKS_REFERRER_SPAM` names one.
"""

# These and every host below them.
SPAMMERS = frozenset(
    """
    100dollars-seo.com 4webmasters.org 7makemoneyonline.com best-seo-offer.com
    best-seo-solution.com bestwebsitesawards.com blackhatworth.com buttons-for-website.com
    buttons-for-your-website.com buy-cheap-online.info cenoval.ru darodar.com econom.co
    event-tracking.com floating-share-buttons.com free-share-buttons.com
    free-social-buttons.com get-free-traffic-now.com googlsucks.com hulfingtonpost.com
    humanorightswatch.org ilovevitaly.co ilovevitaly.com ilovevitaly.ru iskalko.ru
    o-o-6-o-o.com o-o-8-o-o.com priceg.com savetubevideo.com semalt.com semaltmedia.com
    simple-share-buttons.com site-auditor.online social-buttons.com success-seo.com
    traffic2cash.org trafficmonetize.org video--production.com videos-for-your-business.com
    webmonetizer.net websites-reviews.com
    """.split()
)
