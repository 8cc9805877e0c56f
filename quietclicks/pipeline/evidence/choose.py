"""Which entries somebody wants to see: of a kind, of a day, or told within some days."""

from datetime import date

from msgspec import Struct

from quietclicks.pipeline.evidence.entries import Entry
from quietclicks.pipeline.evidence.kinds import NAMES, WindowReleased, Workers


class Wanted(Struct, frozen=True):
    """None: whichever. `day` is the one an entry is about, `since` and `until` when it was told."""

    kind: str | None = None
    day: date | None = None
    since: date | None = None
    until: date | None = None

    def has(self, entry: Entry) -> bool:
        """Whether it is one of them."""
        told = entry.time.date()
        return (
            self.kind in (None, NAMES[type(entry.body)])
            and self.day in (None, day_of(entry))
            and (self.since or told) <= told <= (self.until or told)
        )


def day_of(entry: Entry) -> date:
    """The day that an entry is about; else the one on which it was told."""
    body = entry.body
    if isinstance(body, WindowReleased):
        return body.start.date()
    if isinstance(body, Workers):
        return body.hour.date()
    day: date = getattr(body, "day", entry.time.date())
    return day
