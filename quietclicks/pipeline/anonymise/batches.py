"""From raw records to portions: runs of events that are decided about together.

Step by step over some hundred events is quicker than event by event. A tick ends a portion, since
it changes what is late; records too long to remember anything of have portions of their own.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from msgspec import Struct, field

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import ExactEvent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason

PORTION = 250  # records
LONG_RECORD = 2048  # bytes: attackers' text must not fill the caches' memory


_Item = RawEvent | Tick | Reason


class Portion(Struct):
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
        return "Portion(…)"


def portions(records: Sequence[Record]) -> Iterator[Portion]:
    """The records in order. Every one is in exactly one portion."""
    for first in range(0, len(records), PORTION):
        part = records[first : first + PORTION]
        values = [record.value or b"" for record in part]
        items = _decoded(values)
        if set(map(type, items)) == {ExactEvent} and max(map(len, values)) <= LONG_RECORD:
            # Nearly always: all of them at a time.
            offsets = [record.offset for record in part]
            appended = [record.timestamp for record in part]
            yield Portion(offsets[-1] + 1, cast(list[RawEvent], items), offsets, appended)
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
    return items


def _one_by_one(
    records: Sequence[Record], values: Sequence[bytes], items: Sequence[_Item]
) -> Iterator[Portion]:
    portion = Portion()
    for record, value, item in zip(records, values, items, strict=True):
        if isinstance(item, RawEvent):
            is_long = len(value) > LONG_RECORD
            if is_long is not portion.is_long:
                if portion.end:
                    yield portion
                portion = Portion(is_long=is_long)
            portion.events.append(item)
            portion.offsets.append(record.offset)
            portion.appended.append(record.timestamp)
            if type(item) is RawEvent:
                portion.unlisted += 1
        elif isinstance(item, Tick):
            portion.tick = record, item
        else:
            portion.rejected.append((record, item))
        portion.end = record.offset + 1
        if portion.tick:
            yield portion
            portion = Portion()
    if portion.end:
        yield portion
