"""How far the keys of a run's days have come, as the audit log tells it, in lines for people."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import (
    KeyAbsent,
    KeyCut,
    KeyDestroyed,
    KeyDue,
    KeyMade,
    KeyTombstoned,
)

Step = KeyMade | KeyDue | KeyCut | KeyTombstoned | KeyAbsent | KeyDestroyed

# A step's word, and what comes next.
STEPS: dict[type[Step], tuple[str, str]] = {
    KeyMade: ("made", "time goes on until it is due"),
    KeyDue: ("due", "the day's events are cut, and leave the disk"),
    KeyCut: ("cut", "now it is deleted"),
    KeyTombstoned: ("tombstoned", "the broker compacts its topic"),
    KeyAbsent: ("absent", "its file leaves the disk"),
    KeyDestroyed: ("destroyed", ""),
}


class KeyLives:
    """Takes the log's entries; each day's steps, in the order in which they were told."""

    def __init__(self) -> None:
        self._steps: dict[date, list[type[Step]]] = {}

    def take(self, entry: bytes) -> None:
        """One more. Raises `EntryError`."""
        body = decode(entry).body
        if isinstance(body, Step):
            self._steps.setdefault(body.day, []).append(type(body))

    def ended(self, days: Iterable[date]) -> bool:
        """Whether all of these have come to their end."""
        return all(KeyDestroyed in self._steps.get(day, ()) for day in days)

    def lines(self) -> Iterator[str]:
        """A line for the days that have come equally far, and what comes next."""
        for steps, group in groupby(sorted(self._steps), key=lambda day: self._steps[day]):
            days = list(group)
            whose = f"The key of {days[0]}"
            if len(days) > 1:
                whose = f"The {len(days)} keys of {days[0]} to {days[-1]}"
            _, then = STEPS[steps[-1]]
            so_far = ", ".join(STEPS[step][0] for step in steps)
            yield f"{whose}: {so_far}" + (f"; {then}" if then else "")
