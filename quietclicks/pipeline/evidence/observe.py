"""What the log has to say next: what is seen of the keys and the policy, less what it says already.

A pure function, so that a crash at any moment only means once more. Each key's life is told step by
step, in order; a step that was missed is told late, and none twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from msgspec import Struct, field

from quietclicks.pipeline.evidence.entries import EntryError, decode
from quietclicks.pipeline.evidence.kinds import (
    Body,
    Cut,
    KeyAbsent,
    KeyCut,
    KeyDestroyed,
    KeyDue,
    KeyMade,
    KeyTombstoned,
    Limit,
    Place,
    PolicyInForce,
)

Told = tuple[Body, datetime]
"""An entry's body and its time."""

LIMITS: tuple[Limit, ...] = ("broker-backups", "mirrors", "consumers-disks", "memory")
_EPOCH = date(1970, 1, 1)


class Seen(Struct, frozen=True):
    """What the writer has just seen; days since 1970, times in ms by the broker's clock."""

    policy: PolicyInForce
    now_ms: int
    made: dict[int, KeyMade] = field(default_factory=dict)  # keys that live
    due: int = -1  # the last day that both clocks have passed
    watermark_ms: int = 0  # the lowest of all raw partitions
    cut: int = -1  # the last day of which no event is left
    cuts: tuple[Cut, ...] = ()
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


class Known:
    """What the log says already."""

    def __init__(self) -> None:
        self._policy: PolicyInForce | None = None
        self._lives: dict[int, _Life] = {}

    def __contains__(self, day: int) -> bool:
        """Whether the day's key was told of."""
        return day in self._lives

    @property
    def living(self) -> list[int]:
        """The days whose keys' lives are not told to their end."""
        return sorted(day for day, life in self._lives.items() if life.destroyed is None)

    def take(self, entry: bytes) -> None:
        """An entry, in order. Raises `EntryError`."""
        self._add(decode(entry).body)

    def missing(self, seen: Seen) -> Iterator[Told]:
        """What is to be written now, in order. Each is known from then on."""
        now = _instant(seen.now_ms)
        if self._policy != seen.policy:
            yield self._say(seen.policy, now)
        for day, made in sorted(seen.made.items()):
            if day not in self:
                yield self._say(made, made.made.time)
        for day in self.living:
            yield from self._steps(day, self._lives[day], seen, now)

    def _steps(self, day: int, life: _Life, seen: Seen, now: datetime) -> Iterator[Told]:
        name = life.made.day
        if not life.due and day <= seen.due:
            due = KeyDue(day=name, watermark=_instant(seen.watermark_ms), clock=now)
            yield self._say(due, now)
        if life.due and not life.cut and day <= seen.cut and seen.cut_gone_ms <= seen.now_ms:
            cut = KeyCut(day=name, cuts=seen.cuts, gone=_instant(seen.cut_gone_ms))
            yield self._say(cut, now)
        if life.cut and not life.tombstoned and (there := seen.tombstoned.get(day)):
            yield self._say(KeyTombstoned(day=name, tombstoned=there), there.time)
        if life.tombstoned and not life.absent and day not in seen.lingering:
            gone = _instant(seen.now_ms + seen.gone_after_ms)
            absent = KeyAbsent(day=name, first=seen.first, end=seen.end, gone=gone)
            yield self._say(absent, now)
        if (receipt := _receipt(life)) and receipt.absent <= now:
            yield self._say(receipt, now)

    def _say(self, body: Body, time: datetime) -> Told:
        self._add(body)
        return body, time

    def _add(self, body: Body) -> None:
        if isinstance(body, PolicyInForce):
            self._policy = body
        elif isinstance(body, KeyMade):
            self._lives[_number(body.day)] = _Life(body)
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
        life = self._lives.get(_number(body.day))
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


def _number(day: date) -> int:
    return (day - _EPOCH).days


def _instant(at_ms: int) -> datetime:
    """Whole seconds: what an entry says need be no more exact."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)
