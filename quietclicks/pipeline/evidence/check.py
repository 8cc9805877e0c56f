"""Verifies a log: its four verdicts; of a folder as it was exported its receipts and files, too."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from quietclicks.pipeline.evidence import checkpoints, receipts
from quietclicks.pipeline.evidence.folder import (
    CHECKPOINTS,
    ENTRIES,
    NEEDED,
    RECEIPTS,
    SUMS,
    Files,
    FolderError,
    as_bytes,
    lines,
    receipt_names,
    sums,
)
from quietclicks.pipeline.evidence.notes import (
    NoteError,
    UnknownSignerError,
    VerifierKey,
)
from quietclicks.pipeline.evidence.verdicts import Finding, Verdict, broken, holds, unknown
from quietclicks.pipeline.evidence.verify import verify


class Checked(Struct, frozen=True):
    """What is said of each part, in the order in which it is told."""

    findings: dict[str, Finding]

    @property
    def exit_status(self) -> int:
        """0: all holds. 1: something is broken. 2: nothing is, and not all could be shown."""
        verdicts = {finding.verdict for finding in self.findings.values()}
        if Verdict.BROKEN in verdicts:
            return 1
        return 2 if Verdict.UNKNOWN in verdicts else 0


def check(
    files: Files, keys: Sequence[VerifierKey], anchors: Iterable[tuple[str, bytes]] = ()
) -> Checked:
    """`keys` and `anchors` (a name and a file of checkpoints) come from elsewhere.

    The keys in the folder are not used: whoever made it may have made them. Raises `FolderError`
    where there is no such folder.
    """
    if missing := [name for name in NEEDED if name not in files]:
        raise FolderError(f"the folder has no {missing[0]}")
    entries = lines(files[ENTRIES])
    outside = [(name, note) for name, file in anchors for note in checkpoints.parted(file)]
    log = check_log(entries, checkpoints.parted(files[CHECKPOINTS]), keys, outside)
    more = {"receipts": _receipts(files, entries, keys), "files": _files(files)}
    return Checked({**log.findings, **more})


def check_log(
    entries: Iterable[bytes],
    notes: Sequence[bytes],
    keys: Sequence[VerifierKey],
    anchors: Sequence[tuple[str, bytes]],
) -> Checked:
    """The same of a log that lies in no folder; each anchor is one note."""
    report = verify(entries, notes, keys, anchors)
    return Checked(
        {
            "intact": report.intact,
            "consistent": report.consistent,
            "anchored": report.anchored,
            "complete": report.complete,
        }
    )


def _receipts(files: Files, entries: Sequence[bytes], keys: Sequence[VerifierKey]) -> Finding:
    notes = set(checkpoints.parted(files[CHECKPOINTS]))
    expected = {name: index for index, name in receipt_names(entries)}
    present = {name for name in files if name.startswith(RECEIPTS)}
    strange = ""
    for name in sorted(expected.keys() | present):
        if name not in present:
            return broken(f"{name} is missing", expected[name])
        if name not in expected:
            return broken(f"{shown(name)} is of no day whose key was destroyed")
        index = expected[name]
        try:
            receipt = receipts.read(files[name])
            if (receipt.index, receipt.entry) != (index, entries[index]):
                return broken(f"{name} is of another entry", index)
            if receipt.note not in notes:
                return broken(f"{name} is under none of the folder's checkpoints", index)
            receipt.check(keys)
        except UnknownSignerError:
            strange = name
        except NoteError as error:
            return broken(f"{name}: {error}", index)
    if strange:
        return unknown(f"{strange} is signed by unknown keys")
    return holds(f"{len(expected)}, one for each key that was destroyed")


def _files(files: Files) -> Finding:
    others = {name: file for name, file in files.items() if name != SUMS}
    if files[SUMS] == sums(others):
        return holds(f"{len(others)} are as {SUMS} says")
    told = {line[66:]: line for line in lines(files[SUMS])}
    found = {name: sums({name: file}) for name, file in others.items()}
    for name in sorted(found):
        if told.pop(as_bytes(name), b"") + b"\n" != found[name]:
            return broken(f"{shown(name)} is not as {SUMS} says")
    return broken(f"{SUMS} knows of {len(told)} more, or is in another order")


def shown(name: str) -> str:
    """A file's name as it may be printed: whoever made the folder chose it."""
    return name if name.isascii() and name.isprintable() else ascii(name)
