"""A batch: events of one site side by side, every field a column, in the log's order.

It is what the steps work on: read in one go, filled in column by column, narrowed by drops.
"""

from collections import defaultdict
from collections.abc import Sequence

from quietclicks.pipeline.anonymise.decoded import Decoded
from quietclicks.pipeline.anonymise.lookups import Labelled
from quietclicks.pipeline.anonymise.visitor import Visitor
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, all_milliseconds
from quietclicks.pipeline.columns import Columns
from quietclicks.pipeline.consent.rules import Decision
from quietclicks.pipeline.fields.page import Page
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.raw import RawEvent


class Batch(Columns):
    """A row is named by its offset, everywhere. A column that no step has put yet is empty."""

    offsets: Sequence[int]
    appended: Sequence[int]  # when the broker took them, ms
    events: Sequence[RawEvent]
    ids: Sequence[str]  # as the collector chose them
    times: Sequence[int]  # the events' own, ms
    repeats: Sequence[bool] = ()
    pages: Sequence[Page] = ()
    queries: Sequence[str] = ()  # as they were sent
    visitors: Sequence[Visitor] = ()
    decisions: Sequence[Decision] = ()
    referrers: Sequence[Labelled] = ()
    names: Sequence[str] = ()  # of pages, with what is kept of the query
    campaigns: Sequence[Source | None] = ()  # what links say of where they stand
    sources: Sequence[Labelled] = ()
    searches: Sequence[str | None] = ()
    searched: Sequence[str] = ()  # what counts a search

    def __len__(self) -> int:
        return len(self.offsets)


def by_site(decoded: Decoded) -> dict[str, Batch]:
    """One batch for each site that is named, known or not."""
    events, offsets, appended = decoded.events, decoded.offsets, decoded.appended
    ids = [event.event_id for event in events]
    times = all_milliseconds([event.timestamp for event in events])
    whole = Batch(offsets, appended, events, ids, times)
    names = [event.site for event in events]
    if len(set(names)) < 2:
        return dict.fromkeys(names[:1], whole)
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names):
        rows[name].append(row)
    return {
        name: Batch(*[[column[row] for row in theirs] for column in whole.columns() if column])
        for name, theirs in rows.items()
    }


def by_day(batch: Batch) -> list[tuple[int, Batch]]:
    """One batch for each UTC day (since 1970), in order: each has a key of its own."""
    days = [at_ms // MILLISECONDS_PER_DAY for at_ms in batch.times]
    different = sorted(set(days))
    if len(different) == 1:
        return [(days[0], batch)]
    return [(day, batch.where(each == day for each in days)) for day in different]
