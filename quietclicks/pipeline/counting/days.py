"""The days that events are still let in for: release parameters, contribution caps, their journals.

The state of a day is one record with its parameters and one journal for each step that let events
in. It knows neither sites nor what is counted.
"""

from array import array

import msgspec

from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.counting.cap import Cap
from quietclicks.pipeline.counting.cells import Change
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.counting.state import DAY, JOURNAL
from quietclicks.pipeline.release import Params
from quietclicks.schemas.trend import Dimension

_TOTAL = list(Dimension).index(Dimension.TOTAL)  # its number of a visitor tells whom to cap

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_number = msgspec.msgpack.Decoder(int)
_params = msgspec.msgpack.Decoder(Params)
_journal = msgspec.msgpack.Decoder(tuple[int, int])


class _Day:
    """`persisted`: its record is in the state."""

    __slots__ = ("cap", "journals", "params", "persisted")

    def __init__(self, params: Params, persisted: bool) -> None:
        self.params = params
        self.cap = Cap(params.cap_hour, params.cap_day)
        # The positions that name its journals: five a second may come, so compact.
        self.journals = array("Q")
        self.persisted = persisted


class OpenDays:
    """By day since 1970. A day opens with its first counted event, under `params` for good."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._days: dict[int, _Day] = {}
        self._ended: set[tuple[int, int]] = set()  # journals, while state is restored

    def __bool__(self) -> bool:
        return bool(self._days)

    @property
    def records(self) -> int:
        """How many state records it has: the days', and their journals'."""
        return sum([day.persisted + len(day.journals) for day in self._days.values()])

    def __contains__(self, day: int) -> bool:
        return day in self._days

    def params(self, day: int) -> Params:
        """The release parameters of an open day: those in force when it opened."""
        return self._days[day].params

    def count_choices(self, hour: int) -> bool:
        """Whether visitors' choices are counted in an hour of an open day."""
        return self._days[hour // HOURS_PER_DAY].params.choices

    def apply_cap(self, counted: Counted) -> Counted:
        """Of a site's events those that the contribution cap lets in, in log order."""
        numbers = {hour // HOURS_PER_DAY for hour in set(counted.hours)}
        admitted = Counted()
        for number in sorted(numbers):
            its = counted
            if len(numbers) > 1:
                its = counted.where(hour // HOURS_PER_DAY == number for hour in counted.hours)
            day = self._days.get(number)
            if day is None:
                day = self._days[number] = _Day(self._params, persisted=False)
            gone = day.cap.over_cap(its.hours, [numbers[_TOTAL] for numbers in its.visitors])
            admitted.extend(its.where(at not in gone for at in range(len(its))) if gone else its)
        return admitted

    def changes(self, position: int) -> list[Change]:
        """The state records of what was let in since the last call, by a step up to `position`."""
        changes: list[Change] = []
        for number, day in self._days.items():
            if not day.persisted:
                changes.append((DAY + _pack(number), _pack(day.params)))
                day.persisted = True
            if journal := day.cap.take_journal():
                changes.append((JOURNAL + _pack((number, position)), journal))
                day.journals.append(position)
        return changes

    def over(self, closed_until: int) -> int | None:
        """The first open day that ends at or before an hour."""
        return min((d for d in self._days if (d + 1) * HOURS_PER_DAY <= closed_until), default=None)

    def end(self, number: int, limit: int) -> list[Change]:
        """The end of a day's state, up to `limit` journals at a time; with the last the day."""
        journals = self._days[number].journals
        changes: list[Change] = [(JOURNAL + _pack((number, at)), None) for at in journals[-limit:]]
        del journals[-limit:]
        if not journals:
            changes.append((DAY + _pack(number), None))
            del self._days[number]
        return changes

    def close_hours(self, closed_until: int) -> None:
        """The cap counts by hour only while events of that hour are still let in."""
        for number, day in self._days.items():
            end = min(closed_until, (number + 1) * HOURS_PER_DAY)
            for hour in range(number * HOURS_PER_DAY, end):
                day.cap.close_hour(hour)

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take in one state record; of a day its own comes before its journals."""
        if key[:1] == DAY:
            number = _number.decode(key[1:])
            if value is None:
                self._days.pop(number, None)
            else:
                self._days[number] = _Day(_params.decode(value), persisted=True)
            return
        number, position = _journal.decode(key[1:])
        day = self._days.get(number)
        if day is None:
            return
        if value is None:
            self._ended.add((number, position))
        else:
            day.journals.append(position)
            day.cap.restore(value)

    def settle(self) -> None:
        """After the last `restore`: drop the journals that tombstones have ended."""
        if self._ended:
            for number, day in self._days.items():
                kept = (at for at in day.journals if (number, at) not in self._ended)
                day.journals = array("Q", kept)
            self._ended.clear()
