"""Whether something is missing in a log, as far as its own entries tell.

Keys end step by step, windows follow one another, audits come in time. What nobody wrote and
nothing implies cannot be missed here: that is what anchors are for.
"""

from datetime import UTC, date, datetime, time, timedelta

from quietclicks.pipeline.evidence.entries import Entry, EntryError, decode
from quietclicks.pipeline.evidence.kinds import (
    NAMES,
    Audit,
    Body,
    KeyAbsent,
    KeyCut,
    KeyDestroyed,
    KeyDue,
    KeyMade,
    KeyTombstoned,
    PolicyInForce,
    WindowReleased,
)
from quietclicks.pipeline.evidence.verdicts import Finding, broken, holds, unknown

Step = KeyMade | KeyDue | KeyCut | KeyTombstoned | KeyAbsent | KeyDestroyed
STEPS = (KeyMade, KeyDue, KeyCut, KeyTombstoned, KeyAbsent, KeyDestroyed)
UNITS = {"PT1H": timedelta(hours=1), "P1D": timedelta(days=1)}
DAY = timedelta(days=1)
PATIENCE = DAY  # how late an entry may come: files leave the disk some time after they may


class Completeness:
    """Entries in order, then the finding: the first thing that is missing."""

    def __init__(self) -> None:
        self._size = 0
        self._problem: Finding | None = None
        self._lives: dict[date, _Life] = {}
        self._destroyed = date.min  # the newest
        self._windows: dict[str, datetime] = {}  # kind → the next one's start
        self._key_due = timedelta.max  # after the day's end
        self._audit_every: int | None = None  # days
        # A policy that asks for more than the one before asks for it from then on.
        self._sooner = self._newest = datetime.min.replace(tzinfo=UTC)
        self._audit_by = datetime.max.replace(tzinfo=UTC)

    def add(self, data: bytes) -> None:
        """The next entry, as it is."""
        if self._problem is None:
            try:
                says = self._look(data)
            except OverflowError:
                says = "it speaks of a time that no calendar has"
            self._problem = broken(says, self._size) if says else None
        self._size += 1

    def finding(self) -> Finding:
        """Of all that was added."""
        if self._problem:
            return self._problem
        if not self._size:
            return unknown("there are no entries")
        if overdue := self._overdue():
            return broken(overdue)
        ended = sum(life.steps == len(STEPS) for life in self._lives.values())
        return holds(
            f"{ended} of {len(self._lives)} keys ended step by step and no other is overdue, "
            "windows follow one another, audits came in time"
        )

    def _look(self, data: bytes) -> str:
        """What is wrong with an entry where it stands, or nothing."""
        try:
            entry = decode(data)
        except EntryError as error:
            return str(error)
        if not self._size and not isinstance(entry.body, PolicyInForce):
            return "a log begins with the policy in force, and this does not"
        self._newest = max(self._newest, entry.time)
        return self._follow(entry, entry.body)

    def _follow(self, entry: Entry, body: Body) -> str:
        if isinstance(body, PolicyInForce | Audit) and (late := self._no_audit(entry.time)):
            return late
        if isinstance(body, PolicyInForce):
            self._policy(entry.time, body)
        elif isinstance(body, Audit):
            if body.outcome != "not-checked" and self._audit_every is not None:
                # Never back: a log that is begun anew tells of older audits, too.
                self._audit_by = max(self._audit_by, _next(entry.time, self._audit_every))
        elif isinstance(body, WindowReleased):
            return self._window(body)
        elif isinstance(body, STEPS):
            return self._step(body)
        return ""

    def _policy(self, at: datetime, body: PolicyInForce) -> None:
        due, every = timedelta(seconds=body.key_due_seconds), body.audit_every_days
        if every != self._audit_every:
            never = datetime.max.replace(tzinfo=UTC)
            self._audit_by = never if every is None else _next(at, every)
        if due < self._key_due:
            self._sooner = at
        self._key_due, self._audit_every = due, every

    def _window(self, body: WindowReleased) -> str:
        expected = self._windows.get(body.window, body.start)
        if body.start != expected:
            return f"the {body.window} of {_text(expected)} should come, not {_text(body.start)}"
        following = body.start + UNITS[body.window]
        if body.window == "P1D" and self._windows.get("PT1H", body.start) < following:
            return f"the day {_text(body.start)} is out before its hours"
        self._windows[body.window] = following
        return ""

    def _step(self, body: Step) -> str:
        life = self._lives.setdefault(body.day, _Life())
        if isinstance(body, KeyMade) and body.day <= self._destroyed:
            return f"a key was made for {body.day} after that of {self._destroyed} was destroyed"
        if life.expected() != NAMES[type(body)]:
            return f"the key of {body.day}: {life.expected()} should come, not {NAMES[type(body)]}"
        life.steps += 1
        life.ends = datetime.combine(body.day, time(), UTC) + DAY
        if not isinstance(body, KeyDestroyed):
            life.told |= _told(body)
        elif life.told != _told(body):
            return f"the receipt of {body.day} says otherwise than the steps before it"
        else:
            self._destroyed = max(self._destroyed, body.day)
        return ""

    def _overdue(self) -> str:
        """What should have come by the time of the newest entry."""
        for day, life in sorted(self._lives.items()):
            if life.steps == len(STEPS):
                continue
            by = max(life.ends + self._key_due, self._sooner) + PATIENCE
            if self._newest > by:
                return f"the key of {day} should be destroyed by {_text(by)}: no {life.expected()}"
        return self._no_audit(self._newest)

    def _no_audit(self, until: datetime) -> str:
        if until <= self._audit_by:
            return ""
        return f"an audit should have come by {_text(self._audit_by)}"


class _Life:
    """How far a key's life is, and what the receipt has to repeat of it."""

    def __init__(self) -> None:
        self.steps = 0
        self.ends = datetime.max.replace(tzinfo=UTC)  # the day
        self.told: dict[str, object] = {}

    def expected(self) -> str:
        """The next step's kind."""
        return NAMES[STEPS[self.steps]] if self.steps < len(STEPS) else "nothing more"


def _told(body: Step) -> dict[str, object]:
    """What of a step its day's receipt repeats, by the receipt's names."""
    if isinstance(body, KeyCut):
        return {"cut": body.gone}
    if isinstance(body, KeyAbsent):
        return {"absent": body.gone}
    names = ("commitment", "made", "cut", "tombstoned", "absent")
    return {name: getattr(body, name) for name in names if hasattr(body, name)}


def _next(audited: datetime, every: int) -> datetime:
    """By when the next audit must have come."""
    return audited + timedelta(days=every) + PATIENCE


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
