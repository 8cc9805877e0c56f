"""Log lines as real servers and hostile clients make them."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.pipeline.logs.access_log import event_of
from quietclicks.schemas.raw import Consent, RawEvent

TIME = b"17/May/2015:10:05:03 +0000"


def line(
    request: bytes = b"GET /page HTTP/1.1",
    *,
    status: bytes = b"200",
    time: bytes = TIME,
    client: bytes = b"192.0.2.7 - -",
    tail: bytes = b' "-" "Browser"',
) -> bytes:
    return client + b" [" + time + b'] "' + request + b'" ' + status + b" 512" + tail


def read(text: bytes, number: int = 1) -> RawEvent | None:
    return event_of(text, number=number, site="shop.example", consent=None)


def viewed(text: bytes) -> RawEvent:
    event = read(text)
    assert event is not None
    return event


@pytest.mark.parametrize(
    "request_line",
    [
        pytest.param(b"POST /page HTTP/1.1", id="post"),
        pytest.param(b"HEAD /page HTTP/1.1", id="head"),
        pytest.param(b"get /page HTTP/1.1", id="lower-case-method"),
        pytest.param(b"CONNECT shop.example:443 HTTP/1.1", id="connect"),
        pytest.param(b"OPTIONS * HTTP/1.1", id="options"),
        pytest.param(b"GET * HTTP/1.1", id="asterisk"),
        pytest.param(b"GET javascript:alert(1) HTTP/1.1", id="script-scheme"),
        pytest.param(b"-", id="dash"),
        pytest.param(b"", id="empty"),
        pytest.param(b"GET", id="method-alone"),
        pytest.param(b"\\x16\\x03\\x01\\x02", id="tls-on-plain-port"),
        pytest.param(b"GET /style.css HTTP/1.1", id="style"),
        pytest.param(b"GET /a.js?v=/page HTTP/1.1", id="script-with-query"),
        pytest.param(b"GET http://shop.example/logo.png HTTP/1.1", id="absolute-picture"),
        pytest.param(b"GET /robots.txt HTTP/2.0", id="robots"),
    ],
)
def test_requests_that_are_no_page_views(request_line: bytes) -> None:
    assert read(line(request_line)) is None


@pytest.mark.parametrize(
    ("request_line", "url"),
    [
        pytest.param(b"GET /page HTTP/1.1", "/page", id="plain"),
        pytest.param(b"GET / HTTP/2.0", "/", id="http-2"),
        pytest.param(b"GET /page", "/page", id="http-0.9"),
        pytest.param(b"GET /a b HTTP/1.1", "/a b", id="space-in-target"),
        pytest.param(b"GET /p?f=a.css HTTP/1.1", "/p?f=a.css", id="asset-name-in-query"),
        pytest.param(
            b"GET https://shop.example/x HTTP/1.1", "https://shop.example/x", id="absolute"
        ),
        pytest.param(b"GET  /page  HTTP/1.1", "/page", id="spaces-around"),
        pytest.param(
            b"GET HTTP://shop.example/x HTTP/1.1", "HTTP://shop.example/x", id="capital-scheme"
        ),
        pytest.param(b"GET https://shop.example HTTP/1.1", "https://shop.example", id="host-alone"),
        pytest.param(b"GET /\\x22q\\x22 HTTP/1.1", '/"q"', id="nginx-quote"),
        pytest.param(b'GET /\\"q\\" HTTP/1.1', '/"q"', id="apache-quote"),
        pytest.param(b"GET /caf\\xc3\\xa9 HTTP/1.1", "/café", id="escaped-utf-8"),
        pytest.param("GET /café HTTP/1.1".encode(), "/café", id="raw-utf-8"),
        pytest.param(b"GET /\xff HTTP/1.1", "/\ufffd", id="not-utf-8"),
        pytest.param(b"GET /a\\\\b\\tc\\q HTTP/1.1", "/a\\b\tc\\q", id="other-escapes"),
    ],
)
def test_requests_that_are_page_views(request_line: bytes, url: str) -> None:
    assert viewed(line(request_line)).url == url


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (b"200", True),
        (b"304", True),
        (b"206", False),
        (b"301", False),
        (b"404", False),
        (b"500", False),
        (b"-", False),
        (b"2000", False),
    ],
)
def test_only_answered_pages_count(status: bytes, counts: bool) -> None:
    assert (read(line(status=status)) is not None) == counts


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(TIME, "2015-05-17T10:05:03+00:00", id="utc"),
        pytest.param(b"29/Feb/2024:23:59:59 -0730", "2024-02-29T23:59:59-07:30", id="offset"),
        pytest.param(b"01/Dec/2026:00:00:00 +1400", "2026-12-01T00:00:00+14:00", id="far-east"),
        pytest.param(b"29/Feb/2023:00:00:00 +0000", None, id="no-leap-year"),
        pytest.param(b"31/Apr/2023:00:00:00 +0000", None, id="no-such-day"),
        pytest.param(b"17/Mai/2015:10:05:03 +0000", None, id="another-language"),
        pytest.param(b"17/May/0000:10:05:03 +0000", None, id="year-zero"),
        pytest.param(b"17/May/2015:24:05:03 +0000", None, id="hour-24"),
        pytest.param(b"17/May/2015:10:05:60 +0000", None, id="leap-second"),
        pytest.param(b"17/May/2015:10:05:03 +9999", None, id="offset-too-far"),
        pytest.param(b"17/May/2015:10:05:03", None, id="no-offset"),
        pytest.param(b"2015-05-17T10:05:03+00:00", None, id="iso"),
        pytest.param(b"17/May/2\xb915:10:05:03 +0000", None, id="superscript-digit"),
    ],
)
def test_times(time: bytes, expected: str | None) -> None:
    event = read(line(time=time))
    assert (event and event.timestamp.isoformat()) == expected


@pytest.mark.parametrize(
    ("client", "address"),
    [
        pytest.param(b"192.0.2.7 - -", "192.0.2.7", id="ipv4"),
        pytest.param(b"2001:db8::80 - -", "2001:db8::80", id="ipv6"),
        pytest.param(b"dialup.example.net - -", "dialup.example.net", id="host-name"),
        pytest.param(b"192.0.2.7 - john smith", "192.0.2.7", id="user-with-space"),
        pytest.param(b"192.0.2.7 - [x] y", "192.0.2.7", id="user-with-brackets"),
        pytest.param(b"shop.example:443 192.0.2.7 - -", "192.0.2.7", id="virtual-host"),
        pytest.param(b"shop.example:443 2001:db8::1 - -", "2001:db8::1", id="virtual-host-ipv6"),
        pytest.param(b"shop.example 192.0.2.7 - -", "192.0.2.7", id="virtual-host-without-port"),
        pytest.param(b"shop.example ::1 - -", "::1", id="virtual-host-without-port-ipv6"),
        pytest.param(b"*:80 192.0.2.7 - -", "192.0.2.7", id="any-virtual-host"),
        pytest.param(b"[2001:db8::5]:443 192.0.2.7 - -", "192.0.2.7", id="address-as-host"),
        pytest.param(b"shop.example:443 a.example - -", "a.example", id="virtual-host-and-name"),
        pytest.param(b"192.0.2.7, 10.0.0.1 - -", "192.0.2.7,", id="chain-of-proxies"),
        pytest.param(b"\xef\xbb\xbf192.0.2.7 - -", "192.0.2.7", id="byte-order-mark"),
        pytest.param(b"  192.0.2.7 - -", "192.0.2.7", id="leading-space"),
    ],
)
def test_addresses(client: bytes, address: str) -> None:
    assert viewed(line(client=client)).ip == address


@pytest.mark.parametrize(
    ("tail", "referrer", "user_agent"),
    [
        pytest.param(b' "http://a.example/" "UA/1"', "http://a.example/", "UA/1", id="combined"),
        pytest.param(b' "-" "-"', None, None, id="absent"),
        pytest.param(b' "" ""', None, None, id="empty"),
        pytest.param(b"", None, None, id="common-format"),
        pytest.param(b' - "UA/1"', None, "UA/1", id="bare-dash"),
        pytest.param(b' "-" "UA/1" "203.0.113.9" 0.02', None, "UA/1", id="further-fields"),
        pytest.param(b' "-" "a\\"b\\\\"', None, 'a"b\\', id="escaped-quotes"),
        pytest.param(b' "-" "a"b"', None, None, id="broken-quotes"),
        pytest.param(b' "-" "cut off', None, None, id="cut-off"),
    ],
)
def test_headers(tail: bytes, referrer: str | None, user_agent: str | None) -> None:
    event = viewed(line(tail=tail))
    assert (event.referrer, event.user_agent) == (referrer, user_agent)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="blank"),
        pytest.param(b"\x00\xff\xfe" * 40, id="binary"),
        pytest.param(b"# a comment", id="comment"),
        pytest.param(b"192.0.2.7 - - [" + TIME + b"]", id="no-request"),
        pytest.param(b'192.0.2.7 - - [] "GET / HTTP/1.1" 200 1', id="no-time"),
        pytest.param(line()[: len(line()) // 2], id="half-a-line"),
        pytest.param(line(b"GET /" + b"a" * 100_000), id="100-kilobytes"),
    ],
)
def test_lines_that_do_not_parse(text: bytes) -> None:
    assert read(text) is None


def test_consent_and_site_come_from_the_operator() -> None:
    consent = Consent(analytics=True)
    event = event_of(line(), number=1, site="shop.example", consent=consent)
    assert event is not None
    assert (event.site, event.consent) == ("shop.example", consent)


def test_ids_repeat_with_the_file_and_differ_within_it() -> None:
    assert viewed(line()).event_id == viewed(line() + b"\r\n").event_id
    assert len({event.event_id for n in range(50) if (event := read(line(), n))}) == 50
    assert len(viewed(line()).event_id) == 16


@settings(max_examples=300, derandomize=True)
@given(st.binary(max_size=300), st.integers(0, 160))
def test_any_bytes_anywhere_are_read_without_an_exception(noise: bytes, at: int) -> None:
    whole = line()
    for text in (noise, whole[:at] + noise + whole[at:], line(noise), line(tail=noise)):
        event = read(text)
        assert event is None or event.url.startswith(("/", "http://", "https://"))


@settings(max_examples=200, derandomize=True)
@given(st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r'), min_size=1, max_size=80))
def test_a_user_agent_comes_through_as_it_was_sent(user_agent: str) -> None:
    expected = None if user_agent == "-" else user_agent
    assert viewed(line(tail=b' "-" "' + user_agent.encode() + b'"')).user_agent == expected


def test_the_real_log_agrees_with_an_independent_count(shared: Path) -> None:
    lines = gzip.decompress((shared / "data" / "apache_access_2015.log.gz").read_bytes())
    counted: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for number, text in enumerate(lines.splitlines(), start=1):
        if event := read(text, number):
            counted[event.timestamp.strftime("%d/%b/%Y:%H")] += 1
        # By position in the line, where the other side matches a pattern.
        words = text.decode("latin-1").split(" ")
        if words[5] == '"GET' and words[8] in {"200", "304"}:
            path = words[6].partition("?")[0]
            expected[words[3][1:15]] += not is_asset(path)
    assert +expected == counted
    assert 3000 < counted.total() < 5000
