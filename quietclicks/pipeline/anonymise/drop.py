"""What all `drop_*` steps do: leave rows out of a batch, and say why."""

from collections.abc import Sequence
from operator import not_

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.site import Context
from quietclicks.schemas.rejection import Reason


def drop(batch: Batch, dropped: Sequence[object], reason: Reason, context: Context) -> Batch:
    """The batch without those rows for which there is something true in `dropped`."""
    if not any(dropped):
        return batch
    context.outcome.reject(batch, dropped, reason)
    return batch.where(map(not_, dropped))
