"""The contribution cap: a visitor's first events of an hour and of a day count, in log order.

One `Cap` per site and UTC day. What is over it does not exist for the release, in any
dimension. It never knows a visitor but by a 64-bit hash that dies with the day's key.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from quietclicks.pipeline.sketch import little_endian

_EVENT = 12  # bytes of an admitted event in the journal: visitor 8, hour 4


class Cap:
    """Counters per visitor; an hour is any number that fits 32 bits, the same for the same hour."""

    __slots__ = ("_cap_day", "_cap_hour", "_day", "_hours", "_new_hours", "_new_visitors")

    def __init__(self, cap_hour: int, cap_day: int) -> None:
        self._cap_hour = cap_hour
        self._cap_day = cap_day
        self._day: Counter[int] = Counter()
        self._hours: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._new_visitors = array("Q")
        self._new_hours = array("L" if array("L").itemsize == 4 else "I")

    def over_cap(self, hours: Sequence[int], visitors: Sequence[int]) -> AbstractSet[int]:
        """The positions of those events, in log order, that do not count; the others are counted.

        Same as asking for one after another, but nearly all visitors are far from any cap: all are
        counted first, and only of who passed a cap it is taken back, and looked at event by event.
        """
        by_hour = {hours[0]: visitors} if len(set(hours)) == 1 else _by_hour(hours, visitors)
        self._day.update(visitors)
        heavy = _beyond(self._day, visitors, self._cap_day)
        for hour, theirs in by_hour.items():
            self._hours[hour].update(theirs)
            heavy |= _beyond(self._hours[hour], theirs, self._cap_hour)
        if not heavy:
            self._new_visitors.extend(visitors)
            self._new_hours.extend(hours)
            return frozenset()
        looked_at = [at for at, visitor in enumerate(visitors) if visitor in heavy]
        for at in looked_at:
            self._day[visitors[at]] -= 1
            self._hours[hours[at]][visitors[at]] -= 1
        gone = {at for at in looked_at if not self._admit(hours[at], visitors[at])}
        self._new_visitors.extend([each for at, each in enumerate(visitors) if at not in gone])
        self._new_hours.extend([each for at, each in enumerate(hours) if at not in gone])
        return gone

    def _admit(self, hour: int, visitor: int) -> bool:
        """Whether the visitor's next event counts; if so, it is counted."""
        in_day, in_hour = self._day, self._hours[hour]
        if in_day[visitor] >= self._cap_day or in_hour[visitor] >= self._cap_hour:
            return False
        in_day[visitor] += 1
        in_hour[visitor] += 1
        return True

    def close_hour(self, hour: int) -> None:
        """Forget the hour's counters: no event of it can come any more. The day's stay."""
        self._hours.pop(hour, None)

    def take_journal(self) -> bytes:
        """The events admitted since the last call, for the log; empty where there were none."""
        journal = little_endian(self._new_visitors[:]).tobytes()
        journal += little_endian(self._new_hours[:]).tobytes()
        del self._new_visitors[:]
        del self._new_hours[:]
        return journal

    def restore(self, journal: bytes) -> None:
        """Count the events of a journal again; journals may come in any order.

        Call `close_hour` for closed hours afterwards. Raises `ValueError` on other bytes.
        """
        events, rest = divmod(len(journal), _EVENT)
        if rest:
            raise ValueError("not a journal of admitted events")
        visitors = array("Q")
        visitors.frombytes(journal[: 8 * events])
        hours = array(self._new_hours.typecode)
        hours.frombytes(journal[8 * events :])
        little_endian(visitors)
        self._day.update(visitors)
        for hour, theirs in _by_hour(little_endian(hours), visitors).items():
            self._hours[hour].update(theirs)


def _by_hour(hours: Sequence[int], visitors: Sequence[int]) -> dict[int, list[int]]:
    by_hour: defaultdict[int, list[int]] = defaultdict(list)
    for hour, visitor in zip(hours, visitors, strict=True):
        by_hour[hour].append(visitor)
    return by_hour


def _beyond(counts: Counter[int], visitors: Iterable[int], cap: int) -> set[int]:
    """The visitors who have passed the cap."""
    theirs = set(visitors)
    if max(map(counts.__getitem__, theirs), default=0) <= cap:
        return set()
    return {visitor for visitor in theirs if counts[visitor] > cap}
