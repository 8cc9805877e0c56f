"""One line of an access log (combined format, as Apache and nginx write it) → a raw event.

What is not a page view yields nothing at all, so that no address travels for its sake. Reads no
file and no clock; a hostile line costs time by its length only.
"""

from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from re import Match

import re2

from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.schemas.raw import MAX_RECORD_BYTES, Consent, RawEvent

BYTES = re2.Options()
BYTES.encoding = re2.Options.Encoding.LATIN1  # a byte is a character, so that any byte may occur
BYTES.log_errors = False

QUOTED = rb'"((?:[^"\\]|\\.)*)"'
HOST = rb"(?:[\w.*-]+|\[[\w:.]+\])"
ADDRESS = rb"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*"
HEADER = rb"(?:" + QUOTED + rb"|-)"
LINE = re2.compile(
    # The virtual host, where the server logs several: without a port it is told from a client's
    # name by the address behind it.
    rb"^(?:(?:"
    + HOST
    + rb"(?::\d{1,5})? )?("
    + ADDRESS
    + rb")|(?:"
    + HOST
    + rb":\d{1,5} )?([^ ]+))"
    rb" [^ ]+ .*?"  # ident, user: a user's name may hold spaces
    rb"\[([^\]]{26})\] " + QUOTED + rb" (\d{3}) [^ ]+"  # time, request, status, bytes
    rb"(?: " + HEADER + rb" " + HEADER + rb")?(?: .*)?$",  # referrer, user agent; then whatever
    BYTES,
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # what some editors and converters put before a file's first line
VIEWED = {b"200", b"304"}
MONTHS = {  # fixed: a log's months are English whatever the machine's locale
    month: number
    for number, month in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
TIME = re2.compile(rb"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")

# Apache writes \" \\ \n \t … and \xhh for what is not printable; nginx writes \xHH for all of it.
ESCAPE = re2.compile(rb'\\(?:x([0-9A-Fa-f]{2})|(["\\abfnrtv]))')
ESCAPED = {
    b'"': b'"', b"\\": b"\\", b"a": b"\a", b"b": b"\b",
    b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip


def event_of(line: bytes, *, number: int, site: str, consent: Consent | None) -> RawEvent | None:
    """A line → its page view, or `None`: another method or status, an asset, or no log line.

    `number` tells equal lines apart and is part of the event's id, so that the same file gives the
    same ids. Log lines are bytes; what is not UTF-8 in them becomes U+FFFD.
    """
    if len(line) > MAX_RECORD_BYTES:
        return None
    found = LINE.match(line.removeprefix(BYTE_ORDER_MARK).strip())
    if found is None:
        return None
    address, client, time, request, status, referrer, user_agent = found.groups()
    target = _target(_text(request)) if status in VIEWED else None
    at = _instant(time)
    if target is None or at is None:
        return None
    return RawEvent(
        event_id=blake2b(b"%d %b" % (number, line.rstrip(b"\r\n")), digest_size=8).hexdigest(),
        site=site,
        timestamp=at,
        url=target,
        ip=_text(address or client),
        user_agent=_sent(user_agent),
        referrer=_sent(referrer),
        consent=consent,
    )


def _target(request: str) -> str | None:
    """`GET /path?query HTTP/1.1` → `/path?query`, if that is a page."""
    method, _, rest = request.partition(" ")
    target, protocol, _ = rest.rpartition(" HTTP/")
    target = (target if protocol else rest).strip(" ")
    if method != "GET" or not target.lower().startswith(("/", "http://", "https://")):
        return None
    path = target.partition("#")[0].partition("?")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return None if is_asset(path) else target


def _instant(time: bytes) -> datetime | None:
    found = TIME.fullmatch(time)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        return datetime(
            int(year), MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second),
            tzinfo=timezone(-offset if sign == b"-" else offset),
        )  # fmt: skip
    except ValueError:
        return None


def _sent(field: bytes | None) -> str | None:
    """A header's value; `-` is the log's word for none."""
    return None if field is None or field in {b"-", b""} else _text(field)


def _text(field: bytes) -> str:
    if b"\\" in field:
        field = ESCAPE.sub(_unescaped, field)
    return field.decode("utf-8", "replace")


def _unescaped(found: Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode()) if found[1] else ESCAPED[found[2]]
