"""JSON that is not a line each: an array, or objects over several lines → one object after another.

Holds one object at a time. What is no object comes as it stands, so that nothing is left out in
silence; behind a broken one it goes on with the next that begins a line.
"""

import re
from collections.abc import Iterable, Iterator

from quietclicks.schemas.raw import MAX_RECORD_BYTES

MAX_OBJECT = 4 * MAX_RECORD_BYTES  # bytes, with the space that pretty-printing makes
BETWEEN = re.compile(rb"[{\n]")
INSIDE = re.compile(rb'["{}\[\]]')
IN_TEXT = re.compile(rb'["\\\n]')
SEPARATORS = b" \t\r\n,[]"


def documents(portions: Iterable[bytes]) -> Iterator[bytes]:
    """Of lines, or what there is of lines that are too long."""
    splitter = _Splitter()
    for portion in portions:
        yield from splitter.split(portion)
    yield from splitter.rest()


class _Splitter:
    def __init__(self) -> None:
        self._held = bytearray()
        self._depth = 0  # of braces and brackets, from the object's own on
        self._in_text = False
        self._escaped = False
        self._begins_line = True

    def split(self, portion: bytes) -> Iterator[bytes]:
        """What ends in it."""
        if self._depth and self._begins_line and portion.startswith(b"{"):
            yield from self.rest()
        self._begins_line = portion.endswith(b"\n")
        at = 0
        while at < len(portion):
            if self._escaped:
                self._escaped = False
                end, sign = at + 1, b""
            else:
                signs = IN_TEXT if self._in_text else INSIDE if self._depth else BETWEEN
                found = signs.search(portion, at)
                end, sign = (found.end(), found[0]) if found else (len(portion), b"")
            if sign == b"{" and not self._depth:
                self._hold(portion[at : end - 1])
                yield from self.rest()
                at = end - 1
            self._hold(portion[at:end])
            at = end
            if self._is_end(sign):
                yield from self.rest()

    def rest(self) -> Iterator[bytes]:
        """What is held, whole or not."""
        value = bytes(self._held).strip(b" \t\r\n" if self._depth else SEPARATORS)
        if value:
            yield value
        self._held.clear()
        self._depth = 0
        self._in_text = self._escaped = False

    def _hold(self, part: bytes) -> None:
        self._held += part[: max(MAX_OBJECT - len(self._held), 0)]

    def _is_end(self, sign: bytes) -> bool:
        """Whether an object, or what is none, ends with this sign."""
        if sign == b"\n":  # in a text it is an error
            return True
        if sign == b"\\":
            self._escaped = True
        elif sign == b'"':
            self._in_text = not self._in_text
        elif sign in (b"{", b"["):
            self._depth += 1
        elif sign in (b"}", b"]"):
            self._depth -= 1
            return self._depth == 0
        return False
