"""What the log says of keys: each one's life step by step, in order, and that they were rewrapped.

A step that was missed is told late, and none twice.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.evidence.completeness import PATIENCE
from quietclicks.pipeline.evidence.entries import EntryError
from quietclicks.pipeline.evidence.kinds import (
    Body,
    KeyAbsent,
    KeyCut,
    KeyDestroyed,
    KeyDue,
    KeyMade,
    KeysRewrapped,
    KeyTombstoned,
    Limit,
    Place,
)
from quietclicks.pipeline.evidence.told import Told, instant, number_of

LIMITS: tuple[Limit, ...] = ("broker-backups", "mirrors", "consumers-disks", "memory")


class SeenKeys(Struct, frozen=True, kw_only=True):
    """What was just seen of keys; days since 1970, times in ms by the broker's clock."""

    now_ms: int
    living: dict[int, KeyMade] = field(default_factory=dict)  # keys that open, where they lie now
    due: int = -1  # the last day that both clocks have passed
    watermark_ms: int = 0  # the lowest of all raw partitions
    cut: int = -1  # the last day of which no event is left
    topics: tuple[str, ...] = ()  # of events, all cut so far
    cut_gone_ms: int = 0
    tombstoned: dict[int, Place] = field(default_factory=dict)
    lingering: frozenset[int] = frozenset()  # destroyed, and still in the topic
    first: int = 0  # of `privacy.keys`
    end: int = 0
    gone_after_ms: int = 0  # after a record is compacted away, its file is off the disk


class _Life(Struct):
    """The entries of one day's key."""

    made: KeyMade
    due: KeyDue | None = None
    cut: KeyCut | None = None
    tombstoned: KeyTombstoned | None = None
    absent: KeyAbsent | None = None
    destroyed: KeyDestroyed | None = None


class Lives:
    """What the log says of keys already."""

    def __init__(self) -> None:
        self._lives: dict[int, _Life] = {}
        self._rewrapped = -1  # up to that offset

    def __contains__(self, day: int) -> bool:
        """Whether the day's key was told of."""
        return day in self._lives

    @property
    def living(self) -> list[int]:
        """The days whose keys' lives are not told to their end."""
        return sorted(day for day, life in self._lives.items() if life.destroyed is None)

    def overdue(self, now_ms: int, due_seconds: int) -> int:
        """How many keys should be destroyed, by what a verifier of the log goes by."""
        patience_ms = int(PATIENCE.total_seconds() * 1000) + due_seconds * 1000
        return sum((day + 1) * MILLISECONDS_PER_DAY + patience_ms < now_ms for day in self.living)

    def missing(self, seen: SeenKeys) -> Iterator[Told]:
        """What is to be told now, in order; each is to be added before the next is asked for."""
        for day, made in sorted(seen.living.items()):
            if day not in self:
                yield made, made.made.time
        yield from self._wrapped_anew(seen.living)
        for day in self.living:
            yield from self._steps(day, self._lives[day], seen, instant(seen.now_ms))

    def _wrapped_anew(self, living: Mapping[int, KeyMade]) -> Iterator[Told]:
        """The same key, that lies further on than it did, is wrapped anew."""
        anew = [
            now.made
            for day, now in living.items()
            if (before := self._lives[day].made).commitment == now.commitment
            and now.made.offset > max(before.made.offset, self._rewrapped)
        ]
        if anew:
            newest = max(anew, key=lambda place: place.offset)
            yield KeysRewrapped(keys=len(anew), rewrapped=newest), newest.time

    def _steps(self, day: int, life: _Life, seen: SeenKeys, now: datetime) -> Iterator[Told]:
        name = life.made.day
        if not life.due and day <= seen.due:
            yield KeyDue(day=name, watermark=instant(seen.watermark_ms), clock=now), now
        if life.due and not life.cut and day <= seen.cut and seen.cut_gone_ms <= seen.now_ms:
            yield KeyCut(day=name, topics=seen.topics, gone=instant(seen.cut_gone_ms)), now
        if life.cut and not life.tombstoned and (there := seen.tombstoned.get(day)):
            yield KeyTombstoned(day=name, tombstoned=there), there.time
        if life.tombstoned and not life.absent and day not in seen.lingering:
            gone = instant(seen.now_ms + seen.gone_after_ms)
            yield KeyAbsent(day=name, first=seen.first, end=seen.end, gone=gone), now
        if (receipt := _receipt(life)) and receipt.absent <= now:
            yield receipt, now

    def add(self, body: Body) -> None:
        """What the log says next. Raises `EntryError` for a step of a key that was not made."""
        if isinstance(body, KeyMade):
            self._lives[number_of(body.day)] = _Life(body)
        elif isinstance(body, KeysRewrapped):
            self._rewrapped = body.rewrapped.offset
        elif isinstance(body, KeyDue):
            self._life(body).due = body
        elif isinstance(body, KeyCut):
            self._life(body).cut = body
        elif isinstance(body, KeyTombstoned):
            self._life(body).tombstoned = body
        elif isinstance(body, KeyAbsent):
            self._life(body).absent = body
        elif isinstance(body, KeyDestroyed):
            self._life(body).destroyed = body

    def _life(self, body: KeyDue | KeyCut | KeyTombstoned | KeyAbsent | KeyDestroyed) -> _Life:
        life = self._lives.get(number_of(body.day))
        if life is None:
            raise EntryError(f"a step of the key of {body.day} comes before the key was made")
        return life


def _receipt(life: _Life) -> KeyDestroyed | None:
    """Once all that it tells is told."""
    if life.destroyed or not (life.cut and life.tombstoned and life.absent):
        return None
    return KeyDestroyed(
        day=life.made.day,
        commitment=life.made.commitment,
        made=life.made.made,
        cut=life.cut.gone,
        tombstoned=life.tombstoned.tombstoned,
        absent=life.absent.gone,
        method="tombstoned-and-compacted",
        limits=LIMITS,
    )
