"""From raw records to runs of decoded events, which are decided about together.

Step by step over some hundred events is quicker than event by event. A tick ends a run, since it
changes what is late; records too long to remember anything of have runs of their own.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from msgspec import Struct, field

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.anonymise.repeats import repeats
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import ExactEvent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason

BATCH_RECORDS = 250  # fit the second-level cache (docs/decisions/hot-path.md)
LONG_RECORD = 2048  # bytes: attackers' text must not fill the caches' memory


_Item = RawEvent | Tick | Reason


class Decoded(Struct):
    """Consecutive records, decoded; its tick comes last."""

    end: int = 0  # the offset after its last record
    events: list[RawEvent] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)  # of the events
    appended: list[int] = field(default_factory=list)  # when the broker took them, ms
    rejected: list[tuple[Record, Reason]] = field(default_factory=list)
    unlisted: int = 0  # events that had fields which nobody listed
    is_long: bool = False  # so are all its events
    tick: tuple[Record, Tick] | None = None

    def __repr__(self) -> str:
        return "Decoded(…)"


def decoded_runs(records: Sequence[Record]) -> Iterator[Decoded]:
    """The records in order. Every one is in exactly one run."""
    for first in range(0, len(records), BATCH_RECORDS):
        part = records[first : first + BATCH_RECORDS]
        values = [record.value or b"" for record in part]
        items = _decoded(values)
        if set(map(type, items)) == {ExactEvent} and max(map(len, values)) <= LONG_RECORD:
            # Nearly always: all of them at a time.
            offsets = [record.offset for record in part]
            appended = [record.timestamp for record in part]
            yield Decoded(offsets[-1] + 1, cast(list[RawEvent], items), offsets, appended)
        else:
            yield from _one_by_one(part, values, items)


def _decoded(values: Sequence[bytes]) -> list[_Item]:
    items: list[_Item] = []
    for value in values:
        try:
            items.append(decode(value))
        except Rejected as rejected:
            items.append(rejected.reason)
        except Exception:
            items.append(Reason.ERROR)
    rows: Sequence[int] = range(len(items))
    if set(map(type, items)) != {ExactEvent}:
        rows = [row for row, item in enumerate(items) if isinstance(item, RawEvent)]
        values = [values[row] for row in rows]
    events = items if len(rows) == len(items) else [items[row] for row in rows]
    for row in repeats(values, cast(list[RawEvent], events)):
        items[rows[row]] = Reason.REPEATED_SIGNAL
    return items


def _one_by_one(
    records: Sequence[Record], values: Sequence[bytes], items: Sequence[_Item]
) -> Iterator[Decoded]:
    run = Decoded()
    for record, value, item in zip(records, values, items, strict=True):
        if isinstance(item, RawEvent):
            is_long = len(value) > LONG_RECORD
            if is_long is not run.is_long:
                if run.end:
                    yield run
                run = Decoded(is_long=is_long)
            run.events.append(item)
            run.offsets.append(record.offset)
            run.appended.append(record.timestamp)
            if type(item) is RawEvent:
                run.unlisted += 1
        elif isinstance(item, Tick):
            run.tick = record, item
        else:
            run.rejected.append((record, item))
        run.end = record.offset + 1
        if run.tick:
            yield run
            run = Decoded()
    if run.end:
        yield run
