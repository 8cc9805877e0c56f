"""One line of an access log in text, as Apache, nginx, LiteSpeed and others write it → its request.

The combined format and the common one, which has no user agent; a virtual host before them, and
further fields, are read past. What does not say for certain which field is which is not read.
Reads no file and no clock; a hostile line costs time by its length only.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import islice
from re import Match
from string import hexdigits

import re2

from quietclicks.pipeline.fields.forwarded import MAX_LIST, UNREADABLE, plain_address
from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.pipeline.logs.request import Request
from quietclicks.pipeline.logs.wrapped import BYTES, RFC_3339

CLF_TIME = rb"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4}"
QUOTED = rb'"((?:[^"\\]|\\.)*)"'
# Nearly all lines there are, at a time: the expressions below would say the same of them.
USUAL = re2.compile(
    rb'^([0-9A-Fa-f:.]+) [^ "\[]+ [^ "\[]+ \[(' + CLF_TIME + rb")\] " + QUOTED
    + rb" (\d{3}) (?:\d+|-) " + QUOTED + rb" " + QUOTED + rb"$",
    BYTES,
)  # fmt: skip
START = re2.compile(
    rb"^(.*?) *\[(" + CLF_TIME + rb"|" + RFC_3339 + rb')\] +(?:[^ "]+ +){0,2}?"(.*)$', BYTES
)
# The request, the status, perhaps the bytes.
REQUEST = re2.compile(rb'^((?:[^"\\]|\\.)*)" +(\d{3})(?: +[^ "]+)?((?: .*)?)$', BYTES)
# The same where the server lets quotes stand as they are: up to what looks like status and bytes.
LOOSE_REQUEST = re2.compile(rb'^(.*?)" +(\d{3}) +(?:\d+|-)((?: .*)?)$', BYTES)
FIELD = rb" +(?:" + QUOTED + rb'|([^ "]+))'
FIELDS = re2.compile(rb"^(?:" + FIELD + rb")* *$", BYTES)
EACH_FIELD = re2.compile(FIELD, BYTES)
LOOSE_HEADERS = re2.compile(rb'^ +(?:[^ "]+ +)*"(.*)"(?: +[^ "]+)*$', BYTES)  # two, quotes and all
MAX_FIELDS = 64  # behind the request; a log format has half a dozen
BETWEEN = b'" "'
NONE = (None, b"-")

# What a field looks like that is a user agent, or a referrer; of a client's own text anything may.
AGENT = re2.compile(rb"^[A-Za-z][\w.-]*/\d", BYTES)
URL = re2.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://", BYTES)

PORT = re2.compile(r"^(?:[^:\[]*|\[[^\]]*\]):(\d{1,5})$")
SERVER_PORTS = {"80", "443", "8080", "8443"}  # an address with one of these is a host's

MONTHS = {  # fixed: a log's months are English whatever the machine's locale
    month: number
    for number, month in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
TIME = re2.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.\d+)? ([+-])(\d\d)(\d\d)")

# Apache writes \" \\ \n \t … and \xhh for what is not printable; nginx writes \xHH for all of it.
# One way to match at each character, and of a fixed length: linear, and quicker than RE2 for many.
ESCAPE = re.compile(rb'\\(?:x[0-9A-Fa-f]{2}|["\\abfnrtv])')
ESCAPED = {
    b"\\" + letter: byte
    for letter, byte in zip(
        (b'"', b"\\", b"a", b"b", b"f", b"n", b"r", b"t", b"v"),
        (b'"', b"\\", b"\a", b"\b", b"\f", b"\n", b"\r", b"\t", b"\v"),
        strict=True,
    )
} | {
    f"\\x{high}{low}".encode(): bytes.fromhex(high + low) for high in hexdigits for low in hexdigits
}


def read_combined(line: bytes) -> Request | None:
    """With referrer and user agent; `None` for a line that cannot be read as such."""
    if usual := USUAL.match(line):
        peer, time, asked, status, *headers = usual.groups()
        if _is_pair(*headers):
            return _request(("", "", _text(peer)), time, asked, status, headers)
    return _read(line, has_agent=True)


def read_common(line: bytes) -> Request | None:
    """Without; `None` for a line that has headers, or cannot be read."""
    return _read(line, has_agent=False)


def _read(line: bytes, has_agent: bool) -> Request | None:
    if b"]\t" in line:  # tabs between the fields; elsewhere one was sent
        line = line.replace(b"\t", b" ")
    start = START.match(_without_quotes(line))
    if start is None:
        return None
    before, time, rest = start.groups()
    request = REQUEST.match(rest) or LOOSE_REQUEST.match(rest)
    if request is None:
        return None
    asked, status, behind = request.groups()
    headers = _headers(behind)
    if headers is None or bool(headers) is not has_agent:
        return None
    return _request(_client(_text(before)), time, asked, status, headers)


def _request(
    client: tuple[str, str, str],
    time: bytes,
    asked: bytes,
    status: bytes,
    headers: Sequence[bytes],
) -> Request | None:
    host, scheme, peer = client
    at = instant(time.decode("latin-1"))
    if at is None:
        return None
    method, target = _asked(_text(asked))
    referrer, user_agent, *more = headers or (None, None)
    return Request(
        peer=peer,
        forwarded=_forwarded(more),
        at=at,
        method=method,
        target=target,
        status=int(status),
        scheme=scheme,
        host=host,
        has_agent=bool(headers),
        referrer=_sent(referrer),
        user_agent=_sent(user_agent),
    )


def _forwarded(fields: Sequence[bytes | None]) -> tuple[str, ...]:
    """The one field behind the user agent that has an address in it: of two, nobody knows which."""
    found = [text for field in fields if field and _has_address(text := _text(field))]
    return tuple(found) if len(found) < 2 else (UNREADABLE,)


def _without_quotes(line: bytes) -> bytes:
    """LiteSpeed puts the line in quotes, or one before it; CSV doubles those inside."""
    if not line.startswith(b'"') or b"[" not in line[: line.find(b'"', 1)]:
        return line
    line = line[1:]
    if b'] \\"' in line:
        line = line.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    elif b'] ""' in line:
        line = line.replace(b'""', b'"')
    quotes = line.count(b'"') - line.count(b'\\"')
    return line[:-1] if quotes % 2 and line.endswith(b'"') else line


def _headers(behind: bytes) -> Sequence[bytes] | None:
    """Referrer, user agent and what follows; nothing where there are none; `None`: who knows?

    Other fields may stand before and behind them.
    """
    if FIELDS.match(behind) is None:
        loose = LOOSE_HEADERS.match(behind)
        pair = loose[1].split(BETWEEN, 2) if loose else []
        return pair if len(pair) == 2 and _is_pair(*pair) else None
    found = islice(EACH_FIELD.finditer(behind), MAX_FIELDS + 1)
    if len(fields := [each.groups() for each in found]) > MAX_FIELDS:
        return None
    headers = [quoted for quoted, bare in fields if bare is None]
    if not headers:
        return []
    if len(headers) == 1:  # the other one may be a dash without quotes
        headers = [quoted if bare is None else bare for quoted, bare in fields if bare in NONE]
    pairs = [row for row in range(len(headers) - 1) if _is_pair(*headers[row : row + 2])]
    if len(headers) > 2:  # of several only what a browser would send
        pairs = [row for row in pairs if headers[row] in (b"-", b"") or URL.match(headers[row])]
    if not pairs:
        return None
    named = (row for row in pairs if AGENT.match(headers[row + 1]))
    return headers[next(named, pairs[0]) :]


def _is_pair(referrer: bytes, user_agent: bytes) -> bool:
    """Whether they can be these. What is an address, or one in the other's place, is neither."""
    # Asked for nearly nothing: most begin like this.
    if not referrer.startswith((b"-", b"http")) and (
        AGENT.match(referrer) or _has_address(_text(referrer))
    ):
        return False
    return user_agent.startswith(b"Mozilla/") or not (
        URL.match(user_agent) or _has_address(_text(user_agent))
    )


def _has_address(text: str) -> bool:
    """An address, or a list with one in the part of it that is read."""
    return any(map(plain_address, text.rsplit(",", MAX_LIST)[-MAX_LIST:]))


def _client(before: str) -> tuple[str, str, str]:
    """Client, ident and user, which stand before the time → virtual host, its scheme, the client.

    Without a port a virtual host is told from a client's name by the address behind it. Of two
    addresses nobody knows which one a client could choose: neither is taken; but the first may be
    the host that was asked for, and then the path is of no site.
    """
    words = ",".join(each.strip(" ") for each in before.split(",")).replace('"', "").split()
    first, second = (*words, "", "")[:2]
    named = PORT.match(first)
    port = named[1] if named else None
    if not _has_address(first):
        if _is_address(second) or (port and second not in ("", "-")):
            return first, _scheme(port), second
    elif _is_address(first) and _is_address(second):
        host = "" if "," in first else first
        return host, _scheme(port), second if port in SERVER_PORTS else UNREADABLE
    return "", "", first


def _is_address(word: str) -> bool:
    """One, or a list that begins with one."""
    return bool(plain_address(word.partition(",")[0]))


def _scheme(port: str | None) -> str:
    return "https" if port in ("443", "8443") else "http"


def _asked(request: str) -> tuple[str, str]:
    """`GET /path?query HTTP/1.1` → `GET`, `/path?query`."""
    method, _, rest = request.partition(" ")
    target, protocol, _ = rest.rpartition(" HTTP/")
    return method, (target if protocol else rest).strip(" ")


@lru_cache(4096)  # a log's lines come close together
def instant(time: str) -> datetime | None:
    """`17/May/2015:10:05:03 +0000`, or RFC 3339."""
    found = TIME.fullmatch(time)
    try:
        if found is None:
            return datetime.fromisoformat(time)
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return datetime(
            int(year), MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second),
            tzinfo=timezone(-offset if sign == "-" else offset),
        )  # fmt: skip
    except ValueError:
        return None


def _sent(field: bytes | None) -> str | None:
    """A header's value; `-` is the log's word for none."""
    return None if field is None or field in {b"-", b""} else _text(field)


def _text(field: bytes) -> str:
    if b"\\" in field:
        field = ESCAPE.sub(_unescaped, field)
    return text_of_bytes(field)


def _unescaped(found: Match[bytes]) -> bytes:
    return ESCAPED[found[0]]
