"""Is what is published what the audit log says was released, window by window?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.evidence.kinds import WindowReleased

REMEDY = (
    "something was published, changed or taken away besides the workers, or a window was released "
    "twice: see `quietclicks audit log --kind window`, and who may write to trends.*"
)

ROUNDS_MS = 900_000  # three of the log's: so long it may not know of a window

Name = tuple[str, str]
"""A window's kind, and its start as a trend tells it."""


class Published(Struct, frozen=True):
    """A window's records as the topics have them now, and when the newest was appended (ms)."""

    records: int
    hash: str
    at_ms: int


def as_released(
    entries: Sequence[WindowReleased],
    published: Mapping[Name, Published],
    since: datetime,
    now_ms: int,
) -> Finding:
    """`published` is complete for every window that starts at `since` or later.

    Where the log is behind what is published, nobody knows what was released.
    """
    told: dict[Name, WindowReleased] = {}
    problems = Problems()
    for entry in entries:
        if entry.start >= since:
            name = _name(entry)
            if name in told:
                problems.add(f"{_text(name)}: the audit log says twice that it was released")
            told.setdefault(name, entry)
    if not told:
        return not_checked(Check.WINDOWS, "the audit log tells of no window of that time")
    newest: dict[str, str] = {}
    for kind, start in told:
        newest[kind] = max(newest.get(kind, start), start)
    oldest = {kind: min(start for other, start in told if other == kind) for kind in newest}
    nothing = Published(0, "", 0)
    untold = 0
    for name, entry in sorted(told.items()):
        found = published.get(name, nothing)
        if found.records != entry.records:
            problems.add(
                f"{_text(name)}: {found.records:,} numbers are published, and {entry.records:,} "
                "were released"
            )
        elif found.records and found.hash != entry.hash:
            problems.add(f"{_text(name)}: its numbers are not those that were released")
    for name in sorted(published.keys() - told.keys()):
        kind, start = name
        if start > newest.get(kind, "~"):
            untold += now_ms - published[name].at_ms > ROUNDS_MS
        elif oldest.get(kind, "~") <= start:
            problems.add(f"{_text(name)}: published, and the audit log does not know of it")
    if problems:
        return broken(Check.WINDOWS, problems, REMEDY)
    if untold:
        return not_checked(
            Check.WINDOWS,
            f"of {untold:,} windows that were published since, the audit log tells nothing yet: "
            "is it written, or is a partition behind?",
        )
    records = sum(entry.records for entry in told.values())
    return held(
        Check.WINDOWS,
        f"{len(told):,} windows with {records:,} numbers, each as the audit log says",
    )


def _name(entry: WindowReleased) -> Name:
    return entry.window, entry.start.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(name: Name) -> str:
    kind, start = name
    return f"{kind} of {start[:10]}" if kind == "P1D" else f"{kind} of {start[:13]}h"
