"""A log's bytes to text: what is no UTF-8 becomes `%XX`, as a URL has it, and is not lost."""

import re
from re import Match

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # a byte, as `surrogateescape` writes it


def text_of_bytes(sent: bytes) -> str:
    """Never fails, and leaves no surrogate."""
    text = sent.decode("utf-8", "surrogateescape")
    return text if text.isascii() else NOT_UTF8.sub(_percent, text)


def _percent(found: Match[str]) -> str:
    return f"%{ord(found[0]) - 0xDC00:02X}"
