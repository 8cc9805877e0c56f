"""What logging systems put around a line."""

import json

import pytest

from quietclicks.pipeline.logs.wrapped import unwrapped
from tests.rows import each_row

V4 = b'8.8.0.4 - - [17/Oct/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "Browser"'
V6 = V4.replace(b"8.8.0.4", b"2001:db8::4")
HOST = b"shop.example:443 " + V4
JSON = b'{"event_id":"e1","url":"/a: b"}'
LINES = [V4, V6, HOST, JSON, b'"' + V4 + b'"', V4.replace(b"8.8.0.4", b"::1")]

PREFIXES = {
    "nothing": b"",
    "a byte order mark": b"\xef\xbb\xbf",
    "RFC 3164": b"Oct 17 10:00:00 web1 nginx: ",
    "with a priority": b"<190>Oct 17 10:00:00 web1 nginx: ",
    "of a single-digit day": b"<190>Oct  7 10:00:00 web1 nginx: ",
    "with a process": b"Oct 17 10:00:00 web1 nginx[812]: ",
    "with a year": b"Oct 17 2026 10:00:00 web1 nginx: ",
    "without a host": b"<190>Oct 17 10:00:00 nginx: ",
    "from an address": b"Oct 17 10:00:00 2001:db8::7 nginx: ",
    "with a path in its tag": b"Oct 17 10:00:00 web1 nginx/access: ",
    "with RFC 3339": b"2026-10-17T10:00:00.123456+02:00 web1 nginx: ",
    "with both": b"<134>2026-10-17T10:00:00Z web1 nginx[1]: ",
    "RFC 5424": b"<134>1 2026-10-17T10:00:00.003Z web1 nginx 812 access - ",
    "without a priority": b"1 2026-10-17T10:00:00Z web1 nginx - - - ",
    "without anything": b"<134>1 - - - - - - ",
    "with structured data": rb'<134>1 2026-10-17T10:00:00Z web1 nginx - - [a@1 b="c\]d"][e] ',
    "with a mark": b"<134>1 2026-10-17T10:00:00Z web1 nginx - - - \xef\xbb\xbf",
    "with its length": b"512 <134>1 2026-10-17T10:00:00Z web1 nginx - - - ",
    "with the year first": b"<134>2026 Oct 17 10:00:00 web1 nginx: ",
    "with the year last": b"Oct 17 10:00:00 2026 web1 nginx: ",
    "with a weekday": b"Sat Oct 17 10:00:00 2026 web1 nginx: ",
    "with the day first": b"17 Oct 2026 10:00:00 web1 nginx: ",
    "with parts of a second": b"<134>Oct 17 10:00:00.123456 web1 nginx: ",
    "with a zone": b"<134>Oct 17 10:00:00 UTC web1 nginx: ",
    "with a zone of summer": b"Oct 17 10:00:00 CEST web1 nginx[812]: ",
    "with an offset": b"Oct 17 10:00:00 +0200 web1 nginx: ",
    "with year and zone": b"<134>2026 Oct 17 10:00:00.123 CET web1 nginx: ",
    "with a colon behind the time": b"<134>Oct 17 2026 10:00:00: nginx: ",
    "with RFC 3339 and an offset": b"<134>2026-10-17T10:00:00+02:00 web1 nginx: ",
    "with RFC 3339 without an offset": b"<134>2026-10-17T10:00:00 web1 nginx: ",
    "with a space before the offset": b"2026-10-17 10:00:00,123 +0200 web1 nginx: ",
    "with hours of offset": b"2026-10-17T10:00:00+02 web1 nginx[1]: ",
    "with slashes": b"2026/10/17 10:00:00 web1 nginx: ",
    "with small letters": b"2026-10-17t10:00:00z web1 nginx: ",
    "without a colon": b"<134>Oct 17 10:00:00 web1 nginx ",
    "with a process and no colon": b"Oct 17 10:00:00 web1 nginx[812] ",
    "without host and colon": b"Oct 17 10:00:00 nginx[812] ",
    "with a domain and no colon": b"2026-10-17T10:00:00+02:00 web1.example.net nginx ",
    "with a zone and no colon": b"2026 Oct 17 10:00:00 UTC web1 nginx/access ",
    "in capitals and no colon": b"Oct 17 10:00:00 PROD nginx ",
    "without a time": b"<190>nginx: ",
    "without anything but a priority": b"<190>",
    "with a space behind the priority": b"<134> Oct 17 10:00:00 web1 nginx: ",
    "a time with a zone alone": b"Oct 17 10:00:00 GMT ",
    "two of them": b"Oct 17 10:00:00 relay rsyslogd: Oct 17 10:00:00 web1 nginx: ",
    "Kubernetes": b"2026-10-17T10:00:00.123456789Z stdout F ",
    "Docker's time": b"2026-10-17T10:00:00.123456789Z ",
    "a time of syslog alone": b"<13>Oct 17 10:00:00 ",
    "Compose": b"web-1  | ",
}


@each_row("line", LINES, ids=["ipv4", "ipv6", "host", "json", "quotes", "short"])
@each_row("prefix", PREFIXES.values(), ids=PREFIXES)
def test_a_prefix_is_taken_off(prefix: bytes, line: bytes) -> None:
    assert unwrapped(prefix + line + b"\r\n") == line


@each_row(
    "wrapper",
    [
        pytest.param(lambda line: {"log": f"{line}\n", "stream": "stdout"}, id="docker"),
        pytest.param(lambda line: {"__CURSOR": "s", "MESSAGE": line, "_PID": "1"}, id="journald"),
        pytest.param(lambda line: {"MESSAGE": list(line.encode()), "_PID": "1"}, id="binary"),
        pytest.param(lambda line: {"@timestamp": "x", "message": line}, id="shipper"),
        pytest.param(
            lambda line: {"log": f"Oct 17 10:00:00 web1 nginx: {line}"}, id="docker and syslog"
        ),
    ],
)
@each_row("line", LINES)
def test_json_around_a_line(wrapper: object, line: bytes) -> None:
    assert callable(wrapper)
    assert unwrapped(json.dumps(wrapper(line.decode())).encode()) == line


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"rubbish",
        b'8.8.0.4 - Oct 17 10:00:00 web1 nginx: 9.9.9.9 [17/Oct/2026:10:00:00 +0000] "GET /"',
        b"web1 nginx: 8.8.0.4 - -",  # no time: it may be anybody's text
        b'{"log": 5}',
        b'{"MESSAGE": [1, 2, 300]}',
        b'{"log": "x", "event_id": "e1", "url": "/"}',  # an event, with a field that nobody listed
        b'{"event_id":"e1","url":"/?a=\\"log\\":\\"x\\""}',
        b'{"log": "cut off',
    ],
)
def test_what_has_no_systems_shape_stays(line: bytes) -> None:
    assert unwrapped(line) == line


@each_row(
    ("line", "inner"),
    [
        (b"shop.example 8.8.0.4 - - [17/Oct", b"shop.example 8.8.0.4 - - [17/Oct"),
        (b"shop.example:443 8.8.0.4 - - [17/Oct", b"shop.example:443 8.8.0.4 - - [17/Oct"),
        (b"8.8.0.4 - 9.9.9.9 - - [17/Oct", b"8.8.0.4 - 9.9.9.9 - - [17/Oct"),
        (b"8.8.0.4 nginx 9.9.9.9 - - [17/Oct", b"8.8.0.4 nginx 9.9.9.9 - - [17/Oct"),
        (b"2001:db8::4 x[1] 9.9.9.9 - - [17/Oct", b"2001:db8::4 x[1] 9.9.9.9 - - [17/Oct"),
        (b"ABCD::4 - - [17/Oct", b"ABCD::4 - - [17/Oct"),
        (b"2001::4 - - [17/Oct", b"2001::4 - - [17/Oct"),
        (b"shop.example 8.8.0.4 - a: [17/Oct", b"shop.example 8.8.0.4 - a: [17/Oct"),
        (b"web1 nginx shop.example:443 8.8.0.4 - x y [", b"shop.example:443 8.8.0.4 - x y ["),
        (b"web1 nginx 8.8.0.4 - 9.9.9.9 x y [", b"8.8.0.4 - 9.9.9.9 x y ["),
    ],
)
@each_row("time", [b"Oct 17 10:00:00 ", b"2026-10-17T10:00:00Z ", b"<1>2026 Oct  7 10:00:00 UTC "])
def test_no_field_of_the_line_is_taken_for_a_program(
    time: bytes, line: bytes, inner: bytes
) -> None:
    """Where there is a time alone before it: a user's name is the client's to choose."""
    assert unwrapped(time + line) == inner


def test_layers_without_end_are_left() -> None:
    text = b"x"
    for _ in range(10):
        text = json.dumps({"log": text.decode()}).encode()
    assert json.loads(unwrapped(text))["log"]
