"""A log's bytes to text: what is no UTF-8 becomes `%XX`, as a URL has it, and is not lost."""

import re

NOT_UTF8 = re.compile("[\udc80-\udcff]")  # a byte, as `surrogateescape` writes it
PERCENT = {0xDC00 + byte: f"%{byte:02X}" for byte in range(0x80, 0x100)}


def text_of_bytes(sent: bytes) -> str:
    """Never fails, and leaves no surrogate."""
    text = sent.decode("utf-8", "surrogateescape")
    return text if text.isascii() or not NOT_UTF8.search(text) else text.translate(PERCENT)
