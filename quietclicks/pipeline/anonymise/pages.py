"""The first steps of `DECIDE`: is it a view of a page of this site, and of which?

Of what is none nothing else is looked at. No step here reads a query.
"""

from operator import not_

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.decode import PAGEVIEW
from quietclicks.pipeline.anonymise.drop import drop
from quietclicks.pipeline.anonymise.site import Context
from quietclicks.schemas.rejection import Reason


def drop_prefetched(batch: Batch, context: Context) -> Batch:
    """What a browser fetched ahead of a view.

    Whatever the header says: it is sent with what is not for immediate use, and with nothing else
    (https://fetch.spec.whatwg.org/#sec-purpose-header). What cannot be read is no view either.
    """
    purposes = [event.purpose for event in batch.events]
    if not any(purposes):
        return batch
    ahead = [bool(purpose and purpose.strip()) for purpose in purposes]
    return drop(batch, ahead, Reason.PREFETCH, context)


def put_page(batch: Batch, context: Context) -> Batch:
    """The page, cleaned of personal data, and the query as it was sent."""
    urls = [event.url.partition("#")[0].partition("?") for event in batch.events]
    batch.pages = context.site.look_up.pages([base for base, _, _ in urls])
    batch.queries = [query for _, _, query in urls]
    return batch


def drop_not_pages(batch: Batch, context: Context) -> Batch:
    """Assets, unless the event says that it is a page view; other hosts; URLs that are none."""
    reasons = [page.reason for page in batch.pages]
    if not any(reasons):
        return batch
    reasons = [
        None if reason is Reason.NOT_A_PAGE and event.type == PAGEVIEW else reason
        for reason, event in zip(reasons, batch.events, strict=True)
    ]
    for reason in sorted({reason for reason in reasons if reason}):
        context.outcome.reject(batch, [each is reason for each in reasons], reason)
    return batch.where(map(not_, reasons))
