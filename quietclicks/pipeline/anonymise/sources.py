"""The steps about where a visitor came from: the referrer, and what the link says of itself.

Of both only the kind of place and a name that may be told are kept, never a path.
"""

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.drop import drop
from quietclicks.pipeline.anonymise.lookups import SPAM, labelled
from quietclicks.pipeline.anonymise.site import Context
from quietclicks.schemas.rejection import Reason


def put_referrer(batch: Batch, context: Context) -> Batch:
    """Kind of place and registrable domain."""
    sent = [event.referrer for event in batch.events]
    batch.referrers = context.site.look_up.referrers(sent)
    return batch


def drop_referrer_spam(batch: Batch, context: Context) -> Batch:
    """Programs that call themselves browsers, to leave an address in somebody's statistics."""
    spam = [each is SPAM for each in batch.referrers]
    return drop(batch, spam, Reason.REFERRER_SPAM, context)


def put_source(batch: Batch, context: Context) -> Batch:
    """What a link names stands before the referrer, but for the site's own pages.

    And but for a referrer of the kind that the link names: that says which one it was.
    """
    found = batch.referrers
    if any(batch.campaigns):
        found = [
            each if named is None or each[0].kind in ("internal", named.kind) else labelled(named)
            for each, named in zip(found, batch.campaigns, strict=True)
        ]
    batch.sources = found
    return batch
