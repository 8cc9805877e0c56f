"""From raw records to portions: runs of events that are decided about together.

Step by step over some hundred events is quicker than event by event. A tick ends a portion, since
it changes what is late; records too long to remember anything of have portions of their own.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from quietclicks.pipeline.decode import decode
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.step import Record
from quietclicks.schemas.raw import RawEvent, Tick
from quietclicks.schemas.rejection import Reason

PORTION = 500  # events
LONG_RECORD = 2048  # bytes: attackers' text must not fill the caches' memory


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


def portions(records: Iterable[Record]) -> Iterator[Portion]:
    """The records in order. Every one is in exactly one portion."""
    portion = Portion()
    for record in records:
        value = record.value
        item: RawEvent | Tick | Reason
        try:
            item = decode(value)
        except Rejected as rejected:
            item = rejected.reason
        except Exception:
            item = Reason.ERROR
        if isinstance(item, RawEvent):
            is_long = len(value or b"") > LONG_RECORD
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
        if len(portion.events) == PORTION or portion.tick:
            yield portion
            portion = Portion()
    if portion.end:
        yield portion
