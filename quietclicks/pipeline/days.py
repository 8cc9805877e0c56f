"""The days that events are still let in for: release parameters, contribution caps, their journals.

The state of a day is one record with its parameters and one journal for each step that let events
in. It knows neither sites nor what is counted.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

import msgspec

from quietclicks.pipeline.anonymise import Counted
from quietclicks.pipeline.cap import Cap
from quietclicks.pipeline.cells import Change
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.release import Params

DAY = b"d"  # (day) → its release parameters
JOURNAL = b"v"  # (day, position) → what the cap let in

_HOUR, _VISITOR = itemgetter(1), itemgetter(2)

_pack = msgspec.msgpack.Encoder(order="deterministic").encode
_day = msgspec.msgpack.Decoder(int)
_params = msgspec.msgpack.Decoder(Params)
_journal = msgspec.msgpack.Decoder(tuple[int, int])


class OpenDays:
    """By day since 1970. A day opens with its first counted event, under `params` for good."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._days: dict[int, Params] = {}
        self._caps: dict[int, Cap] = {}
        # By day, the positions that name the journals: five a second may come, so compact.
        self._journals: dict[int, array[int]] = defaultdict(lambda: array("Q"))
        self._opened: list[int] = []

    def params(self, day: int) -> Params:
        """The release parameters of an open day: those in force when it opened."""
        return self._days[day]

    def count_choices(self, hour: int) -> bool:
        """Whether visitors' choices are counted in an hour of an open day."""
        return self._days[hour // HOURS_PER_DAY].choices

    def admit(self, rows: Sequence[Counted]) -> Sequence[Counted]:
        """A site's rows that the contribution cap lets in, in log order."""
        days = {hour // HOURS_PER_DAY for hour in set(map(_HOUR, rows))}
        admitted: list[Counted] = []
        for day in sorted(days):
            its = [r for r in rows if r[1] // HOURS_PER_DAY == day] if len(days) > 1 else rows
            if day not in self._days:
                self._open(day, self._params)
                self._opened.append(day)
            cap = self._caps[day]
            gone = cap.turned_down(list(map(_HOUR, its)), list(map(_VISITOR, its)))
            admitted += [row for at, row in enumerate(its) if at not in gone] if gone else its
        return admitted

    def changes(self, position: int) -> list[Change]:
        """The state records of what was let in since the last call, by a step up to `position`."""
        changes: list[Change] = [(DAY + _pack(day), _pack(self._days[day])) for day in self._opened]
        self._opened.clear()
        for day, cap in self._caps.items():
            if journal := cap.take_journal():
                self._journals[day].append(position)
                changes.append((JOURNAL + _pack((day, position)), journal))
        return changes

    def over(self, boundary: int) -> int | None:
        """The first open day that ends at or before an hour."""
        return min((d for d in self._days if (d + 1) * HOURS_PER_DAY <= boundary), default=None)

    def end(self, day: int, limit: int) -> list[Change]:
        """The end of a day's state, up to `limit` journals at a time; with the last the day."""
        journals = self._journals[day]
        changes: list[Change] = [(JOURNAL + _pack((day, at)), None) for at in journals[-limit:]]
        del journals[-limit:]
        if not journals:
            changes.append((DAY + _pack(day), None))
            self._forget(day)
        return changes

    def close_hours(self, boundary: int) -> None:
        """The cap counts by hour only while events of that hour are still let in."""
        for day, cap in self._caps.items():
            for hour in range(day * HOURS_PER_DAY, min(boundary, (day + 1) * HOURS_PER_DAY)):
                cap.close_hour(hour)

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take in one state record; of a day its own comes before its journals."""
        if key[:1] == DAY:
            day = _day.decode(key[1:])
            if value is None:
                self._forget(day)
            else:
                self._open(day, _params.decode(value))
            return
        day, position = _journal.decode(key[1:])
        if value is not None and day in self._days:
            self._journals[day].append(position)
            self._caps[day].restore(value)

    def _open(self, day: int, params: Params) -> None:
        self._days[day] = params
        self._caps[day] = Cap(params.cap_hour, params.cap_day)

    def _forget(self, day: int) -> None:
        for each in (self._days, self._caps, self._journals):
            each.pop(day, None)
