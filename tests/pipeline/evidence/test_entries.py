"""Entries: what they say, what they can never say, and bytes that stay as they are."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from quietclicks.pipeline.evidence.entries import (
    MAX_BYTES,
    Entry,
    EntryError,
    after,
    decode,
    encode,
    link,
)
from quietclicks.pipeline.evidence.kinds import (
    KINDS,
    NAMES,
    Body,
    KeyCut,
    Refusal,
    Request,
    WindowReleased,
    Withheld,
    Workers,
)
from quietclicks.pipeline.evidence.tree import FIRST_PREV, leaf_hash
from tests.pipeline.evidence.made import FIRST_DAY, audit, life, midnight, others, said, window
from tests.rows import each_row

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = midnight(FIRST_DAY)
# Of every kind one, each with a time that it may have.
EXAMPLES: dict[str, tuple[datetime, Body]] = {
    NAMES[type(body)]: (time, body)
    for time, body in [
        *said(random.Random(1), 4)[:1],
        *life(FIRST_DAY, 0),
        (NOON, window(DAY, days=True)),
        (NOON, audit()),
        *others(FIRST_DAY),
    ]
}


def entry(time: datetime, body: Body) -> Entry:
    return Entry(0, FIRST_PREV, time, "0.1.0", body)


def test_every_kind_has_an_example_and_a_name() -> None:
    assert EXAMPLES.keys() == KINDS.keys()
    assert set(get_args(Body)) == set(KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_comes_back(kind: str) -> None:
    told = entry(*EXAMPLES[kind])
    data = encode(told)
    assert decode(data) == told
    assert encode(decode(data)) == data


@pytest.mark.parametrize("kind", KINDS)
def test_its_bytes_are_one_line_of_sorted_json_without_spaces(kind: str) -> None:
    data = encode(entry(*EXAMPLES[kind]))
    plain = json.loads(data)
    assert json.dumps(plain, sort_keys=True, separators=(",", ":")).encode() == data
    assert list(plain) == ["body", "i", "kind", "prev", "time", "version"]
    assert plain["kind"] == kind


def test_the_bytes_of_one() -> None:
    told = Entry(7, "a" * 64, DAY, "0.1.0", Refusal(verb="access", reason="no_match"))
    assert encode(told) == (
        b'{"body":{"reason":"no_match","verb":"access"},"i":7,"kind":"refusal","prev":"'
        + b"a" * 64
        + b'","time":"2026-11-01T00:00:00Z","version":"0.1.0"}'
    )


def test_entries_follow_one_another() -> None:
    first = encode(entry(*EXAMPLES["audit"]))
    assert (after(None).i, after(None).prev) == (0, "0" * 64)
    assert (after(first).i, after(first).prev) == (1, leaf_hash(first).hex())
    assert link(first) == after(None)


PERSONAL = [
    *("ada@example.org", "203.0.113.7", "2001:db8::1", "Ada Lovelace", "ada lovelace", "Ada"),
    *("+44 20 7946 0958", "Mozilla/5.0 (X11; Linux)", "/user/ada", "https://shop.example/?q=ada"),
    *("p_3f2a9c", "", "a\n", "☃", "a" * 300),
]


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every text in an entry."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts(each, (*path, index))
    elif isinstance(value, str):
        yield path


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_an_entry_can_be_about_a_person(kind: str) -> None:
    plain = json.loads(encode(entry(*EXAMPLES[kind])))
    paths = list(texts(plain))
    assert paths
    for path in paths:
        for personal in PERSONAL:
            changed = json.loads(json.dumps(plain))
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = personal
            with pytest.raises(EntryError) as told:
                decode(json.dumps(changed, ensure_ascii=False).encode())
            assert not personal.strip() or personal not in str(told.value)


@each_row("kind", KINDS)
@each_row("inside", [False, True], ids=["beside", "inside"])
def test_nothing_else_stands_in_an_entry(kind: str, inside: bool) -> None:
    plain = json.loads(encode(entry(*EXAMPLES[kind])))
    (plain["body"] if inside else plain)["ada@example.org"] = 1
    with pytest.raises(EntryError) as told:
        decode(json.dumps(plain).encode())
    assert "ada" not in str(told.value)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_an_entry_is_left_out(kind: str) -> None:
    plain = json.loads(encode(entry(*EXAMPLES[kind])))
    for place in (plain, plain["body"]):
        for name in place.keys() - {"audit_every_days"}:
            kept = place.pop(name)
            with pytest.raises(EntryError):
                decode(json.dumps(plain).encode())
            place[name] = kept


@pytest.mark.parametrize("body", [Request(verb="erase", state="open"), EXAMPLES["refusal"][1]])
def test_what_one_person_asked_for_has_a_day_and_no_hour(body: Body) -> None:
    assert decode(encode(entry(DAY, body))).time == DAY
    for late in (timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)):
        with pytest.raises(EntryError, match="is a day"):
            encode(entry(DAY + late, body))


def test_of_a_request_only_what_and_how_far_is_told() -> None:
    assert Request.__struct_fields__ == ("verb", "state")
    assert Refusal.__struct_fields__ == ("verb", "reason")


@pytest.mark.parametrize(
    ("window", "start"),
    [
        ("PT1H", NOON + timedelta(minutes=1)),
        ("PT1H", NOON + timedelta(microseconds=1)),
        ("P1D", NOON),
    ],
)
def test_windows_start_where_windows_start(window: Any, start: datetime) -> None:
    with pytest.raises(ValueError, match="starts at"):
        WindowReleased(window=window, start=start, records=0, hash="0" * 64, later={})
    plain = json.loads(encode(entry(NOON, EXAMPLES["window"][1])))
    plain["body"].update(window=window, start=start.isoformat())
    with pytest.raises(EntryError, match="window cannot be read"):
        decode(json.dumps(plain).encode())


def test_what_is_withheld_is_rounded() -> None:
    with pytest.raises(ValueError, match="rounded"):
        Withheld(day=FIRST_DAY, views_about=41, nearest=10)


def test_a_cut_tells_no_position() -> None:
    """Where a topic of events begins, day after day, counts the visits of who agreed, exactly."""
    positions = {"day": "2026-11-01", "gone": "2026-11-04T00:00:00Z", "topics": []}
    begins = [{"topic": "clickstream.partners.p", "offsets": [41]}]
    plain = json.loads(encode(entry(NOON, KeyCut(day=FIRST_DAY, topics=(), gone=NOON))))
    decode(json.dumps({**plain, "body": positions}).encode())
    for body in ({**positions, "topics": begins}, {**positions, "offsets": [41]}):
        with pytest.raises(EntryError):
            decode(json.dumps({**plain, "body": body}).encode())


def test_no_entry_is_too_long() -> None:
    cuts = [f"clickstream.partners.p{each}" for each in range(2500)]
    told = KeyCut(day=FIRST_DAY, topics=tuple(cuts), gone=NOON)
    with pytest.raises(EntryError, match="at most 65,535"):
        encode(entry(NOON, told))
    fits = KeyCut(day=FIRST_DAY, topics=tuple(cuts[:900]), gone=NOON)
    data = encode(entry(NOON, fits))
    assert decode(data).body == fits
    assert decode(data + b" " * (MAX_BYTES - len(data))).body == fits
    with pytest.raises(EntryError, match="at most 65,535"):
        decode(data + b" " * (MAX_BYTES - len(data) + 1))


@pytest.mark.parametrize(
    ("time", "body"),
    [
        (NOON, Workers(hour=NOON, starts=-1, stops=0, versions=(), end=3)),
        (NOON, Workers(hour=NOON, starts=2**53, stops=0, versions=(), end=3)),
        (NOON, Workers(hour=NOON, starts=0, stops=0, versions=("shop.example",), end=3)),
        (NOON, Workers(hour=datetime(2026, 1, 1), starts=0, stops=0, versions=(), end=3)),
        (datetime(2026, 1, 1), audit()),
        (NOON.astimezone(timezone(timedelta(hours=1))), audit()),
        (NOON, Request(verb="spy", state="open")),  # type: ignore[arg-type]
        (NOON, structs.replace(audit(), outcome="fine")),
        (NOON, structs.replace(audit(), report="0" * 63)),
        (NOON, structs.replace(audit(), not_checked=-1)),
    ],
    ids=str,
)
def test_what_is_not_written(time: datetime, body: Body) -> None:
    with pytest.raises(EntryError):
        encode(entry(time, body))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"\xff", "ASCII"),
        (b'{"i":"\\u0061"}', "without escapes"),
        (b"[" * 60_000, "cannot be read"),
        (
            b'{"body":{},"i":3,"kind":"gossip","prev":"%s","time":"2026-11-01T00:00:00Z",'
            b'"version":"0.1.0"}' % (b"0" * 64),
            "entry 3 is of a kind that this version does not",
        ),
        (b'{"body":{},"i":-1,"kind":"audit","prev":"0","time":"x","version":"0"}', "read: i"),
        (
            b'{"body":{"name":1},"i":3,"kind":"audit","prev":"%s","time":"2026-11-01T00:00:00Z",'
            b'"version":"0.1.0"}' % (b"0" * 64),
            "entry 3: its audit cannot be read: name",
        ),
    ],
    ids=["nothing", "list", "bytes", "escape", "deep", "kind", "index", "body"],
)
def test_an_error_names_the_field(data: bytes, says: str) -> None:
    with pytest.raises(EntryError, match=says):
        decode(data)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_nothing_but_an_entry_error_comes_of_hostile_bytes(data: bytes) -> None:
    for read in (decode, link):
        with pytest.raises(EntryError):
            read(data)


def test_bodies_are_closed_and_frozen() -> None:
    for struct in KINDS.values():
        config = struct.__struct_config__
        assert config.frozen
        assert config.forbid_unknown_fields
