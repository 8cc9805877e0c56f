"""One open log that grows: its next lines as raw records, and whether it was emptied meanwhile.

It holds a portion at a time, and moves on only when it is told that the broker has it.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from quietclicks.errors import UsageError
from quietclicks.pipeline.logs.events import UNREADABLE, Read, Timeline, is_tick, timeline
from quietclicks.pipeline.logs.generation import (
    HEAD_BYTES,
    Generation,
    begins,
    lines_in,
    moved,
    place_of,
)
from quietclicks.schemas.raw import MAX_RECORD_BYTES

# What is read before the broker has it, and so all that can come twice. The pipeline tells repeats
# among the last 10,000 records of a partition.
MAX_LINES = 1_000
PORTION_BYTES = 1024 * 1024
MAX_LINE_BYTES = 4 * 1024 * 1024  # what is longer comes in pieces, as `replay` reads it

# A server that does not append writes on where it was after its log is emptied: before that there
# are as many zeros as there was log.
HOLE = b"\0"

LOOKED_AT_LINES = 1_000  # for the format; and by as many it is told whether most can be read
ENOUGH_LINES = 20  # of no format that is known are a reason to stop; fewer may be an accident


class Kind(NamedTuple):
    """How a log's lines are read, and what refuses it by what was found; raises `UsageError`."""

    read: Read
    refuse: Callable[[Timeline], None]


Recognise = Callable[[Sequence[bytes]], Kind]
"""A log's first lines → what it is; raises `UsageError`."""
Say = Callable[[str], None]


class Emptied(Exception):
    """What was read is no longer there."""


class Portion(NamedTuple):
    """Records to send, and where the file stands once the broker has them."""

    values: Sequence[bytes]
    then: Generation


class GrowingFile:
    """By its descriptor: whatever its name is by now."""

    def __init__(self, path: Path, descriptor: int, generation: Generation) -> None:
        status = os.fstat(descriptor)
        self.generation = structs.replace(generation, device=status.st_dev, inode=status.st_ino)
        self._path = path
        self._descriptor = descriptor
        self._forget()

    def _forget(self) -> None:
        self._kind: Kind | None = None
        self._is_puzzling = False
        self._found = timeline((), None)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.generation.device, self.generation.inode

    @property
    def modified_ns(self) -> int:
        """When it was last written to."""
        return os.fstat(self._descriptor).st_mtime_ns

    def has(self, generation: Generation) -> bool:
        """Whether what was read of it stands in this file."""
        size = os.fstat(self._descriptor).st_size
        return size >= generation.position and begins(generation, self._head())

    def join(self) -> int:
        """Go to its end, behind the last whole line; where that is."""
        size = os.fstat(self._descriptor).st_size
        end = os.pread(self._descriptor, MAX_LINE_BYTES, max(size - MAX_LINE_BYTES, 0))
        position = size - len(end.rpartition(b"\n")[2])
        self.generation = moved(self.generation, position, self._head())
        return position

    def begin(self, id: str) -> None:
        """What stands in it now is another generation, of which nothing was read."""
        new = structs.replace(self.generation, id=id)
        self.generation = moved(new, 0, self._head())
        self._forget()

    def take(self, portion: Portion) -> None:
        """The broker has it."""
        device, inode = self.identity
        self.generation = structs.replace(portion.then, device=device, inode=inode)

    def close(self) -> None:
        """No more is read of it."""
        os.close(self._descriptor)

    def portion(self, recognise: Recognise, say: Say, *, is_over: bool = False) -> Portion | None:
        """What comes next; `None` for nothing yet. Raises `Emptied`, or `UsageError`.

        `is_over`: nobody writes on, and a last line is one even though nothing ends it.
        """
        at = self.generation.position
        data = os.pread(self._descriptor, PORTION_BYTES, at)
        if len(data) == PORTION_BYTES and b"\n" not in data:
            data = os.pread(self._descriptor, MAX_LINE_BYTES, at)
        head = self._check_not_emptied(data)
        is_piece = len(data) == MAX_LINE_BYTES and b"\n" not in data
        if is_piece and self._kind is None:  # of no line of any format
            is_hole = not data.strip(HOLE)
            told = [] if is_hole else [UNREADABLE]
            return Portion(told, moved(self.generation, at + len(data), head))
        kind = self._kind = self._kind or self._recognised(data, recognise, say, is_over=is_over)
        if kind is None:
            return None
        is_end = is_over and len(data) != PORTION_BYTES
        found = lines_in(data, at, MAX_LINES, is_whole=is_end or is_piece)
        if not found.lines:
            return None
        values = [
            _sendable(value)
            for offset, line in found.lines
            if (value := kind.read(line.lstrip(HOLE), place_of(self.generation, offset)))
            and not is_tick(value)
        ]
        self._refuse_unreadable(kind, values)
        return Portion(values, moved(self.generation, found.end, head))

    def _check_not_emptied(self, data: bytes) -> bytes:
        """That what was just read is of this generation; how the file begins."""
        at = self.generation.position
        # Looked at afterwards: it may have been emptied before the portion was read, and written to
        # again.
        head = self._head()
        if os.fstat(self._descriptor).st_size < at + len(data) or not begins(self.generation, head):
            raise Emptied
        same = min(len(data), len(head) - at)
        if same > 0 and data[:same] != head[at : at + same]:
            raise Emptied
        return head

    def _head(self) -> bytes:
        return os.pread(self._descriptor, HEAD_BYTES, 0)

    def _recognised(
        self, data: bytes, recognise: Recognise, say: Say, *, is_over: bool
    ) -> Kind | None:
        """`None` as long as there are too few lines to say. By the first, or by what comes next."""
        start = os.pread(self._descriptor, PORTION_BYTES, 0)
        if len(start) == PORTION_BYTES and b"\n" not in start:
            start = data  # no line begins a log like this
        first = [line for _, line in lines_in(start, 0, LOOKED_AT_LINES, is_whole=is_over).lines]
        if not any(map(bytes.strip, first)):
            return None
        try:
            return recognise(first)
        except UsageError as error:
            if is_over or len(first) >= ENOUGH_LINES:
                raise UsageError(f"{self._path}: {error}") from None
            if not self._is_puzzling:
                self._is_puzzling = True
                say(f"{self._path}: {error}; waiting for more lines")
            return None

    def _refuse_unreadable(self, kind: Kind, values: Sequence[bytes]) -> None:
        """Raises `UsageError` where of the last thousand lines most could not be read."""
        now, before = timeline(values, None), self._found
        before.events += now.events
        before.unreadable += now.unreadable
        before.views += now.views
        before.unreadable_addresses += now.unreadable_addresses
        if before.events >= LOOKED_AT_LINES:
            self._found = timeline((), None)
            try:
                kind.refuse(before)
            except UsageError as error:
                raise UsageError(f"{self._path}: {error}") from None


def _sendable(value: bytes) -> bytes:
    """A topic takes no record of any size, and the pipeline reads none that is larger."""
    return value if len(value) <= MAX_RECORD_BYTES else UNREADABLE
