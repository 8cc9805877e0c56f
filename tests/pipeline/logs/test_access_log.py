"""Log lines as real servers and hostile clients make them."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.pipeline.fields.bots import is_bot
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.logs import access_log
from quietclicks.schemas.raw import NOT_LOGGED, RawEvent
from quietclicks.schemas.rejection import Reason
from tests.pipeline.logs.lines import FIREFOX, read, viewed
from tests.rows import each_row

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
        pytest.param(b"GET /thumb/" + b"a" * 2100 + b".png?x HTTP/1.1", id="a-long-name"),
    ],
)
def test_requests_that_are_no_page_views(request_line: bytes) -> None:
    assert read(line(request_line)) is Reason.NOT_A_PAGE


@each_row(
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
        pytest.param(b"GET /\xff?q=m\xf6bel HTTP/1.1", "/%FF?q=m%F6bel", id="not-utf-8"),
        pytest.param(b"GET /?q=m\\xF6bel HTTP/1.1", "/?q=m%F6bel", id="nginx-not-utf-8"),
        pytest.param(b"GET /a\\\\b\\tc\\q HTTP/1.1", "/a\\b\tc\\q", id="other-escapes"),
        pytest.param(b'GET /s?q="tea" HTTP/1.1', '/s?q="tea"', id="unescaped-quotes"),
        pytest.param(b"GET /page HTTP/3.0", "/page", id="http-3"),
        pytest.param(b"GET /page HTTP/3", "/page", id="http-3-in-short"),
        pytest.param(b"GET /a\\ HTTP/1.1", "/a\\", id="backslash-before-the-space"),
        pytest.param(
            b"GET http://www.google.com/search?q=red HTTP/1.1",
            "http://www.google.com/search?q=red",
            id="another-host",
        ),
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
        (b"599", False),
    ],
)
def test_only_answered_pages_count(status: bytes, counts: bool) -> None:
    event = read(line(status=status))
    assert isinstance(event, RawEvent) if counts else event is Reason.NOT_A_PAGE


@pytest.mark.parametrize("status", [b"-", b"2000", b"20", b"ok", b'"200"'])
def test_what_is_no_status_is_not_read(status: bytes) -> None:
    assert read(line(status=status)) is Reason.UNREADABLE_LINE


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
        pytest.param(b"2015-05-17T10:05:03+00:00", "2015-05-17T10:05:03+00:00", id="rfc-3339"),
        pytest.param(b"2015-05-17T10:05:03Z", "2015-05-17T10:05:03+00:00", id="zulu"),
        pytest.param(b"2015-05-17T10:05:03", None, id="rfc-3339-without-offset"),
        pytest.param(
            b"17/May/2015:10:05:03.123 +0000", "2015-05-17T10:05:03+00:00", id="milliseconds"
        ),
        pytest.param(b"17/May/2\xb915:10:05:03 +0000", None, id="superscript-digit"),
    ],
)
def test_times(time: bytes, expected: str | None) -> None:
    event = read(line(time=time))
    at = event.timestamp.isoformat() if isinstance(event, RawEvent) else None
    assert at == expected
    assert at is not None or event is Reason.UNREADABLE_LINE


@each_row(
    ("client", "address"),
    [
        pytest.param(b"192.0.2.7 - -", "192.0.2.7", id="ipv4"),
        pytest.param(b"2001:db8::80 - -", "2001:db8::80", id="ipv6"),
        pytest.param(b"dialup.example.net - -", "", id="host-name"),
        pytest.param(b"- - -", "", id="dash"),
        pytest.param(b"unknown - -", "", id="unknown"),
        pytest.param(b"192.0.2.7:51234 - -", "192.0.2.7", id="port"),
        pytest.param(b"[2001:db8::80]:51234 - -", "2001:db8::80", id="port-ipv6"),
        pytest.param(b"[2001:db8::80] - -", "2001:db8::80", id="brackets"),
        pytest.param(b'"192.0.2.7" - -', "192.0.2.7", id="in-quotes"),
        pytest.param(b"192.0.2.7", "192.0.2.7", id="no-ident"),
        pytest.param(b"192.0.2.7 -", "192.0.2.7", id="no-user"),
        pytest.param(b"192.0.2.7  -  -", "192.0.2.7", id="several-spaces"),
        pytest.param(b"192.0.2.7 - a, b", "192.0.2.7", id="user-with-comma"),
        pytest.param(b"Oct 17 10:00:00 web1 192.0.2.7 - -", "192.0.2.7", id="syslog-without-tag"),
        pytest.param(b"10.0.0.1 192.0.2.7 - -", "", id="two-addresses"),
        pytest.param(b"10.0.0.1:51234 192.0.2.7 - -", "", id="two-addresses-with-port"),
        pytest.param(b"10.0.0.1:443 192.0.2.7 - -", "192.0.2.7", id="host-without-a-name"),
        pytest.param(b"shop.example 192.0.2.7:51234 - -", "192.0.2.7", id="virtual-host-and-port"),
        pytest.param(b"9f3c 192.0.2.7 - -", "192.0.2.7", id="one-field-before"),
        pytest.param(b"192.0.2.7 - john smith", "192.0.2.7", id="user-with-space"),
        pytest.param(b"192.0.2.7 - [x] y", "192.0.2.7", id="user-with-brackets"),
        pytest.param(b"shop.example:443 192.0.2.7 - -", "192.0.2.7", id="virtual-host"),
        pytest.param(b"shop.example:443 2001:db8::1 - -", "2001:db8::1", id="virtual-host-ipv6"),
        pytest.param(b"shop.example 192.0.2.7 - -", "192.0.2.7", id="virtual-host-without-port"),
        pytest.param(b"shop.example ::1 - -", "::1", id="virtual-host-without-port-ipv6"),
        pytest.param(b"*:80 192.0.2.7 - -", "192.0.2.7", id="any-virtual-host"),
        pytest.param(b"[2001:db8::5]:443 192.0.2.7 - -", "192.0.2.7", id="address-as-host"),
        pytest.param(b"shop.example:443 a.example - -", "", id="virtual-host-and-name"),
        pytest.param(b"192.0.2.7, 10.0.0.1 - -", "", id="forwarded-list"),
        pytest.param(b"192.0.2.7,10.0.0.1 - -", "", id="forwarded-list-without-space"),
        pytest.param(b'"192.0.2.7, 10.0.0.1" - -', "", id="forwarded-list-in-quotes"),
        pytest.param(b"shop.example:80 192.0.2.7, 10.0.0.1 - -", "", id="virtual-host-and-list"),
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
        pytest.param(b' - "UA/1"', None, "UA/1", id="bare-dash"),
        pytest.param(b' "http://a.example/" -', "http://a.example/", None, id="bare-dash-behind"),
        pytest.param(b' 0.003 "-" "UA/1"', None, "UA/1", id="a-field-before"),
        pytest.param(b' 0.003 - "-" "UA/1"', None, "UA/1", id="two-fields-before"),
        pytest.param(b' "-" "-" "UA/1"', None, "UA/1", id="a-quoted-field-before"),
        pytest.param(
            b' "gzip" "http://a.example/" "UA/1"', "http://a.example/", "UA/1", id="another"
        ),
        pytest.param(b' - "-" "Some agent"', None, "Some agent", id="an-agent-of-no-usual-form"),
        pytest.param(b' "-" "-" "203.0.113.9"', None, None, id="absent-with-address-behind"),
        pytest.param(b' "-" "UA/1" "-"', None, "UA/1", id="nginx-main"),
        pytest.param(b' "-" "UA/1" "203.0.113.9" 0.02', None, "UA/1", id="further-fields"),
        pytest.param(b' "-" "a\\"b\\\\"', None, 'a"b\\', id="escaped-quotes"),
        pytest.param(b' "-" "a"b"', None, 'a"b', id="unescaped-quote"),
        pytest.param(b' "-" "A "B" c" 0.02', None, 'A "B" c', id="unescaped-quotes"),
        pytest.param(b' "http://a/?q="x"" "A"', 'http://a/?q="x"', "A", id="quoted-query"),
        pytest.param(b' "-" "a\\"', None, "a\\", id="backslash-at-the-end"),
    ],
)
def test_headers(tail: bytes, referrer: str | None, user_agent: str | None) -> None:
    event = viewed(line(tail=tail))
    assert (event.referrer, event.user_agent) == (referrer, user_agent)


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b"", id="common-format"),
        pytest.param(b" 0.003", id="common-format-and-more"),
        pytest.param(b" - -", id="bare-dashes"),
        pytest.param(b' "-" "cut off', id="cut-off"),
        pytest.param(b' "http://a.example/"', id="no-agent"),
        pytest.param(b' "UA/1"', id="no-referrer"),
        pytest.param(b' "192.0.2.8" "UA/1"', id="an-address-for-the-referrer"),
        pytest.param(b' "1.1.1.1, 192.0.2.8" "UA/1"', id="a-list-for-the-referrer"),
        pytest.param(b' "2001:db8::1" "UA/1" "x"', id="an-ipv6-address-for-the-referrer"),
        pytest.param(b' "-" "192.0.2.8"', id="an-address-for-the-agent"),
        pytest.param(b' "-" "unknown, 192.0.2.8:80"', id="a-list-for-the-agent"),
        pytest.param(b' "9f3c1a" "UA/1" "shop.example"', id="an-id-for-the-referrer"),
        pytest.param(b' "UA/1" "-"', id="the-other-way-round"),
        pytest.param(b' "UA/1" "http://a.example/"', id="the-other-way-round-with-referrer"),
        pytest.param(b' "-" "a" "b" c"', id="unescaped-quotes-like-fields"),
    ],
)
def test_who_cannot_be_told_to_have_an_agent_is_no_bot(tail: bytes) -> None:
    assert read(line(tail=tail)) is Reason.UNREADABLE_LINE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(line(tail=b' "-" "' + FIREFOX.encode() + b'"'), id="plain"),
        pytest.param(b'"' + line(tail=b' "-" "' + FIREFOX.encode() + b'""'), id="litespeed"),
        pytest.param(b'"' + line(tail=b' "-" "' + FIREFOX.encode() + b'"'), id="the-first-quote"),
        pytest.param(
            b'"' + line(tail=b' "-" "' + FIREFOX.encode() + b'"').replace(b'"', b'\\"') + b'"',
            id="escaped-inside",
        ),
        pytest.param(
            b'"' + line(tail=b' "-" "' + FIREFOX.encode() + b'"').replace(b'"', b'""') + b'"',
            id="doubled-inside",
        ),
        pytest.param(
            b'"shop.example ' + line(tail=b' "-" "' + FIREFOX.encode() + b'" "shop.example""'),
            id="with-its-host",
        ),
    ],
)
def test_a_line_in_quotes(text: bytes) -> None:
    event = viewed(text)
    assert (event.ip, event.user_agent, event.referrer) == ("192.0.2.7", FIREFOX, None)
    assert event.url.endswith("/page")


@pytest.mark.parametrize(
    ("client", "url"),
    [
        pytest.param(b"shop.example:443", "https://shop.example/page", id="port-443"),
        pytest.param(b"blog.example:80", "http://blog.example/page", id="port-80"),
        pytest.param(b"blog.example", "http://blog.example/page", id="without-port"),
        pytest.param(b"*:80", "/page", id="any"),
        pytest.param(b"_", "/page", id="nginx-default"),
        pytest.param(b"-", "/page", id="none"),
        pytest.param(b"localhost:80", "http://localhost/page", id="no-domain"),
        pytest.param(b"10.0.0.1:80", "http://10.0.0.1/page", id="address"),
        pytest.param(b"[::1]:443", "https://[::1]/page", id="ipv6"),
        pytest.param(b"staging", "http://staging/page", id="another-name"),
        pytest.param(b"my_a.example", "http://my_a.example/page", id="underscore"),
        pytest.param("münchen.example".encode(), "http://m%C3%BCnchen.example/page", id="umlaut"),
        pytest.param(b"0.003", "http://0.003/page", id="a-number"),
    ],
)
def test_the_virtual_host_says_whose_page_it_is(client: bytes, url: str) -> None:
    event = viewed(line(client=client + b" 192.0.2.7 - -"))
    assert (event.ip, event.url) == ("192.0.2.7", url)


def test_tabs_between_the_fields() -> None:
    tabs = line(b"GET /a\\tb HTTP/1.1").replace(b"] ", b"]\t").replace(b'" ', b'"\t')
    event = viewed(tabs.replace(b" - - [", b"\t-\t-\t["))
    assert (event.ip, event.url, event.user_agent) == ("192.0.2.7", "/a\tb", "Browser")


def test_an_absolute_target_is_not_put_behind_the_virtual_host() -> None:
    asked = line(b"GET http://other.example/ HTTP/1.1", client=b"shop.example:80 192.0.2.7 - -")
    assert viewed(asked).url == "http://other.example/"


def test_a_common_line_counts_where_the_operator_says_so() -> None:
    common = line(tail=b"")
    assert read(common, "common") is Reason.UNREADABLE_LINE
    event = read(common, "common", without_agents=True)
    assert isinstance(event, RawEvent)
    assert event.user_agent == NOT_LOGGED
    assert not is_bot(event.user_agent)
    assert read(line(), "common") is Reason.UNREADABLE_LINE  # it has headers: something is wrong


OURS = TrustedProxies.of("10.0.0.0/8")


@pytest.mark.parametrize(
    ("client", "tail", "address"),
    [
        pytest.param(b"192.0.2.7, 10.0.0.1 - -", b"", "192.0.2.7", id="list"),
        pytest.param(b"1.1.1.1, 192.0.2.7, 10.0.0.1 - -", b"", "192.0.2.7", id="forged"),
        pytest.param(b"10.0.0.1 - -", b' "192.0.2.7"', "192.0.2.7", id="behind-the-agent"),
        pytest.param(b"10.0.0.1 - -", b' "1.1.1.1, 192.0.2.7"', "192.0.2.7", id="forged-behind"),
        pytest.param(b"192.0.2.7 - -", b' "1.1.1.1"', "192.0.2.7", id="past-the-proxy"),
        pytest.param(b"10.0.0.1 - -", b' "-"', "", id="nothing-forwarded"),
        pytest.param(b"10.0.0.1 - -", b' "gzip" "192.0.2.7"', "192.0.2.7", id="another-field"),
        pytest.param(b"10.0.0.1 - -", b' "unknown, 10.0.0.2"', "", id="unknown"),
        pytest.param(b"10.0.0.1 - -", b' "1.1.1.1" "192.0.2.7"', "", id="two-fields"),
        pytest.param(b"10.0.0.1 - -", b' "192.0.2.7" "10.0.0.2:80"', "", id="and-the-server"),
        pytest.param(b"10.0.0.1 - -", b' "1.1.1.1, 192.0.2.7" "gzip" "::1"', "", id="apart"),
        pytest.param(b"10.0.0.1 - -", b' "-" "192.0.2.7" ""', "192.0.2.7", id="one-of-three"),
        pytest.param(b"192.0.2.7 - -", b' "1.1.1.1" "8.8.0.4"', "192.0.2.7", id="two-unneeded"),
    ],
)
def test_forwarded_addresses_of_proxies_that_are_the_operators(
    client: bytes, tail: bytes, address: str
) -> None:
    assert viewed(line(client=client, tail=b' "-" "UA/1"' + tail), trusted=OURS).ip == address


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
        pytest.param(b'- - - [-] "-" - - "-" "-"', id="dashes"),
    ],
)
def test_lines_that_do_not_parse(text: bytes) -> None:
    assert read(text) is Reason.UNREADABLE_LINE


def test_ids_repeat_with_the_file_and_differ_within_it() -> None:
    assert viewed(line()).event_id == viewed(line() + b"\r\n").event_id
    events = [read(line(), number=number) for number in range(50)]
    assert len({event.event_id for event in events if isinstance(event, RawEvent)}) == 50
    assert len(viewed(line()).event_id) == 16


@settings(max_examples=300, derandomize=True)
@given(st.binary(max_size=300), st.integers(0, 160))
def test_any_bytes_anywhere_are_read_without_an_exception(noise: bytes, at: int) -> None:
    whole = line()
    for text in (noise, whole[:at] + noise + whole[at:], line(noise), line(tail=noise)):
        event = read(text)
        assert isinstance(event, Reason) or event.url.startswith(("/", "http://", "https://"))


@settings(max_examples=200, derandomize=True)
@given(st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r'), min_size=1, max_size=80))
def test_a_user_agent_comes_through_as_it_was_sent(user_agent: str) -> None:
    assume("://" not in user_agent)  # a URL may be a referrer that stands in its place
    expected = None if user_agent == "-" else user_agent
    assert viewed(line(tail=b' "-" "' + user_agent.encode() + b'"')).user_agent == expected


@given(
    client=st.sampled_from(
        [b"8.8.0.4 - -", b"::1 - john", b"cafe - -", b"8.8.0.4 - a b", b"1.2 - -"]
    ),
    request_line=st.text('GET /a?\\"xn HTP1.', max_size=20).map(str.encode),
    status=st.sampled_from([b"200", b"404", b"20"]),
    size=st.sampled_from([b"5", b"-", b"x"]),
    headers=st.lists(st.text('-Mozila/5.0 htp:"\\', max_size=12).map(str.encode), max_size=3),
)
def test_usual_lines_are_read_as_all_others_are(
    client: bytes, request_line: bytes, status: bytes, size: bytes, headers: list[bytes]
) -> None:
    tail = b"".join(b' "' + each + b'"' for each in headers)
    text = line(request_line, client=client, status=status, tail=tail).replace(b" 512", b" " + size)
    assert access_log.read_combined(text) == access_log._read(text, has_agent=True)


def test_the_real_log_agrees_with_an_independent_count(shared: Path) -> None:
    lines = gzip.decompress((shared / "data" / "apache_access_2015.log.gz").read_bytes())
    counted: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for number, text in enumerate(lines.splitlines(), start=1):
        event = read(text, number=number)
        assert access_log.read_combined(text) == access_log._read(text, has_agent=True)
        if isinstance(event, RawEvent):
            counted[event.timestamp.strftime("%d/%b/%Y:%H")] += 1
        # By position in the line, where the other side matches a pattern.
        words = text.decode("latin-1").split(" ")
        # One line is cut off in its user agent.
        whole = text.endswith(b'"')
        if whole and words[5] == '"GET' and words[8] in {"200", "304"}:
            path = words[6].partition("?")[0]
            expected[words[3][1:15]] += not is_asset(path)
    assert +expected == counted
    assert 3000 < counted.total() < 5000
