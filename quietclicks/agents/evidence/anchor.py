"""The anchor: the newest checkpoint, kept outside the broker. A log made anew is not of it.

In a file, if one is named, and in memory. The file is replaced whole, and never by an older
checkpoint: who led, and was away for a moment, may still be about to write one.
"""

from collections.abc import Sequence
from pathlib import Path

from quietclicks.agents import kept
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey

FILE = "the anchor file"
MEMORY = "this worker"


class Anchor:
    """Of one process."""

    def __init__(self, settings: Settings) -> None:
        named = settings.audit_anchor_file
        self._path = None if named is None else Path(named)
        self._last: bytes | None = None

    def notes(self) -> list[tuple[str, bytes]]:
        """By whom each is kept, and the checkpoint's note. Raises `Failure`."""
        memory = [] if self._last is None else [(MEMORY, self._last)]
        return [*memory, *((FILE, note) for note in self._file())]

    def keep(self, note: bytes, keys: Sequence[VerifierKey]) -> None:
        """See to it that the file has that checkpoint, or a newer one. Raises `Failure`.

        Where somebody else is just writing, it has so next time.
        """
        self._last = note
        if self._path is None or self._file() == [note]:
            return
        try:
            with kept.alone(self._path.parent) as mine:
                if mine and all(_size(old, keys) < _size(note, keys) for old in self._file()):
                    kept.replace(self._path, note)
        except OSError as error:
            raise Failure(f"{FILE} cannot be written: {error.strerror}") from None

    def _file(self) -> list[bytes]:
        try:
            return [] if self._path is None else [self._path.read_bytes()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Failure(f"{FILE} cannot be read: {error.strerror}") from None


def _size(note: bytes, keys: Sequence[VerifierKey]) -> int:
    """How many entries it is of; none, as far as is known, if no known key has signed it."""
    try:
        return checkpoints.read(note, keys).size
    except NoteError:
        return 0
