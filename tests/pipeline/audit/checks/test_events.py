"""Events, rejections and published values: ours are as they must be, and a change is found."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.audit.checks.cuts import CutScan
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.pseudonyms import PseudonymScan
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.audit.patterns import MAX_LOOKED_AT, personal
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, text
from quietclicks.pipeline.dry_run.offline import Public
from quietclicks.pipeline.policy import EventsPolicy, Policy
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.schemas import topics
from tests.pipeline.audit.passed_on import (
    EVERY_FIELD,
    canary_log,
    changed,
    events,
    numbers,
    run,
    shop,
)
from tests.rows import each_row

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
ANALYSTS, PARTNER = topics.PSEUDONYMISED, topics.PARTNERS + "adreach"


def looked_at(
    records: list[Public], headers: int = 0, policy: Policy = EVERY_FIELD, at_ms: int = 9
) -> Finding:
    """Written at `at_ms`, where the policy is in force since 5."""
    scan = EventScan(policy, since_ms=5)
    for offset, (topic, key, value) in enumerate(records):
        where = f"{topic}[0]@{offset}"
        if topic.startswith((ANALYSTS, topics.PARTNERS)):
            scan.event(where, topic, ListedRecord(offset, at_ms, key, value), headers)
        elif topic == topics.REJECTED:
            scan.rejection(where, key, value, headers)
        elif topic in topics.PUBLISHED:
            scan.number(where, key, value)
    return scan.finding()


def one(topic: str = ANALYSTS) -> Public:
    return next(each for each in events() if each.topic == topic)


def test_what_the_pipeline_writes_is_as_it_must_be() -> None:
    found = looked_at(list(shop()))
    assert found.outcome is HELD, found.problems
    assert "numbers" in found.says
    assert looked_at([]).outcome is NOT
    assert looked_at([Public(ANALYSTS, None, None)]).outcome is NOT  # it closes a segment


def test_whatever_was_typed_and_sent() -> None:
    found = looked_at(run(canary_log()))
    assert found.outcome is HELD, found.problems


NETWORK_OF_MORE = "198.51.100.0/25"


@each_row(
    ("fields", "says"),
    [
        ({"page": "/from/203.0.113.77"}, "page: an IPv4 address"),
        ({"page": "/from/203%2E0.113.77"}, "page: an IPv4 address"),
        ({"page": "/from/２０３.0.113.77"}, "page: an IPv4 address"),
        ({"page": "/from/2001:db8::c0de"}, "page: an IPv6 address"),
        ({"page": "/u/ada@mail.example"}, "page: an e-mail address"),
        ({"page": "/u/ada%2540mail.example"}, "page: an e-mail address"),
        ({"page": "/s/" + "3f" * 20}, "page: a token"),
        ({"page": "/s/550e8400-e29b-41d4-a716-446655440000"}, "page: a token"),
        ({"page": "https://shop.example/x"}, "page: "),
        ({"page": None}, "page: a value of another form"),
        ({"search": "203.0.113.77"}, "search: an IPv4 address"),
        ({"search": "call +44 7911 123456"}, "search: a telephone number"),
        ({"search": "4111 1111 1111 1111"}, "search: a long number"),
        ({"search": "Oak Table"}, "search: what the scrub changes"),
        ({"source": {"class": "site", "host": "203.0.113.77"}}, "source: an IPv4 address"),
        ({"source": {"class": "site", "host": "www.other.example"}}, "source: "),
        ({"source": {"class": "site", "host": None, "path": "/x"}}, "source: a value of another"),
        ({"source": "other.example"}, "source: a value of another form"),
        ({"network": "198.51.100.7"}, "network: more of an address"),
        ({"network": NETWORK_OF_MORE}, "network: more of an address"),
        ({"network": "ada"}, "network: a value of another form"),
        ({"country": "Germany"}, "country: a value of another form"),
        ({"language": "de-DE,de;q=0.9"}, "language: a value of another form"),
        ({"browser": {"family": "Firefox", "major": "128.0.1"}}, "browser: a value of another"),
        ({"browser": {"family": "Firefox", "agent": "x"}}, "browser: a value of another form"),
        ({"device": "SM-S901"}, "device: a value of another form"),
        ({"os": "10.0.0.1\n"}, "os: a value of another form"),
        ({"os": "10.0.0.1"}, "os: an IPv4 address"),
        ({"os": "Android " + "3f" * 20}, "os: a token"),
        ({"browser": {"family": "198.51.100.7"}}, "browser: an IPv4 address"),
        ({"browser": {"family": ["Firefox"]}}, "browser: a value of another form"),
        ({"timestamp": "2026-11-22T10:00:00.123Z"}, "timestamp: a value of another form"),
        ({"visitor": "ada"}, "visitor: a value of another form"),
        ({"visitor": ["a"] * 16}, "visitor: a value of another form"),
        ({"id": "e1"}, "id: a value of another form"),
        ({"site": "other.example"}, "site: a value of another form"),
        ({"ip": "198.51.100.7"}, "1 fields that are not listed"),
        ({"email": None}, "1 fields that are not listed"),
        ({"page": ...}, "a field is missing"),
    ],
    ids=str,
)
def test_an_event_that_holds_more(fields: dict[str, Any], says: str) -> None:
    found = looked_at([*events()[:20], changed(one(), **fields)])
    assert found.outcome is BROKEN
    assert any(says in each for each in found.problems), found.problems
    assert all(each.startswith(f"{ANALYSTS}[0]@20: ") for each in found.problems)


def test_a_partners_record_has_its_own_fields() -> None:
    found = looked_at([changed(one(PARTNER), network="x", os={"family": "Firefox"})])
    assert found.problems == (f"{PARTNER}[0]@0: 2 fields that are not listed",)


@each_row(
    ("record", "says"),
    [
        (one()._replace(key=b"198.51.100.7"), "its key is not made of its fields"),
        (one()._replace(key=None), "its key is not made of its fields"),
        (one()._replace(value=(one().value or b"") + b" "), "it is not written as ours are"),
        (one()._replace(value=b"198.51.100.7"), "no event of ours"),
        (one()._replace(value=b"[" * 100_000), "no event of ours"),
        (one()._replace(value=b"\xff"), "no event of ours"),
        (one()._replace(value=None), "no event of ours"),
    ],
    ids=str,
)
def test_a_record_of_another_form(record: Public, says: str) -> None:
    found = looked_at([record])
    assert any(says in each for each in found.problems), found.problems


def test_events_of_an_earlier_policy_may_have_other_fields() -> None:
    fields = ("page", "browser")
    later = msgspec.structs.replace(EVERY_FIELD, events=EventsPolicy(fields=fields))
    ours = [each for each in events() if each.topic == ANALYSTS]
    assert looked_at(ours, policy=later).outcome is BROKEN
    found = looked_at(ours, policy=later, at_ms=4)
    assert found.outcome is HELD
    assert "of an earlier policy" in found.says
    for fields_ in ({"ip": "x"}, {"page": "/from/203.0.113.77"}, {"visitor": "ada"}):
        assert looked_at([changed(one(), **fields_)], at_ms=4).outcome is BROKEN


def test_headers_hold_nothing() -> None:
    found = looked_at(events()[:1], headers=2)
    assert found.problems == (f"{events()[0].topic}[0]@0: it has headers, and none of ours has",)


def test_rejections_say_no_more_than_they_must() -> None:
    [ours, *_] = [each for each in shop() if each.topic == topics.REJECTED]
    said = msgspec.json.decode(ours.value or b"")
    assert looked_at([ours, events()[0]]).outcome is HELD
    for value in (
        msgspec.json.encode({**said, "ip": "198.51.100.7"}),
        msgspec.json.encode({**said, "topic": "198.51.100.7"}),
        msgspec.json.encode({**said, "timestamp": "198.51.100.7"}),
        msgspec.json.encode({**said, "reason": "198.51.100.7"}),
        b"198.51.100.7",
    ):
        found = looked_at([ours._replace(value=value)])
        assert found.outcome is BROKEN
        assert "198" not in str(found)
    assert looked_at([ours._replace(key=b"198.51.100.7")]).outcome is BROKEN


NOTE = b"log.example/audit\n8\nroot\n\n\xe2\x80\x94 log.example/audit signature\n"


@each_row(
    ("window", "headers", "held"),
    [
        ("P1D", [], True),
        ("P1D", [("checkpoint", NOTE)], True),
        ("PT1H", [("checkpoint", NOTE)], False),
        ("P1D", [("checkpoint", NOTE), ("checkpoint", NOTE)], False),
        ("P1D", [("address", NOTE)], False),
        ("P1D", [("checkpoint", b"198.51.100.7")], False),
    ],
)
def test_a_number_bears_a_checkpoint_at_the_most(
    window: str, headers: list[tuple[str, bytes]], held: bool
) -> None:
    number = next(each for each in numbers() if f'"{window}"'.encode() in (each.key or b""))
    scan = EventScan(EVERY_FIELD, has_made=lambda note: note == NOTE)
    scan.event("x", *_record(events()[0]), 0)
    scan.number("x", number.key, number.value, headers)
    assert (scan.finding().outcome is HELD) is held
    assert "198" not in str(scan.finding())


def _record(each: Public) -> tuple[str, ListedRecord]:
    return each.topic, ListedRecord(0, 9, each.key, each.value)


def test_published_values_are_looked_at_too() -> None:
    page = next(each for each in numbers() if each.topic == "trends.pages")
    assert looked_at([page, events()[0]]).outcome is HELD
    for value, says in (
        ("/from/203.0.113.77", "its value: an IPv4 address"),
        ("/u/ada@mail.example", "its value: an e-mail address"),
    ):
        key = {**msgspec.json.decode(page.key or b""), "value": value}
        there = changed(page, value=value)._replace(key=msgspec.json.encode(key))
        assert says in looked_at([there]).problems[0]
    other_key = looked_at([changed(page, value="/other")])
    assert "it is not written as ours are" in other_key.problems[0]
    assert "no number of ours" in looked_at([page._replace(value=b"{}")]).problems[0]
    gone = looked_at([page._replace(key=b"198.51.100.7", value=None)])
    assert "it takes a number away" in gone.problems[0]
    assert "198" not in str(gone)


@each_row(
    "value",
    """
    10.0.0.1.5 1.2.3 v1.2.3.4.5 999.1.1.1 12:30 a:b c::d 4006381333931 04006381333931
    /products/123456789012 iphone+15 me@home @ada 2026-11-22 deadbeef
    """.split(),
)
def test_what_is_not_personal(value: str) -> None:
    assert personal(value) == ""


def test_a_value_that_is_too_long_to_look_at() -> None:
    assert personal("a" * MAX_LOOKED_AT) == ""
    assert "longer" in personal("a" * (MAX_LOOKED_AT + 1))


def named(*rows: tuple[str, str, str, str]) -> Finding:
    """Topic, site, day and visitor of each."""
    scan = PseudonymScan()
    for offset, (topic, site, day, visitor) in enumerate(rows):
        said = {"site": site, "timestamp": f"{day}T10:00:00Z", "visitor": visitor}
        scan.event(f"{topic}[0]@{offset}", topic, said)
    return scan.finding()


A = (ANALYSTS, "a.example", "2026-11-22", "ada")


def test_pseudonyms() -> None:
    other = (*A[:3], "bob")
    second = (ANALYSTS, "b.example", "2026-11-22", "eve")
    assert named(A, A, other, second).outcome is HELD
    assert named(A, other).outcome is NOT
    assert named().outcome is NOT


@pytest.mark.parametrize(
    ("place", "value", "says"), [(0, PARTNER, "topic"), (1, "b.example", "site"), (2, "x", "day")]
)
def test_a_pseudonym_that_is_good_for_more(place: int, value: str, says: str) -> None:
    found = named(A, (*A[:place], value, *A[place + 1 :]))  # type: ignore[arg-type]
    assert found.outcome is BROKEN
    assert found.problems[0].endswith(f"its visitor's name is known of another {says}")
    assert "ada" not in str(found)


def test_the_pipelines_own_pseudonyms() -> None:
    scan = PseudonymScan()
    for topic, _, value in events():
        scan.event("x", topic, msgspec.json.decode(value or b""))
    assert scan.finding().outcome is HELD


DUE = 20_000


def cut(*days: int, at_ms: int = 0) -> Finding:
    scan = CutScan(DUE, until_ms=100)
    for day in days:
        at = f"{_text(day)}T10:00:00Z"
        scan.event(f"{ANALYSTS}[0]@{day}", ANALYSTS, {"timestamp": at}, at_ms)
    return scan.finding()


def _text(day: int) -> str:
    return text(day * MILLISECONDS_PER_DAY)[:10]


def test_days_that_are_cut() -> None:
    assert cut(DUE + 1, DUE + 2).outcome is HELD
    assert cut().outcome is NOT
    found = cut(DUE + 1, DUE, DUE - 3)
    assert found.problems[0].startswith(f"{ANALYSTS}[0]@{DUE - 3} is of {_text(DUE - 3)}")
    assert cut(DUE, at_ms=101).outcome is HELD  # of a log of the past, written a moment ago
    untimed = CutScan(DUE, 100)
    untimed.event("x", PARTNER, {"page": "/"}, 0)
    assert untimed.finding().outcome is NOT
    unknown = CutScan(-1, 100)
    unknown.event("x", ANALYSTS, {"timestamp": "1970-01-01T00:00:00Z"}, 0)
    assert unknown.finding().outcome is NOT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from([*msgspec.json.decode(one().value or b""), "class", "more"])


@given(st.dictionaries(FIELDS, JSON), st.binary(max_size=20) | st.none(), st.integers(0, 9))
@settings(max_examples=400, deadline=None)
def test_no_record_can_blind_the_audit(said: dict[str, Any], key: bytes | None, at_ms: int) -> None:
    """Whatever is written there, each scan goes on."""
    scan, cuts, names = EventScan(EVERY_FIELD, 5), CutScan(DUE, 5), PseudonymScan()
    value = msgspec.json.encode({**msgspec.json.decode(one().value or b""), **said})
    read = scan.event("x", ANALYSTS, ListedRecord(0, at_ms, key, value), 0)
    assert read is not None
    cuts.event("x", ANALYSTS, read, at_ms)
    names.event("x", ANALYSTS, read)
    scan.rejection("x", key, value, 0)
    scan.number("x", key, value)
    for found in (scan.finding(), cuts.finding(), names.finding()):
        assert found.outcome in set(Outcome)
