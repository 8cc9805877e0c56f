"""The contribution cap: a visitor's first events of an hour and of a day count, in log order.

One `Cap` per site and UTC day. What it turns down does not exist for the release, in any
dimension. It never knows a visitor but by a 64-bit hash that dies with the day's key.
"""

from array import array
from collections import defaultdict

from quietclicks.pipeline.sample import little_endian

_EVENT = 12  # bytes of an admitted event in the journal: visitor 8, hour 4


class Cap:
    """Counters per visitor; an hour is any number that fits 32 bits, the same for the same hour."""

    __slots__ = ("_cap_day", "_cap_hour", "_day", "_hours", "_new_hours", "_new_visitors")

    def __init__(self, cap_hour: int, cap_day: int) -> None:
        self._cap_hour = cap_hour
        self._cap_day = cap_day
        self._day: dict[int, int] = {}
        self._hours: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self._new_visitors = array("Q")
        self._new_hours = array("L" if array("L").itemsize == 4 else "I")

    def admit(self, hour: int, visitor: int) -> bool:
        """Whether the visitor's next event counts; if so, it is counted."""
        in_day = self._day.get(visitor, 0)
        if in_day >= self._cap_day:
            return False
        counts = self._hours[hour]
        in_hour = counts.get(visitor, 0)
        if in_hour >= self._cap_hour:
            return False
        self._day[visitor] = in_day + 1
        counts[visitor] = in_hour + 1
        self._new_visitors.append(visitor)
        self._new_hours.append(hour)
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
        pairs = zip(little_endian(visitors), little_endian(hours), strict=True)
        for visitor, hour in pairs:
            self._day[visitor] = self._day.get(visitor, 0) + 1
            counts = self._hours[hour]
            counts[visitor] = counts.get(visitor, 0) + 1
