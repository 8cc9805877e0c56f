"""What the records of `privacy.keys` say: which days have a key, and how far keys are destroyed.

Arithmetic on records. No key is opened here, and a `repr` shows none.

A day's key is the first that was written, after a tombstone the first after that: so a key is
wrapped anew. `destroyed-through` is the day up to which keys are destroyed, and it never goes back:
of those days no key is ever made again, and what looks like one has come from a copy.
"""

from datetime import date

from msgspec import Struct, field

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import Record

THROUGH = b"destroyed-through"
LIST = b"restrictions"  # the key of the list of restrictions, which no day ends
LOST = b"lost:"  # + a day whose key was deleted, and not when it was due
NUDGE = b"nudge"  # of a tombstone for nothing, which closes a segment
NEVER = -1
_EPOCH = date(1970, 1, 1).toordinal()


class Wrapped(Struct, frozen=True):
    """A key as it lies there, and where and when it was written (ms, by the broker's clock)."""

    sealed: bytes
    offset: int
    at_ms: int

    def __repr__(self) -> str:
        return f"Wrapped(offset={self.offset}, at_ms={self.at_ms})"


class Place(Struct, frozen=True):
    """Of a record without a secret: its offset, and when it was appended (ms, broker's clock)."""

    offset: int
    at_ms: int


class KeyRecords(Struct):
    """All records so far, in the log's order."""

    living: dict[int, Wrapped] = field(default_factory=dict)  # by day since 1970
    through: int = NEVER  # the last day whose key is destroyed, with all before it
    written: set[int] = field(default_factory=set)  # days of which a key is in the log, dead or not
    deleted: set[int] = field(default_factory=set)  # days whose key was taken away, and not so
    lost: set[int] = field(default_factory=set)  # the same, noted: a tombstone is gone in an hour
    tombstones: dict[int, Place] = field(default_factory=dict)  # the last one of each day
    through_at: Place | None = None  # where `through` stands
    of_list: Wrapped | None = None  # the key of the list of restrictions

    def take(self, record: Record) -> None:
        """Raises `ValueError` where it tells of destruction, and cannot be read."""
        key = record.key or b""
        if key == THROUGH:
            if record.value is not None:
                if (day := day_of(record.value)) > self.through:
                    self.through, self.through_at = day, Place(record.offset, record.timestamp)
                for day in [day for day in self.living if day <= self.through]:
                    del self.living[day]
                self.deleted = {day for day in self.deleted if day > self.through}
                self.lost = {day for day in self.lost if day > self.through}
            return
        if key == LIST:
            if record.value is None:
                self.of_list = None
            elif self.of_list is None:
                self.of_list = Wrapped(record.value, record.offset, record.timestamp)
            return
        try:
            day = day_of(key.removeprefix(LOST))
        except ValueError:
            return  # a nudge, or none of ours
        if key.startswith(LOST):
            if day > self.through and record.value is not None:
                self.lost.add(day)
            return
        if record.value is None:
            self.tombstones[day] = Place(record.offset, record.timestamp)
            self.living.pop(day, None)
            if day > self.through:
                self.deleted.add(day)
            return
        self.written.add(day)
        if day > self.through:
            self.deleted.discard(day)
            self.living.setdefault(day, Wrapped(record.value, record.offset, record.timestamp))

    def destroyed(self, day: int) -> bool:
        """Whether that day's key is."""
        return day <= self.through

    def ended_at(self, day: int) -> Place | None:
        """Where a destroyed day's tombstone stands; once it is compacted away, the end of its kind.

        Both were written together, unless later days were destroyed since.
        """
        return self.tombstones.get(day, self.through_at) if self.destroyed(day) else None

    def due(self, cut: int) -> list[int]:
        """The days whose keys may go, where all events up to the day `cut` are gone."""
        return sorted(day for day in self.living if day <= cut)

    @property
    def lingering(self) -> list[int]:
        """Destroyed, and not compacted away yet: the log still holds a value under their name."""
        return sorted(day for day in self.written if day <= self.through)


def day_of(name: bytes) -> int:
    """`2026-11-22` → the day since 1970. Raises `ValueError`."""
    try:
        text = name.decode("ascii")
        day = date.fromisoformat(text).toordinal() - _EPOCH
    except ValueError:
        raise ValueError("no day") from None
    if day_text(day) != text:
        raise ValueError("another way to write a day")
    return day
