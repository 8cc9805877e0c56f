"""Undoes the escapes of bytes and of UTF-16 that a text may hold: one layer of each, at a time.

Pure, total, and never longer than what it was given. What cannot be decoded leaves U+FFFD.
"""

import re

from quietclicks.pipeline.encodings import Encoding, text_of

_PERCENT = re.compile(r"%(?:25|u0025)+")  # a percent sign, however often it was wrapped
_UNITS = re.compile(r"(?:[%\\]u[0-9A-Fa-f]{4})+")  # JavaScript's old escape(), and JSON's
_BYTES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_NGINX = re.compile(r"\\x(?=[0-9A-Fa-f]{2})")  # a byte, as its log writes what is not printable


def unescaped(text: str, encodings: tuple[Encoding, ...] = ()) -> str:
    """The text behind `%41`, `\\x41`, `%u0041` and `\\u0041`; bytes by `text_of`."""
    text = percent_encoded(text)
    if "%" in text or "\\" in text:
        text = _UNITS.sub(_paired, _PERCENT.sub("%", text))
    if "%" not in text:
        return text
    # Bytes of the whole text: of Shift-JIS a letter's second byte may be written as it is.
    return text_of(_BYTES.sub(_said, text.encode(errors="surrogatepass")), encodings)


def percent_encoded(text: str) -> str:
    """Bytes as nginx's log writes them, as a URL does."""
    return _NGINX.sub("%", text) if "\\" in text else text


def _said(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[0].replace(b"%", b"").decode())


def _paired(match: re.Match[str]) -> str:
    """Two surrogates are a character; one alone is none."""
    units = bytes.fromhex(re.sub(r"[%\\]u", "", match[0]))
    return units.decode("utf-16-be", "replace")
