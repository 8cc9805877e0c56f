"""What an officer reads of `privacy.responses`: answers, archives, progress, the days' box keys.

It believes a box key only if the audit log's key has signed it.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.rights.kept import BOX
from quietclicks.pipeline.rights.sealing import trusted
from quietclicks.schemas.rights import SEARCHED, Answer, Part, Progress


class Inbox:
    """As the topic stands, as far as it was read."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.searched: dict[str, int] = {}  # per cent
        self._boxes: dict[str, bytes] = {}
        self._parts: defaultdict[str, dict[int, Part]] = defaultdict(dict)

    def take(self, record: Record) -> Answer | None:
        """One more, in order; the answer, if it is one."""
        key, value = (record.key or b"").decode("ascii", "replace"), record.value
        name, is_part, number = key.partition("/")
        if key.startswith(BOX):
            self._take_box(key.removeprefix(BOX), value)
        elif key.endswith(SEARCHED):
            self._take_progress(name, value)
        elif is_part:
            self._take_part(name, int(number), value)
        elif value is None:
            self.answers.pop(key, None)
        else:
            answer = self.answers[key] = msgspec.json.decode(value, type=Answer)
            return answer
        return None

    def _take_box(self, day: str, value: bytes | None) -> None:
        day_of(day.encode())
        if value is None:
            self._boxes.pop(day, None)
        else:
            self._boxes[day] = value

    def _take_progress(self, name: str, value: bytes | None) -> None:
        if value is None:
            self.searched.pop(name, None)
        else:
            self.searched[name] = msgspec.json.decode(value, type=Progress).percent

    def _take_part(self, name: str, number: int, value: bytes | None) -> None:
        if value is None:
            self._parts[name].pop(number, None)
        else:
            self._parts[name][number] = msgspec.json.decode(value, type=Part)

    @property
    def days(self) -> tuple[str, ...]:
        """Whose keys live."""
        return tuple(sorted(self._boxes))

    def box_key(self, day: str, key: VerifierKey) -> bytes:
        """Raises `NoteError` where `key` has not signed it for that day."""
        return trusted(day, self._boxes[day], key)

    def parts(self, name: str) -> Sequence[Part]:
        """An archive's, in order."""
        return [part for _, part in sorted(self._parts[name].items())]
