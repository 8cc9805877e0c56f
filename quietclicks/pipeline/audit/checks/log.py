"""Is the audit log whole, and is it the one that others have seen?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, broken, held, not_checked
from quietclicks.pipeline.audit.patterns import personal
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify

ROUNDS = timedelta(minutes=15)  # three of the log's: so long an entry may be without a signature
REMEDY = (
    "keep what is there (`quietclicks audit pack`), and do not sign on: see 'The audit log' in "
    "docs/operating.md"
)


class Stored(Struct, frozen=True):
    """The log as it lies there, with the keys to verify it; anchors are names and notes.

    `times`: when the broker took each entry in.
    """

    entries: Sequence[bytes]
    times: Sequence[datetime]
    notes: Sequence[bytes]
    keys: Sequence[VerifierKey]
    anchors: Sequence[tuple[str, bytes]]

    def has_made(self, note: bytes) -> bool:
        """Whether a checkpoint on a published number is the log's, and holds nothing else."""
        if note in self.notes:
            return True
        # It may be newer than those, or of a log before this one.
        return not personal(note.decode("utf-8", "replace")) and (
            not self.keys or _size(note, self.keys) > 0
        )

    @property
    def newest(self) -> str:
        """The last checkpoint's note, if one of the keys has signed it."""
        return self.notes[-1].decode() if self.notes and _size(self.notes[-1], self.keys) else ""


def log_is_whole(stored: Stored, now: datetime) -> tuple[Finding, Finding]:
    """Of the log by itself, and of the log as others have seen it."""
    entries = stored.entries[: _signed(stored, now)]
    report = verify(entries, stored.notes, stored.keys, stored.anchors)
    verdicts = {
        "entries": report.intact,
        "checkpoints": report.consistent,
        "completeness": report.complete,
    }
    wrong = [f"{name}: {each.says}" for name, each in verdicts.items() if _is_broken(each.verdict)]
    unknown = [each.says for each in verdicts.values() if each.verdict is Verdict.UNKNOWN]
    if wrong:
        whole = broken(Check.LOG, wrong, REMEDY)
    elif unknown:
        hint = "" if stored.keys else " (no --key was given, and no signing key is set)"
        whole = not_checked(Check.LOG, "; ".join(unknown) + hint)
    else:
        whole = held(Check.LOG, "; ".join(each.says for each in verdicts.values()))
    if _is_broken(report.anchored.verdict):
        anchored = broken(Check.ANCHORS, [report.anchored.says], REMEDY)
    elif report.anchored.verdict is Verdict.UNKNOWN:
        anchored = not_checked(Check.ANCHORS, report.anchored.says)
    else:
        anchored = held(Check.ANCHORS, report.anchored.says)
    return whole, anchored


def _signed(stored: Stored, now: datetime) -> int:
    """How many entries to verify: of what was written a moment ago the checkpoint comes later."""
    size = _size(stored.notes[-1], stored.keys) if stored.notes else 0
    young = size and all(now - each < ROUNDS for each in stored.times[size:])
    return size if young and size <= len(stored.entries) else len(stored.entries)


def _size(note: bytes, keys: Sequence[VerifierKey]) -> int:
    try:
        return checkpoints.read(note, keys).size
    except NoteError:
        return 0


def _is_broken(verdict: Verdict) -> bool:
    return verdict is Verdict.BROKEN
