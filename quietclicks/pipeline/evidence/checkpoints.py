"""Checkpoints (C2SP tlog-checkpoint): what the log was at a size, signed by the log.

Of three lines and no more: what further lines would say, nobody could check. None is of an empty
log, since every log, a forged one too, begins with that.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from quietclicks.pipeline.evidence.notes import (
    NoteError,
    SigningKey,
    UnknownSignerError,
    VerifierKey,
    decoded,
    encoded,
    opened,
    sign,
)

_SIZE = re.compile(r"[1-9][0-9]{0,18}")


class Checkpoint(Struct, frozen=True):
    """`origin` names the log, and the key that signs for it."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"


def signed(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> bytes:
    """The note. Raises `NoteError` where no key is the log's own, or nothing is in the log."""
    note = sign(checkpoint.text(), keys)
    read(note, [key.verifier for key in keys])
    return note


def read(note: bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """A note → its checkpoint, if the log itself has signed it. Raises `NoteError`."""
    text, by = opened(note, keys)
    checkpoint = _parsed(text)
    if checkpoint.origin not in {key.name for key in by}:
        raise UnknownSignerError("none of the log's own keys that are known has signed it")
    return checkpoint


def _parsed(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NoteError("a checkpoint is the log's name, a size above 0 and a root")
    root = decoded(lines[2])
    if len(root) != 32:
        raise NoteError("a checkpoint's root is 32 bytes long")
    return Checkpoint(lines[0], int(lines[1]), root)


def joined(notes: Iterable[bytes]) -> bytes:
    """Notes of checkpoints → one file, with an empty line between two."""
    return b"\n".join(notes)


def parted(file: bytes) -> list[bytes]:
    """And back, byte by byte; what belongs to no note becomes one that cannot be read."""
    if not file:
        return []
    blocks = file.split(b"\n\n")
    pairs = zip(blocks[::2], blocks[1::2], strict=False)
    notes = [text + b"\n\n" + signatures + b"\n" for text, signatures in pairs]
    if len(blocks) % 2:
        return [*notes, blocks[-1]]
    return [*notes[:-1], notes[-1][:-1]]  # the last had its newline
