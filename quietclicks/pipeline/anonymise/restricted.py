"""Whom the list of restrictions names: first of all steps, so that nothing of them is derived.

Asked only while there is a list, and of each address and browser once until the list changes.
"""

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.drop import drop
from quietclicks.pipeline.anonymise.site import Context
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.schemas.rejection import Reason


def drop_restricted(batch: Batch, context: Context) -> Batch:
    """Who restricted, objected or is erased: neither counted nor passed on, in no stream either."""
    look_up = context.site.look_up
    if not look_up.restrictions:
        return batch
    day = batch.times[0] // MILLISECONDS_PER_DAY
    return drop(batch, look_up.restricted(batch.events, day), Reason.RESTRICTED, context)
