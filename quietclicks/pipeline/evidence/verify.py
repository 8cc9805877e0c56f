"""Verifies a log: four verdicts apart, since a log can be intact and cut short, or forged whole.

It hashes the bytes as they are and writes nothing anew. Keys and anchors have to come from
outside the log: a log that vouches for itself shows nothing.
"""

from collections.abc import Iterable, Sequence

from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.completeness import Completeness
from quietclicks.pipeline.evidence.entries import EntryError, link
from quietclicks.pipeline.evidence.notes import NoteError, UnknownSignerError, VerifierKey
from quietclicks.pipeline.evidence.tree import FIRST_PREV, Frontier, leaf_hash
from quietclicks.pipeline.evidence.verdicts import Finding, Report, broken, holds, unknown

Opened = Checkpoint | NoteError
Roots = dict[int, bytes]  # size → the root that the entries have there


def verify(
    entries: Iterable[bytes],
    notes: Sequence[bytes],
    keys: Sequence[VerifierKey],
    anchors: Sequence[tuple[str, bytes]] = (),
) -> Report:
    """`notes` are the log's checkpoints, the oldest first; `anchors` such as were kept outside.

    An anchor is a name, by whom it was kept, and a checkpoint's note.
    """
    signed = [_opened(note, keys) for note in notes]
    outside = [(name, _opened(note, keys)) for name, note in anchors]
    sizes = {
        each.size
        for each in (*signed, *(found for _, found in outside))
        if isinstance(each, Checkpoint)
    }
    chain, frontier, complete = _Chain(), Frontier(), Completeness()
    roots: Roots = {}
    for entry in entries:
        chain.add(entry)
        complete.add(entry)
        frontier.append(leaf_hash(entry))
        if frontier.size in sizes:
            roots[frontier.size] = frontier.root()
    return Report(
        frontier.size,
        chain.finding(),
        _consistent(frontier.size, roots, signed),
        _anchored(frontier.size, roots, outside, _origin(signed)),
        complete.finding(),
    )


class _Chain:
    """Whether each entry can be read, bears its own number and names the one before."""

    def __init__(self) -> None:
        self._size = 0
        self._prev = FIRST_PREV
        self._problem: Finding | None = None

    def add(self, entry: bytes) -> None:
        """The next one."""
        if self._problem is None:
            says = self._look(entry)
            self._problem = broken(says, self._size) if says else None
        self._prev = leaf_hash(entry).hex()
        self._size += 1

    def finding(self) -> Finding:
        """Of all that was added."""
        if not self._size:
            return unknown("there are no entries")
        return self._problem or holds(f"each of {self._size} entries follows the one before it")

    def _look(self, entry: bytes) -> str:
        number = self._size
        try:
            found = link(entry)
        except EntryError as error:
            return f"entry {number}: {error}"
        if found.i != number:
            return f"where entry {number} should be, there is number {found.i}"
        if found.prev != self._prev:
            before = f"entry {number - 1}" if number else "nothing"
            return f"entry {number} does not follow {before}: one of them is not what was written"
        return ""


def _opened(note: bytes, keys: Sequence[VerifierKey]) -> Opened:
    try:
        return checkpoints.read(note, keys)
    except NoteError as error:
        return error


def _origin(signed: Sequence[Opened]) -> str | None:
    """Which log it is: the name in its first checkpoint."""
    return next((each.origin for each in signed if isinstance(each, Checkpoint)), None)


def _consistent(size: int, roots: Roots, signed: Sequence[Opened]) -> Finding:
    last, strange = 0, 0
    for number, each in enumerate(signed):
        if isinstance(each, UnknownSignerError):
            strange += 1
        elif isinstance(each, NoteError):
            return broken(f"checkpoint {number}: {each}")
        elif each.origin != _origin(signed):
            return broken(f"checkpoint {number} is of another log")
        elif each.size < last:
            return broken(f"checkpoint {number} goes back, from {last} entries to {each.size}")
        elif each.size > size:
            return broken(
                f"checkpoint {number} is of {each.size} entries: the end is cut off", size
            )
        elif each.root != roots[each.size]:
            says = f"checkpoint {number} knew other entries: from {last} to {each.size - 1}"
            return broken(f"{says} one was changed", last)
        else:
            last = each.size
    if strange:
        return unknown(f"{strange} of {len(signed)} checkpoints are signed by unknown keys")
    if last < size:
        return unknown(f"nobody has signed what comes from entry {last} on", last)
    if not last:
        return unknown("there are no checkpoints")
    return holds(f"with all {len(signed)} checkpoints, the newest of all {last} entries")


def _anchored(
    size: int, roots: Roots, outside: Sequence[tuple[str, Opened]], origin: str | None
) -> Finding:
    best, by, strange = 0, "", ""
    for name, each in outside:
        if isinstance(each, UnknownSignerError):
            strange = name
        elif isinstance(each, NoteError):
            return broken(f"{name}: {each}")
        elif origin is not None and each.origin != origin:
            return broken(f"{name} is of another log")
        elif each.size > size:
            return broken(f"{name} knew {each.size} entries: the end is cut off", size)
        elif each.root != roots[each.size]:
            return broken(f"{name} knew other entries: among the first {each.size} one was changed")
        elif each.size > best:
            best, by = each.size, name
    if strange:
        return unknown(f"{strange} is signed by unknown keys")
    if not best:
        return unknown("no checkpoint from outside: the whole log could have been made anew")
    return holds(f"up to {best} of {size} entries, by {by}")
