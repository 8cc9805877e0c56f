"""What `privacy.responses` holds: answers, parts of archives, the keys of the days' boxes.

Whoever takes the stage over reads it from its first record on. Of a request it knows the end; of a
person nothing.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import Record, Row
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.rights import rows
from quietclicks.schemas.rights import SEARCHED, Answer, Part, Progress

BOX = "box."  # + a day: the key of that day's boxes, beside the answers


class Kept:
    """As it will stand once what it was told to write is written."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self._boxes: dict[int, bytes] = {}
        self._parts: set[bytes] = set()
        self._searching: set[bytes] = set()

    def restore(self, records: Sequence[Record]) -> None:
        """Take them in, in order."""
        for record in records:
            key, value = (record.key or b"").decode("ascii", "replace"), record.value
            if key.startswith(BOX):
                self._restore_box(key.removeprefix(BOX), value)
            elif "/" in key:
                mine = self._searching if key.endswith(SEARCHED) else self._parts
                (mine.discard if value is None else mine.add)(key.encode())
            elif value is None:
                self.answers.pop(key, None)
            else:
                try:
                    self.answers[key] = msgspec.json.decode(value, type=Answer)
                except ValueError:
                    continue  # an older version's

    def _restore_box(self, day: str, value: bytes | None) -> None:
        try:
            number = day_of(day.encode())
        except ValueError:
            return
        if value is None:
            self._boxes.pop(number, None)
        else:
            self._boxes[number] = value

    def answer(self, answer: Answer) -> Row:
        """Overwrites what was answered before."""
        self.answers[answer.id] = answer
        return rows.answer_row(answer)

    def archive(self, request: str, parts: Iterable[Part]) -> list[Row]:
        """Beside the answer."""
        keyed = [(rows.part_key(request, number), part) for number, part in enumerate(parts)]
        self._parts.update(key for key, _ in keyed)
        return [(0, key, rows.encode(part)) for key, part in keyed]

    def end_archive(self, request: str) -> list[Row]:
        """Its tombstones."""
        mine = [each for each in self._parts if each.startswith(request.encode() + b"/")]
        self._parts.difference_update(mine)
        return [(0, key, None) for key in sorted(mine)]

    def searching(self, request: str, percent: int) -> Row:
        """Beside the answer: how far a worker is that looks."""
        key = f"{request}{SEARCHED}".encode()
        self._searching.add(key)
        return 0, key, rows.encode(Progress(percent=percent))

    def searched(self, request: str) -> list[Row]:
        """Its tombstone, if there is one to write."""
        key = f"{request}{SEARCHED}".encode()
        if key not in self._searching:
            return []
        self._searching.remove(key)
        return [(0, key, None)]

    def boxes(self, living: dict[int, bytes], destroyed_through: int) -> Iterator[Row]:
        """What is to be written so that these keys stand there, and none of a day that is dead.

        One that is made anew, or signed with another key, takes the place of the old one.
        """
        for day, note in sorted(living.items()):
            if self._boxes.get(day) != note and day > destroyed_through:
                self._boxes[day] = note
                yield 0, box_name(day), note
        for day in [each for each in self._boxes if each <= destroyed_through]:
            del self._boxes[day]
            yield 0, box_name(day), None


def box_name(day: int) -> bytes:
    """The record's key of a day's box key."""
    return f"{BOX}{day_text(day)}".encode()
