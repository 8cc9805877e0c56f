"""A growing file, told from others over rotations and restarts, and the lines that it has by now.

A generation is a file's content from its creation, or from the last time that it was emptied, on.
What is kept of the content is 16 bits: its first line is personal data, and whoever guesses at it
finds one guess in 65,536 right by chance, so that none is ever confirmed.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta, Struct, structs

HEAD_BYTES = 1024  # several lines: two files that begin with the same are told apart by their times
FINGERPRINT_BYTES = 2


class Generation(Struct, frozen=True):
    """How far a file was read. `id` is drawn when it is first seen, and part of its events' ids.

    `fingerprint` is of the first `head_bytes` bytes: what there was when it was last looked at.
    """

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    device: int
    inode: int
    position: Annotated[int, Meta(ge=0)] = 0
    head_bytes: Annotated[int, Meta(ge=0, le=HEAD_BYTES)] = 0
    fingerprint: str = ""


class Lines(Struct, frozen=True):
    """Whole lines with the offset of each in the file, and where the next one begins."""

    lines: Sequence[tuple[int, bytes]]
    end: int


def lines_in(portion: bytes, at: int, most: int, *, is_whole: bool = False) -> Lines:
    """The lines that end in a portion of a file from offset `at` on, up to so many of them.

    `is_whole`: the last one is a line, too, though nothing ends it.
    """
    found: list[tuple[int, bytes]] = []
    start = 0
    while start < len(portion) and len(found) < most:
        end = portion.find(b"\n", start) + 1
        if not end:
            if not is_whole:
                break
            end = len(portion)
        found.append((at + start, portion[start:end]))
        start = end
    return Lines(found, at + start)


def moved(generation: Generation, position: int, head: bytes) -> Generation:
    """Read up to there. `head` is how the file begins."""
    head = head[:HEAD_BYTES]
    return structs.replace(
        generation,
        position=position,
        head_bytes=len(head),
        fingerprint=_fingerprint(generation.id, head),
    )


def begins(generation: Generation, head: bytes) -> bool:
    """Whether a file that begins so can be this one, by as much of it as is known."""
    known = head[: generation.head_bytes]
    return len(known) == generation.head_bytes and (
        not known or _fingerprint(generation.id, known) == generation.fingerprint
    )


def place_of(generation: Generation, offset: int) -> bytes:
    """What tells a line from all others of all files: the same after a restart."""
    return f"{generation.id}:{offset}".encode()


def _fingerprint(id: str, head: bytes) -> str:
    """Keyed, so that two who follow the same log keep nothing that is alike."""
    return blake2b(head, key=id.encode(), digest_size=FINGERPRINT_BYTES).hexdigest()
