"""The first step: which bytes are an event, which a tick, and why all others are neither."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.raw import MAX_RECORD_BYTES, ExactEvent, RawEvent, Tick
from quietclicks.schemas.rejection import Reason
from tests.rows import each_row

EVENT = {
    "event_id": "e1",
    "site": "shop.example",
    "timestamp": "2026-09-22T10:00:00Z",
    "url": "https://shop.example/",
    "ip": "198.51.100.7",
}


def raw(**fields: object) -> bytes:
    """An event's bytes; a field given as `...` is left out."""
    return json.dumps({k: v for k, v in {**EVENT, **fields}.items() if v is not ...}).encode()


def padded(size: int) -> bytes:
    """A good event of exactly so many bytes."""
    return raw(user_agent="x" * (size - len(raw(user_agent=""))))


REJECTED = [
    ("no value", None, Reason.EMPTY),
    ("no bytes", b"", Reason.EMPTY),
    ("one byte too many", padded(MAX_RECORD_BYTES + 1), Reason.TOO_LARGE),
    ("1 MiB", b"x" * 2**20, Reason.TOO_LARGE),
    ("white space", b" \r\n", Reason.NOT_JSON),
    ("null byte", b"\x00", Reason.NOT_JSON),
    ("text", b"hello", Reason.NOT_JSON),
    ("null", b"null", Reason.NOT_JSON),
    ("a list", b"[]", Reason.NOT_JSON),
    ("a number", b"7", Reason.NOT_JSON),
    ("byte order mark", b"\xef\xbb\xbf" + raw(), Reason.NOT_JSON),
    ("UTF-16", raw().decode().encode("utf-16"), Reason.NOT_JSON),
    ("cut off", raw()[:-1], Reason.NOT_JSON),
    ("two values", raw() + raw(), Reason.NOT_JSON),
    ("single quotes", raw().replace(b'"', b"'"), Reason.NOT_JSON),
    ("trailing comma", raw()[:-1] + b",}", Reason.NOT_JSON),
    ("a raw null byte in a text", raw().replace(b"e1", b"e\x001"), Reason.NOT_JSON),
    ("half a surrogate pair", raw().replace(b"e1", b"\\ud800"), Reason.NOT_JSON),
    ("invalid UTF-8", raw().replace(b"e1", b"\xff"), Reason.NOT_UTF8),
    ("a surrogate in UTF-8", raw().replace(b"e1", b"\xed\xa0\x80"), Reason.NOT_UTF8),
    ("10,000 levels", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, Reason.TOO_DEEP),
    ("10,000 lists in a field", b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", Reason.TOO_DEEP),
    ("nothing in it", b"{}", Reason.INVALID),
    ("no id", raw(event_id=...), Reason.INVALID),
    ("null id", raw(event_id=None), Reason.INVALID),
    ("empty id", raw(event_id=""), Reason.INVALID),
    ("id too long", raw(event_id="x" * 65), Reason.INVALID),
    ("no site", raw(site=...), Reason.INVALID),
    ("empty site", raw(site=""), Reason.INVALID),
    ("site too long", raw(site="x" * 254), Reason.INVALID),
    ("no url", raw(url=...), Reason.INVALID),
    ("no ip", raw(ip=...), Reason.INVALID),
    ("a number for an ip", raw(ip=16909060), Reason.INVALID),
    ("a list for an agent", raw(user_agent=["x"]), Reason.INVALID),
    ("a list for DNT", raw(dnt=["1"]), Reason.INVALID),
    ("DNT in capitals", raw(DNT="1"), Reason.UNCLEAR_SIGNAL),
    ("DNT, also as it should be", raw(DNT="1", dnt="0"), Reason.UNCLEAR_SIGNAL),
    ("the header's name", raw(**{"Sec-GPC": "1"}), Reason.UNCLEAR_SIGNAL),
    ("with an underscore", raw(sec_gpc="1"), Reason.UNCLEAR_SIGNAL),
    ("in one word", raw(secGpc=None), Reason.UNCLEAR_SIGNAL),
    ("written out", raw(doNotTrack=1), Reason.UNCLEAR_SIGNAL),
    ("written out, too", raw(global_privacy_control=True), Reason.UNCLEAR_SIGNAL),
    ("consent in capitals", raw(Consent={"analytics": False}), Reason.UNCLEAR_SIGNAL),
    ("a consent string", raw(tc_string="C"), Reason.UNCLEAR_SIGNAL),
    ("an escaped name", raw()[:-1] + b',"D\\u004eT":"1"}', Reason.UNCLEAR_SIGNAL),
    ("a choice in capitals", raw(consent={"Analytics": False}), Reason.UNCLEAR_SIGNAL),
    ("a choice, another unlisted", raw(x=1, consent={"PARTNERS": 0}), Reason.UNCLEAR_SIGNAL),
    ("consent as a text", raw(consent="yes"), Reason.INVALID),
    ("consent as numbers", raw(consent={"analytics": 1}), Reason.INVALID),
    ("consent as texts", raw(consent={"analytics": "true"}), Reason.INVALID),
    ("type as a number", raw(type=1), Reason.INVALID),
    ("no time", raw(timestamp=...), Reason.INVALID),
    ("time without zone", raw(timestamp="2026-09-22T10:00:00"), Reason.BAD_TIMESTAMP),
    ("time as a number", raw(timestamp=1790000000), Reason.BAD_TIMESTAMP),
    ("time as null", raw(timestamp=None), Reason.BAD_TIMESTAMP),
    ("a date", raw(timestamp="2026-09-22"), Reason.BAD_TIMESTAMP),
    ("an empty time", raw(timestamp=""), Reason.BAD_TIMESTAMP),
    ("the 30th of February", raw(timestamp="2026-02-30T10:00:00Z"), Reason.BAD_TIMESTAMP),
    ("another format", raw(timestamp="Tue, 22 Sep 2026 10:00:00 GMT"), Reason.BAD_TIMESTAMP),
    ("another type", raw(type="click"), Reason.NOT_A_PAGE),
    ("another type, and nothing else", b'{"type":"request"}', Reason.NOT_A_PAGE),
    ("a line that was not read", b'{"type":"unreadable_line"}', Reason.UNREADABLE_LINE),
    ("the same with more", raw(type="unreadable_line", email="x"), Reason.UNREADABLE_LINE),
    ("a type in capitals", raw(type="PageView"), Reason.NOT_A_PAGE),
    ("another type, unlisted field", raw(type="click", email="x"), Reason.NOT_A_PAGE),
    ("both a tick and an event", raw(type="tick"), Reason.INVALID),
    ("a tick without time", b'{"type":"tick"}', Reason.INVALID),
    ("a tick without zone", b'{"type":"tick","timestamp":"2026-09-22T10:00:00"}',
     Reason.BAD_TIMESTAMP),
]  # fmt: skip


@each_row(("value", "reason"), [r[1:] for r in REJECTED], ids=[r[0] for r in REJECTED])
def test_rejected(value: bytes | None, reason: Reason) -> None:
    with pytest.raises(Rejected) as caught:
        decode(value)
    assert caught.value.reason is reason


ACCEPTED = [
    ("the least", raw(), {}),
    ("64 KiB", padded(MAX_RECORD_BYTES), {}),
    ("a page view by name", raw(type="pageview"), {"type": "pageview"}),
    ("null is absent", raw(user_agent=None, consent=None, type=None, dnt=None), {}),
    ("a number for DNT", raw(dnt=1), {"dnt": 1}),
    ("true for GPC", raw(gpc=True), {"gpc": True}),
    ("a fraction for GPC", raw(gpc=0.5), {"gpc": 0.5}),
    ("an id of 64", raw(event_id="x" * 64), {"event_id": "x" * 64}),
    ("white space around", b"\n " + raw() + b" \n", {}),
    ("escapes", raw().replace(b"e1", b"\\u0065\\u0000"), {"event_id": "e\x00"}),
    ("a key twice: the last", raw()[:-1] + b',"ip":"8.8.8.8"}', {"ip": "8.8.8.8"}),
    ("another zone", raw(timestamp="2026-09-22T12:00:00+02:00"), {}),
    ("a part of a second", raw(timestamp="2026-09-22T10:00:00.000Z"), {}),
]


@pytest.mark.parametrize(
    ("value", "fields"), [r[1:] for r in ACCEPTED], ids=[r[0] for r in ACCEPTED]
)
def test_accepted(value: bytes, fields: dict[str, object]) -> None:
    event = decode(value)
    assert type(event) is ExactEvent
    for name, wanted in {**EVENT, **fields}.items():
        if name != "timestamp":
            assert getattr(event, name) == wanted
    assert event.timestamp == datetime(2026, 9, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "extra",
    [
        b'"email":"x@example.com"',
        b'"":1',
        b'"a":{"b":[1,{}]}',
        b'"\\u0000":null',
        b'"URL":1',
        b'"dnt2":"1"',
        b'"consented":true',
        b'"consent":{"analytics":true,"marketing":false}',
    ],
)
def test_an_unlisted_field_is_dropped_and_told(extra: bytes) -> None:
    event = decode(raw()[:-1] + b"," + extra + b"}")
    assert type(event) is RawEvent
    kept = {n: getattr(event, n) for n in event.__struct_fields__} | {"consent": None}
    assert decode(raw()) == ExactEvent(**kept)


def test_a_tick() -> None:
    value = b'{"type":"tick","timestamp":"2026-09-22T10:00:00Z"}'
    assert decode(value) == Tick(datetime(2026, 9, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize("more", [{"host": "w1"}, {"email": {"a": 1}}, {"site": "shop.example"}])
def test_a_tick_with_anything_else_is_none(more: dict[str, object]) -> None:
    value = json.dumps({"type": "tick", "timestamp": "2026-09-22T10:00:00Z", **more}).encode()
    with pytest.raises(Rejected) as caught:
        decode(value)
    assert caught.value.reason is Reason.INVALID


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
names = st.sampled_from([*EVENT, "type", "consent", "user_agent", "x"])


@settings(max_examples=400, derandomize=True, deadline=None)
@given(
    st.binary(max_size=80)
    | st.dictionaries(names, json_values).map(lambda d: json.dumps({**EVENT, **d}).encode())
    | st.tuples(st.integers(0, 150), st.binary(max_size=3)).map(
        lambda cut: raw()[: cut[0]] + cut[1] + raw()[cut[0] :]
    )
)
def test_any_bytes_give_an_event_a_tick_or_a_reason(value: bytes) -> None:
    try:
        item = decode(value)
    except Rejected as rejected:
        assert rejected.reason in Reason  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(item, RawEvent | Tick)
        assert item.timestamp.tzinfo is not None
