"""Files to records, and ticks that make nothing late."""

from array import array
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.logs import events
from quietclicks.pipeline.logs.events import (
    NO_TIME,
    NOT_A_PAGE,
    UNREADABLE,
    Timeline,
    is_tick,
    plan,
    read_log,
    tick,
    timeline,
    vouch,
)
from quietclicks.pipeline.logs.formats import READERS
from quietclicks.pipeline.logs.request import Reading
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import Consent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason

HOUR = 3_600_000
DAY = 24 * HOUR
LATENESS = 900
PAGE = b'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "Browser"\n'
STYLE = PAGE.replace(b"GET /", b"GET /style.css")


def test_events_pass_as_they_are() -> None:
    lines = [b'{"a": 1}\r\n', b"\n", b"  \t\r\n", b"not json\n", b"\xff\xfe\n", b'{"b":2}']
    assert list(read_log(lines, "events", Reading("shop.example"))) == [
        b'{"a": 1}',
        b"not json",
        b"\xff\xfe",
        b'{"b":2}',
    ]


def test_what_a_logging_system_put_around_an_event_is_taken_off() -> None:
    lines = [b'\xef\xbb\xbf{"a":1}\n', b'<190>Oct 17 10:00:00 web1 nginx: {"b":2}\n']
    assert list(read_log(lines, "events", Reading("shop.example"))) == [b'{"a":1}', b'{"b":2}']


def read(*lines: bytes) -> list[bytes]:
    return list(read_log(lines, "combined", Reading("shop.example")))


def test_every_log_line_becomes_one_record() -> None:
    first, *others, last = read(PAGE, STYLE, b"\n", b"\xff", b"# x", PAGE)
    assert others == [NOT_A_PAGE, UNREADABLE, UNREADABLE]
    assert b'"event_id"' in first
    assert first != last  # the same line twice is two views


def test_a_line_that_is_too_long_is_not_read() -> None:
    assert read(PAGE.replace(b"GET /", b"GET /" + b"a" * 100_000)) == [UNREADABLE]


def test_a_comment_is_no_line_where_the_format_has_comments() -> None:
    lines = [b"#Version: 1.0\n", b"#Fields: date time\n", b"rubbish\n"]
    assert list(read_log(lines, "cloudfront", Reading("shop.example"))) == [UNREADABLE]


def test_a_log_line_is_decoded_as_what_was_read() -> None:
    consent = Consent(analytics=True)
    (value,) = read_log([PAGE], "combined", Reading("shop.example", consent))
    decoded = decode(value)
    assert isinstance(decoded, RawEvent)
    assert decoded.consent is not None
    assert decoded.consent.analytics
    assert (decoded.site, decoded.ip, decoded.url, decoded.user_agent) == (
        *("shop.example", "192.0.2.7", "/", "Browser"),
    )


@pytest.mark.parametrize(
    ("line", "reason"), [(STYLE, Reason.NOT_A_PAGE), (PAGE[:70], Reason.UNREADABLE_LINE)]
)
def test_what_becomes_no_event_carries_nothing_and_is_rejected_as_what_it_is(
    line: bytes, reason: Reason
) -> None:
    (value,) = read(line)
    assert b"192.0.2.7" not in value
    with pytest.raises(Rejected) as caught:
        decode(value)
    assert caught.value.reason is reason


def test_a_tick_is_one_for_the_pipeline() -> None:
    value = tick(1_431_857_700_123)
    assert decode(value) == Tick(timestamp=datetime(2015, 5, 17, 10, 15, 0, 123_000, tzinfo=UTC))
    assert is_tick(value)
    assert timeline([value], None).has_ticks


def test_a_tick_with_more_in_it_is_none_for_the_pipeline_nor_for_a_replay() -> None:
    value = b'{"type":"tick","timestamp":"2015-05-17T10:05:03Z","url":"/"}'
    with pytest.raises(Rejected):
        decode(value)
    assert not is_tick(value)
    found = timeline([value], None)
    assert not found.has_ticks
    assert list(found.times) == [NO_TIME]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b'{"timestamp":"2015-05-17T10:05:03Z"}', True, id="no-type"),
        pytest.param(b'{"type":null,"timestamp":"2015-05-17T10:05:03Z"}', True, id="null-type"),
        pytest.param(
            b'{"type":"pageview","timestamp":"2015-05-17T12:05:03+02:00"}', True, id="zone"
        ),
        pytest.param(b'{"type":"request","timestamp":"2015-05-17T10:05:03Z"}', False, id="request"),
        pytest.param(b'{"timestamp":"2015-05-17T10:05:03"}', False, id="no-zone"),
        pytest.param(b'{"timestamp":1431857103}', False, id="a-number"),
        pytest.param(b'{"type":"request"}', False, id="no-time"),
        pytest.param(b"[1]", False, id="no-object"),
        pytest.param(b"", False, id="empty"),
        pytest.param(b'{"x":' + b"[" * 9000, False, id="deep"),
        pytest.param(
            b'{"x":"' + b"a" * 70_000 + b'","timestamp":"2015-05-17T10:05:03Z"}', False, id="large"
        ),
    ],
)
def test_times_of_records(value: bytes, expected: bool) -> None:
    assert list(timeline([value], None).times) == [1_431_857_103_000 if expected else NO_TIME]
    assert not is_tick(value)


ANALYTICS = Consent(analytics=True)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'{"event_id":"1"}', id="absent"),
        pytest.param(b'{"event_id":"1","consent":null}', id="null"),
    ],
)
def test_an_operator_vouches_for_what_has_no_consent(value: bytes) -> None:
    vouched = msgspec.json.decode(vouch(value, ANALYTICS))
    assert vouched == {"event_id": "1", "consent": {"analytics": True, "partners": None}}


@pytest.mark.parametrize(
    "value",
    [
        b'{"event_id":"1","dnt":"1","dnt":"0"}',
        b'{"consent": null ,"event_id":"1","consent": null}',
        b'{"event_id":"1","consent":{"analytics":false},"consent":null}',
        rb'{"event_id":"1","\u0067pc":"1","gpc":null}',
    ],
)
def test_nobody_vouches_for_who_said_two_things(value: bytes) -> None:
    assert vouch(value, ANALYTICS) == value


def test_vouching_leaves_every_other_field() -> None:
    value = b'{"type":"pageview","timestamp":"2015-05-17T10:05:03Z","x":[1.0,{"y":null}]}'
    vouched = msgspec.json.decode(vouch(value, ANALYTICS))
    assert vouched.pop("consent") == {"analytics": True, "partners": None}
    assert vouched == msgspec.json.decode(value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'{"event_id":"1","consent":{"analytics":false}}', id="refused"),
        pytest.param(b'{"event_id":"1","consent":{}}', id="unknown-said-so"),
        pytest.param(b'{"event_id":"1","consent":7}', id="of-a-wrong-type"),
        pytest.param(b'{"consent":null,"consent":{"analytics":false}}', id="the-last-one-counts"),
        pytest.param(tick(5), id="tick"),
        pytest.param(b"not json", id="not-json"),
        pytest.param(b"[1]", id="no-object"),
        pytest.param(b"[" * 9000, id="deep"),
        pytest.param(b"", id="empty"),
    ],
)
def test_an_operator_does_not_overrule_a_visitor(value: bytes) -> None:
    assert vouch(value, ANALYTICS) == value


def event(at: str) -> bytes:
    return b'{"timestamp":"%b"}' % at.encode()


def test_the_first_pass_leaves_out_what_the_pipeline_will_not_accept() -> None:
    values = [
        event("1970-01-01T01:00:00Z"),
        event("1970-01-01T03:00:00Z"),
        event("1969-12-31T23:00:00Z"),
        event("1970-01-01T04:00:00.001Z"),
        event("1970-01-01T04:00:00Z"),
        b"junk",
    ]
    found = timeline(values, 4 * HOUR)
    assert list(found.times) == [HOUR, 3 * HOUR, NO_TIME, NO_TIME, 4 * HOUR, NO_TIME]
    assert not found.has_ticks
    assert timeline([*values, tick(5)], None).has_ticks
    assert list(timeline(values, None).times)[3] == 4 * HOUR + 1


def times(*at: int, has_ticks: bool = False) -> Timeline:
    return Timeline(times=array("q", at), has_ticks=has_ticks)


M = 60_000


@pytest.mark.parametrize(
    ("found", "latest", "expected"),
    [
        pytest.param(times(), None, [], id="nothing"),
        pytest.param(times(NO_TIME, NO_TIME), None, [], id="no-times"),
        pytest.param(times(HOUR), None, [(0, HOUR + 15 * M), (1, DAY + 15 * M)], id="one-record"),
        pytest.param(
            times(HOUR, 2 * HOUR, 2 * HOUR + 1, 5 * HOUR),
            None,
            [(0, 75 * M), (1, 135 * M), (3, 315 * M), (4, DAY + 15 * M)],
            id="in-order",
        ),
        pytest.param(
            times(HOUR, 3 * HOUR, 2 * HOUR, 3 * HOUR),
            None,
            [(0, 75 * M), (1, 135 * M), (3, 195 * M), (4, DAY + 15 * M)],
            id="a-straggler-holds-the-tick-back",
        ),
        pytest.param(
            times(5 * HOUR, 6 * HOUR, HOUR),
            None,
            [(0, 75 * M), (3, DAY + 15 * M)],
            id="the-oldest-last",
        ),
        pytest.param(
            times(HOUR, NO_TIME, 2 * HOUR),
            None,
            [(0, 75 * M), (1, 135 * M), (3, DAY + 15 * M)],
            id="records-without-time",
        ),
        pytest.param(
            times(23 * HOUR, DAY),
            None,
            [(0, 1395 * M), (1, DAY + 15 * M), (2, 2 * DAY + 15 * M)],
            id="over-midnight",
        ),
        pytest.param(
            times(HOUR, 2 * HOUR), 140 * M, [(0, 75 * M), (1, 135 * M), (2, 140 * M)], id="clock"
        ),
        pytest.param(
            times(HOUR, 2 * HOUR), 125 * M, [(0, 75 * M), (1, 125 * M)], id="clock-earlier"
        ),
        pytest.param(
            times(HOUR, NO_TIME, 2 * HOUR, has_ticks=True),
            None,
            [(0, 75 * M), (3, DAY + 15 * M)],
            id="own-ticks",
        ),
    ],
)
def test_plans(found: Timeline, latest: int | None, expected: list[tuple[int, int]]) -> None:
    assert plan(found, LATENESS, latest) == expected


moments = st.lists(
    st.one_of(st.just(NO_TIME), st.integers(0, 80 * HOUR)),
    max_size=60,
)


@settings(max_examples=400, derandomize=True)
@given(moments, st.sampled_from([0, 1, 900, 7200]), st.none() | st.integers(80 * HOUR, 200 * HOUR))
def test_no_record_is_ever_late_and_all_is_closed(
    at: list[int], lateness: int, latest: int | None
) -> None:
    ticks = plan(times(*at), lateness, latest)
    hours = {moment // HOUR for moment in at if moment != NO_TIME}
    watermark = None
    pending = list(ticks)
    for index, moment in enumerate([*at, NO_TIME]):
        while pending and pending[0][0] == index:
            watermark = pending.pop(0)[1] - lateness * 1000
        if moment != NO_TIME:
            assert watermark is not None  # no partition without a watermark
            assert moment // HOUR >= watermark // HOUR
    assert not pending
    assert len(ticks) <= len(hours) + 2
    assert [tick_time for _, tick_time in ticks] == sorted({tick_time for _, tick_time in ticks})
    if latest is not None:
        assert all(tick_time <= latest for _, tick_time in ticks)
    elif hours:
        assert watermark is not None
        assert watermark // DAY > max(hours) // 24


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.integers(0, 50 * HOUR), min_size=1, max_size=40))
def test_an_hour_is_closed_as_soon_as_nothing_more_can_come(at: list[int]) -> None:
    ticks = plan(times(*at), LATENESS, None)
    for index in range(len(at)):
        watermark = max(when for before, when in ticks if before <= index) - LATENESS * 1000
        assert watermark // HOUR == min(at[index:]) // HOUR


@settings(max_examples=300, derandomize=True)
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_any_lines_are_read_without_an_exception(lines: list[bytes]) -> None:
    values = list(read_log(lines, "events", Reading("shop.example")))
    assert len(timeline(values, 0).times) == len(values)
    for form in READERS:
        assert len(list(read_log(lines, form, Reading("shop.example")))) <= len(lines)


@pytest.mark.parametrize(
    ("ip", "believed"),
    [
        ("8.8.0.4, 10.0.0.1", "8.8.0.4"),
        ("9.9.9.9, 8.8.0.4:80, 10.0.0.1", "8.8.0.4"),
        ("8.8.0.4", "8.8.0.4"),
        ("10.0.0.1", "10.0.0.1"),
        ("a.example", "a.example"),
        (7, 7),
    ],
)
def test_of_a_list_in_an_event_the_trusted_part_is_believed(ip: object, believed: object) -> None:
    trusted = TrustedProxies.of("10.0.0.0/8")
    value = msgspec.json.encode({"event_id": "e", "ip": ip, "x": [1.0]})
    expected = {"event_id": "e", "ip": believed, "x": [1.0]}
    assert msgspec.json.decode(events.believe(value, trusted)) == expected
    for other in (b"{}", b"rubbish", b"[" * 5000, tick(0)):
        assert events.believe(other, trusted) == other


OURS = TrustedProxies.of("10.0.0.0/8")


@pytest.mark.parametrize(
    "fields",
    [
        b'"gpc":"1","gpc":"0"',
        rb'"\u0067pc":"1","gpc":null',
        b'"dnt":"1","x":{},"dnt":null',
        b'"consent":{"analytics":false},"consent":null',
        b'"tcf":"a","tcf":""',
    ],
)
@pytest.mark.parametrize("ip", [b"8.8.0.4, 10.0.0.1", b"8.8.0.4:80", b"8.8.0.4"])
def test_neither_option_nor_both_lose_what_was_said_twice(fields: bytes, ip: bytes) -> None:
    value = b'{"event_id":"1","ip":"%b",%b}' % (ip, fields)
    assert events.believe(value, OURS) == value
    assert vouch(events.believe(value, OURS), ANALYTICS) == value
    assert events.believe(vouch(value, ANALYTICS), OURS) == value


def test_an_event_whose_address_is_its_own_stays_as_it_is() -> None:
    value = b'{ "ip": "8.8.0.4", "event_id": "1" }'
    assert events.believe(value, OURS) == value


@pytest.mark.parametrize(
    ("ip", "unread"),
    [
        ("192.0.2.7:51234", 0),
        ("[2001:db8::1]:443", 0),
        (" 192.0.2.7 ", 0),
        ("192.0.2.7, 10.0.0.1", 1),
        ("192.0.2.7:x", 1),
        ("", 1),
    ],
)
def test_an_events_address_with_a_port_can_be_read(ip: str, unread: int) -> None:
    value = msgspec.json.encode({"timestamp": "2015-05-17T10:05:03Z", "ip": ip})
    assert timeline([value], None).unreadable_addresses == unread


def test_what_could_not_be_read_is_counted() -> None:
    seen = PAGE.replace(b"192.0.2.7", b"a.example")
    values = [*read(PAGE, seen, STYLE, b"rubbish"), b"\xff", b"{", b"{}", b"x" * 70_000, tick(0)]
    found = timeline(values, None)
    assert (found.events, found.unreadable) == (8, 4)
    assert (found.views, found.unreadable_addresses) == (2, 1)
