"""From the lines of a file to raw records' values, and the ticks that a replay puts between them.

Opens no file and asks no clock: it gets lines, and the latest time that the broker would accept.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from quietclicks.pipeline.anonymise.decode import PAGEVIEW, TICK
from quietclicks.pipeline.anonymise.repeats import names_twice
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, milliseconds
from quietclicks.pipeline.fields.forwarded import (
    NOBODY,
    TrustedProxies,
    client_address,
    packed_address,
)
from quietclicks.pipeline.logs.bytes_text import text_of_bytes
from quietclicks.pipeline.logs.formats import COMMENTED, EVENTS, READERS, Format
from quietclicks.pipeline.logs.request import Reading, event_of
from quietclicks.pipeline.logs.wrapped import unwrapped
from quietclicks.schemas.raw import MAX_RECORD_BYTES, UNREADABLE_LINE, Consent, Instant, Tick
from quietclicks.schemas.rejection import Reason

NOT_A_PAGE = b'{"type":"request"}'  # a log line that is no page view, and nothing of what it held
UNREADABLE = b'{"type":"%b"}' % UNREADABLE_LINE.encode()  # one that was not understood
NO_TIME = -1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Time(Struct, gc=False):
    """What planning looks at; every other field is passed over."""

    timestamp: Instant
    type: str | None = None
    ip: object = None


_time = msgspec.json.Decoder(_Time)
_tick = msgspec.json.Decoder(Tick)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode

_NULL = msgspec.Raw(b"null")

Read = Callable[[bytes, bytes], bytes]
"""A line and its place → its record's value; nothing of a blank line."""


def read_log(lines: Iterable[bytes], form: Format, reading: Reading) -> Iterator[bytes]:
    """One record for every line that is not blank.

    Raw events are each as it is, good or bad, but for what loggers put around, and for bytes in a
    text that are no UTF-8: a server writes what it was sent.
    """
    read = reader(form, reading)
    for number, line in enumerate(lines, start=1):
        if value := read(line, b"%d" % number):
            yield value


def reader(form: Format, reading: Reading) -> Read:
    """For a log's lines, in their order."""
    return _event_reader(reading) if form in EVENTS else _log_reader(form, reading)


def _event_reader(reading: Reading) -> Read:
    trusted, consent = reading.trusted, reading.consent

    def read(line: bytes, _: bytes) -> bytes:
        value = _event(line)
        if trusted is not NOBODY:
            value = believe(value, trusted)
        return value if consent is None else vouch(value, consent)

    return read


def _event(line: bytes) -> bytes:
    value = unwrapped(line)
    is_readable = value.startswith(b"{") and len(value) <= MAX_RECORD_BYTES
    return text_of_bytes(value).encode() if is_readable else value


def _log_reader(form: Format, reading: Reading) -> Read:
    read_request = READERS[form]()

    def read(line: bytes, place: bytes) -> bytes:
        text = unwrapped(line)
        request = read_request(text) if len(text) <= MAX_RECORD_BYTES else None
        if request is None:
            is_blank = not text or (form in COMMENTED and text.startswith(b"#"))
            return b"" if is_blank else UNREADABLE
        event = event_of(request, line, place, reading)
        if event is Reason.NOT_A_PAGE:
            return NOT_A_PAGE
        return UNREADABLE if isinstance(event, Reason) else _encode(event)

    return read


def vouch(value: bytes, consent: Consent) -> bytes:
    """A raw event without a consent of its own gets this one; anything else stays as it is."""
    try:
        fields = _fields.decode(value)
    except (ValueError, RecursionError):
        return value
    if fields.get("consent", _NULL) != _NULL or is_tick(value) or names_twice(value):
        return value  # written anew, of two signals the first would be gone: its no as well
    fields["consent"] = msgspec.Raw(_encode(consent))
    return _encode(fields)


def believe(value: bytes, trusted: TrustedProxies) -> bytes:
    """A raw event whose address is a forwarded list gets the client's; all else stays as it is."""
    try:
        fields = _fields.decode(value)
        sent = msgspec.json.decode(fields["ip"], type=str)
        address = client_address(sent, (), trusted)
    except (ValueError, RecursionError, KeyError):
        return value
    if address in ("", sent) or names_twice(value):
        return value  # as above
    fields["ip"] = msgspec.Raw(_encode(address))
    return _encode(fields)


def tick(at_ms: int) -> bytes:
    """A tick's value."""
    return _encode(Tick(timestamp=_EPOCH + timedelta(milliseconds=at_ms)))


def is_tick(value: bytes) -> bool:
    """Whether the record is a tick of the file's own."""
    found = _read(value)
    return isinstance(found, _Time) and found.type == TICK


def _read(value: bytes) -> "_Time | bool":
    """Its time; or whether it is anything that can be read at all."""
    if len(value) > MAX_RECORD_BYTES or value == UNREADABLE:
        return False
    try:
        found = _time.decode(value)
        if found.type == TICK:
            _tick.decode(value)  # with anything else in it the pipeline takes it for no tick
    except msgspec.ValidationError:
        return True
    except (ValueError, RecursionError):
        return False
    return found


class Timeline(Struct):
    """What one pass over the records found: a time for each (ms, or -1), and any tick at all.

    And how many could not be read, of how many; the same of the addresses of page views.
    """

    times: "array[int]"
    has_ticks: bool = False
    events: int = 0
    unreadable: int = 0
    views: int = 0
    unreadable_addresses: int = 0


def timeline(values: Iterable[bytes], latest_ms: int | None) -> Timeline:
    """First pass. What lies ahead of `latest_ms` is left out: the pipeline will not accept it."""
    found = Timeline(times=array("q"))
    for value in values:
        read = _read(value)
        at_ms = NO_TIME
        if isinstance(read, _Time) and read.type == TICK:
            found.has_ticks = True
        else:
            found.events += 1
            found.unreadable += read is False
            if isinstance(read, _Time) and read.type in {None, PAGEVIEW}:
                found.views += 1
                found.unreadable_addresses += not _is_address(read.ip)
                at_ms = milliseconds(read.timestamp)
                if at_ms < 0 or (latest_ms is not None and at_ms > latest_ms):
                    at_ms = NO_TIME
        found.times.append(at_ms)
    return found


def _is_address(ip: object) -> bool:
    return isinstance(ip, str) and packed_address(ip) is not None


def plan(found: Timeline, lateness_s: int, latest_ms: int | None) -> list[tuple[int, int]]:
    """Second pass: `(index of the record to send it before, tick's time in ms)`, in order.

    A log is complete, so nothing in it may be late: a tick closes the hours before *h* only where
    no record that is still to come is older than *h*. An hour is closed once the watermark, tick
    less allowed lateness, has reached its end. The first tick stands before all records, so that
    every partition has a watermark; the last one closes the last record's day. A file with ticks
    of its own gets these two alone. No tick lies ahead of `latest_ms` (the broker's clock).
    """
    lateness_ms = lateness_s * 1000
    watermarks: list[tuple[int, int]] = []
    oldest_to_come: int | None = None
    times = found.times
    for index in range(len(times) - 1, -1, -1):
        at_ms = times[index]
        if at_ms == NO_TIME:
            continue
        hour = at_ms // MILLISECONDS_PER_HOUR
        if oldest_to_come is None:
            oldest_to_come = hour
        elif hour < oldest_to_come:
            watermarks.append((index + 1, oldest_to_come * MILLISECONDS_PER_HOUR))
            oldest_to_come = hour
    if oldest_to_come is None:
        return []
    if found.has_ticks:
        watermarks.clear()
    watermarks.append((0, oldest_to_come * MILLISECONDS_PER_HOUR))
    watermarks.reverse()
    last_day = max(times) // MILLISECONDS_PER_DAY
    watermarks.append((len(times), (last_day + 1) * MILLISECONDS_PER_DAY))
    return _bounded([(index, at + lateness_ms) for index, at in watermarks], latest_ms)


def _bounded(ticks: list[tuple[int, int]], latest_ms: int | None) -> list[tuple[int, int]]:
    """Ticks not ahead of `latest_ms`; those that it makes equal to the one before are left out."""
    if latest_ms is None:
        return ticks
    kept: list[tuple[int, int]] = []
    for index, at_ms in ticks:
        bounded = min(at_ms, latest_ms)
        if not kept or bounded > kept[-1][1]:
            kept.append((index, bounded))
    return kept
