"""Is an event of a day still there that was due to be cut?"""

from collections.abc import Mapping
from typing import Any

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.clock import day_text

REMEDY = (
    "does a worker lead, and what does it say of cuts in its log? Is a raw partition behind "
    "(`quietclicks offsets show`)? Retention deletes what is left"
)


class CutScan:
    """Events in, one by one. It keeps the oldest day of each topic, and where that was seen."""

    def __init__(self, due: int, until_ms: int) -> None:
        """`due`: the last day (since 1970) of which no event may be there; -1: none is known.

        What was appended after `until_ms` nobody could have cut yet: of a log of the past.
        """
        self._due = day_text(due) if due >= 0 else ""
        self._until_ms = until_ms
        self._oldest: dict[str, str] = {}
        self._overdue: dict[str, tuple[str, str]] = {}

    def event(self, where: str, topic: str, said: Mapping[str, Any], at_ms: int) -> None:
        """`where` names the record, which was appended at `at_ms`."""
        at = said.get("timestamp")
        if not isinstance(at, str):
            return
        day = at[:10]
        self._oldest[topic] = min(day, self._oldest.get(topic, day))
        if day <= self._due and at_ms <= self._until_ms:
            self._overdue[topic] = min((day, where), self._overdue.get(topic, (day, where)))

    def finding(self) -> Finding:
        """Of all that was looked at."""
        problems = Problems(
            f"{where} is of {day}: all up to {self._due} was due to be cut"
            for _, (day, where) in sorted(self._overdue.items())
        )
        if problems:
            return broken(Check.CUTS, problems, REMEDY)
        if not self._oldest:
            return not_checked(Check.CUTS, "there is no event that tells its day")
        if not self._due:
            return not_checked(Check.CUTS, "no day is due to be cut, as far as is known")
        days = ", ".join(f"{topic} from {day} on" for topic, day in sorted(self._oldest.items()))
        return held(Check.CUTS, f"all up to {self._due} was due, and is cut; there are: {days}")
