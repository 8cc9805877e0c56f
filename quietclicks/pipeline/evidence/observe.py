"""What the log has to say next: what is seen, less what it says already.

A pure function, so that a crash at any moment only means once more: each source of entries goes on
from what its own last entry says. A source that could not be seen says nothing, and the others go
on.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.evidence.answers import SeenAnswers
from quietclicks.pipeline.evidence.audits import Audits, SeenAudit
from quietclicks.pipeline.evidence.drifts import Drifts, SeenDrift
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import Body, PolicyInForce
from quietclicks.pipeline.evidence.lives import Lives, SeenKeys
from quietclicks.pipeline.evidence.public import Public
from quietclicks.pipeline.evidence.starts import SeenStarts, Starts
from quietclicks.pipeline.evidence.status import Status
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.evidence.windows import Gathered, Windows
from quietclicks.pipeline.evidence.withholdings import Withholdings


class Seen(Struct, frozen=True):
    """What the writer has just seen, by source; None of one that it could not look at."""

    policy: PolicyInForce
    keys: SeenKeys
    audits: tuple[SeenAudit, ...] = ()
    starts: SeenStarts | None = None
    drifts: SeenDrift | None = None
    windows: Gathered | None = None
    answers: SeenAnswers | None = None
    withheld: Mapping[int, int] = {}  # day since 1970 → views, about

    @property
    def more(self) -> bool:
        """Whether there is more to be seen at once: the rest of many windows."""
        return self.windows is not None and self.windows.more


class Known:
    """What the log says already."""

    def __init__(self) -> None:
        self._policy: PolicyInForce | None = None
        self._sooner_ms = 0  # when the policy asked last for an earlier end of keys
        self.lives, self.windows, self.starts = Lives(), Windows(), Starts()
        self.audits, self.drifts, self.withheld = Audits(), Drifts(), Withholdings()
        self._sources = (
            *(self.lives, self.windows, self.withheld, self.starts, self.audits, self.drifts),
        )
        self.public = Public()

    def take(self, entry: bytes) -> None:
        """An entry, in order. Raises `EntryError`."""
        read = decode(entry)
        self._add(read.body, read.time)

    def missing(self, seen: Seen) -> Iterator[Told]:
        """What is to be written now, in order. Each is known from then on."""
        for body, time in self._missing(seen):
            self._add(body, time)
            yield body, time

    def status(self, now_ms: int, entries: int, signed: int) -> Status:
        """How a log of so many entries stands."""
        due_seconds = self._policy.key_due_seconds if self._policy else 0
        overdue = self.lives.overdue(now_ms, due_seconds, self._sooner_ms)
        return Status(entries, signed, overdue, self.drifts.count, self.public.audited)

    def _missing(self, seen: Seen) -> Iterator[Told]:
        if self._policy != seen.policy:
            yield seen.policy, instant(seen.keys.now_ms)
        yield from self.lives.missing(seen.keys)
        yield from self.windows.missing(seen.windows)
        yield from self.withheld.missing(seen.withheld, instant(seen.keys.now_ms))
        yield from self.drifts.missing(seen.drifts)
        yield from self.audits.missing(seen.audits)
        yield from self.starts.missing(seen.starts)
        yield from seen.answers.told if seen.answers else ()

    def _add(self, body: Body, time: datetime) -> None:
        if isinstance(body, PolicyInForce):
            if self._policy is None or body.key_due_seconds < self._policy.key_due_seconds:
                self._sooner_ms = milliseconds(time)
            self._policy = body
        for source in self._sources:
            source.add(body)
        self.public.add(body, time)
