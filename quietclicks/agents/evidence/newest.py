"""The newest checkpoint that this worker knows: it follows `privacy.checkpoints`.

One that is not signed by a key that the worker has is none: what is written beside published
numbers is the log's, and nobody else's.
"""

from collections.abc import Sequence

from quietclicks.agents.evidence.follow import Follower
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey
from quietclicks.pipeline.evidence.trend_anchor import header_of
from quietclicks.pipeline.processor import Record
from quietclicks.schemas import topics


class NewestCheckpoint(Follower):
    """`stamp` makes the headers of what is published; without a checkpoint there are none."""

    def __init__(self, settings: Settings, keys: Sequence[VerifierKey]) -> None:
        super().__init__(settings, topics.CHECKPOINTS, self._newest)
        self._keys = keys
        self._note: bytes | None = None

    def stamp(self, key: bytes | None) -> list[tuple[str, bytes]]:
        """The headers of a trend with that key. Release calls it from a thread."""
        return header_of(key, self._note)

    def _newest(self, records: Sequence[Record]) -> None:
        for record in reversed(records):
            note = record.value or b""
            try:
                checkpoints.read(note, self._keys)
            except NoteError:
                continue
            self._note = note
            return
