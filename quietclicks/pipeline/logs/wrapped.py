"""What a logging system put around a server's line, taken off: syslog, journald, containers.

A prefix must have its system's exact shape: a client's text stands behind a server's own fields,
and is never taken for one.
"""

import msgspec
import re2
from msgspec import UNSET, Struct, UnsetType

from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.schemas.raw import MAX_RECORD_BYTES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # what some editors and converters put before a file's first line
BYTES = re2.Options()
BYTES.encoding = re2.Options.Encoding.LATIN1  # a byte is a character, so that any byte may occur
BYTES.log_errors = False

RFC_3339 = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
# A prefix' time says nothing of the event, and no client wrote it: any shape will do.
CLOCK = rb"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
ZONE = rb"(?: ?(?:[Zz]|[+-]\d\d(?::?\d\d)?|UTC|MSK|[A-Z]{1,4}T))?"
ISO = rb"\d{4}[-/]\d\d[-/]\d\d[Tt ]" + CLOCK + ZONE
DAY = rb"(?:[A-Z][a-z]{2} [ \d]?\d|\d?\d [A-Z][a-z]{2})"
YEAR = rb"(?:\d{4} )?"
RFC_3164 = rb"(?:[A-Z][a-z]{2},? )?" + YEAR + DAY + rb" " + YEAR + CLOCK + ZONE + rb"(?: \d{4})?"
PRIORITY = rb"(?:\d{1,6} )?<\d{1,3}> ?"  # behind the message's length, where they came by TCP
WHEN = rb"(?:" + PRIORITY + rb")?(?:" + RFC_3164 + rb"|" + ISO + rb"):? "
TAG = rb"[^ :\[\]{}\"]+(?:\[[^ \]]*\])?: "
PREFIXES = re2.compile(
    rb"^(?:"
    # RFC 5424: version, time, host, program, process, kind, structured data.
    rb"(?:" + PRIORITY + rb")?1 (?:" + ISO + rb"|-) [^ ]+ [^ ]+ [^ ]+ [^ ]+"
    rb" (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) (?:\xef\xbb\xbf)?"
    # RFC 3164, or the same with the other's time: time, perhaps the host, program.
    rb"|" + WHEN + rb"(?:[^ \"]+ )?" + TAG
    # Kubernetes; Docker Compose; a priority with a program alone, or nothing.
    + rb"|" + ISO + rb" std(?:out|err) [FP] "
    rb"|[\w.-]+ +\| "
    rb"|" + PRIORITY + TAG
    + rb")",
    BYTES,
)  # fmt: skip
# A time alone, as of Docker, or a priority. Behind it a program without a colon is told by what
# follows: an address and two words before the line's own time, perhaps behind a virtual host; or
# JSON. What has a digit first or a colon may be an address, and what has a dot a virtual host.
ALONE = re2.compile(rb"^(?:" + WHEN + rb"|" + PRIORITY + rb")", BYTES)
HOST, NAME = rb"[A-Za-z][\w.-]*", rb"[A-Za-z][\w/-]*"
ADDRESS = rb"(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+\]?)(?::\d{1,5})?"
NAMED = re2.compile(
    rb"^((?:" + HOST + rb" )?" + NAME + rb"\[\d+\] |" + HOST + rb" " + NAME + rb" )"
    rb"(?:\"?(?:[^ \"]+ )?" + ADDRESS + rb",? [^ ]+ [^\[]+ \[|\{)",
    BYTES,
)  # fmt: skip
MAX_LAYERS = 3


class _Wrapper(Struct, gc=False):
    """Docker's `log`, journald's `MESSAGE`, shippers' `message`; an event has none of these."""

    log: object = None
    MESSAGE: object = None
    message: object = None
    event_id: object | UnsetType = UNSET


_wrapper = msgspec.json.Decoder(_Wrapper)


def unwrapped(line: bytes) -> bytes:
    """The line as the server wrote it, without space around it."""
    line = line.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")
    for _ in range(MAX_LAYERS):
        inner = _of_json(line) if line.startswith(b"{") else _of_text(line)
        if inner is None:
            break
        line = inner.strip(b" \t\r\n")
    return line


def _of_text(line: bytes) -> bytes | None:
    word = line[: line.find(b" ")]
    if b"." in word and b"-" not in word and word[0] in b"123456789":
        return None  # an address: quicker than all that it is not
    if found := PREFIXES.match(line):
        return line[found.end() :]
    if found := ALONE.match(line):
        line = line[found.end() :]
        named = NAMED.match(line)
        return line[named.end(1) :] if named else line
    return None


def _of_json(line: bytes) -> bytes | None:
    if not (b'"log":' in line or b'"MESSAGE"' in line or b'"message":' in line):
        return None
    if len(line) > 2 * MAX_RECORD_BYTES:
        return None
    try:
        found = _wrapper.decode(text_of_bytes(line))
    except (ValueError, RecursionError):
        return None
    if found.event_id is not UNSET:
        return None
    message = next(filter(None, (found.log, found.MESSAGE, found.message)), None)
    if isinstance(message, list):  # journald's way to write what is no UTF-8
        try:
            return bytes(message)
        except (ValueError, TypeError):
            return None
    return message.encode() if isinstance(message, str) else None
