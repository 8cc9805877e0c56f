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

Name = tuple[str, str]
"""A window's kind, and its start as a trend tells it."""


class Published(Struct, frozen=True):
    """A window's records as the topics have them now."""

    records: int
    hash: str


def as_released(
    entries: Sequence[WindowReleased], published: Mapping[Name, Published], since: datetime
) -> Finding:
    """`published` is complete for every window that starts at `since` or later."""
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
    nothing = Published(0, "")
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
        if oldest.get(kind, "~") <= start <= newest.get(kind, ""):
            problems.add(f"{_text(name)}: published, and the audit log does not know of it")
    if problems:
        return broken(Check.WINDOWS, problems, REMEDY)
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
