"""What a raw event's schema refuses never gets through, and what it accepts is never malformed.

Except for what no schema can say: each such reason is listed, with an example.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.schemas.json_schemas import CONTRACTS
from quietclicks.schemas.raw import MAX_RECORD_BYTES, RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.wording import INSTANT
from tests.paths import ROOT
from tests.pipeline_tools import APPENDED, DAY, HOUR, closing, event, policy
from tests.rows import each_row
from tests.schemas.contract_tools import ANOTHER_TYPE, EXCUSES, SHAPE, agree, fed, fits, is_raw

EXAMPLES = {contract.name: contract.examples for contract in CONTRACTS}
AT = "2026-09-22T02:01:00Z"
NEXT_DAY = closing((DAY + 1) * 24 * HOUR)
REMOVED = object()
FIELDS = [*RawEvent.__struct_fields__, "DNT", "unlisted", ""]
ODD_TIMES = (
    "2026-09-22t02:01:00z 2026-09-22T02:01:00+0000 2026-09-22T02:01:00.Z 2026-09-22T02:01:00,5Z "
    "2026-09-22T02:01Z 2026-09-22T02:01:60Z 2026-09-22T24:00:00Z 2026-09-22T02:01:00+01 "
    "2026-09-22T02:01:00+24:00 2026-09-22T02:01:00+23:60 2026-09-22T02:01:00 20260922T015900Z "
    "2026-09-31T02:01:00Z 2026-02-29T02:01:00Z 2024-02-29T02:01:00Z 0000-01-01T00:00:00Z "
    "0001-01-01T00:00:00+23:59 9999-12-31T23:59:59-23:59 2026-00-22T02:01:00Z 2026-09-00T02:01:00Z "
    "2026-9-22T02:01:00Z 2026-09-22T02:01:00.1234567890123456789Z 2026-09-22_02:01:00Z "
    "٢٠٢٦-09-22T02:01:00Z 1790035200"
).split(" ")
VALUES: list[Any] = [
    *(REMOVED, None, True, False, 0, 1, -1.5, 10**30, "", "x", "\x00", "é" * 64, "é" * 65),
    *("s" * 253, "s" * 254, [], [None], {}, {"analytics": True}, {"analytics": "true"}),
    *({"partners": None, "other": [1]}, {"analytics": 1}, "pageview", "tick", "asset", "Pageview"),
    *("?q=x", "/a?q=x", "//a", "ftp://a/", "HTTPS:a", "mailto:x@y.example", "\n/", f"{AT}\n"),
    *(f" {AT}", AT.replace("T", " "), AT.replace("T", "  "), *ODD_TIMES),
]


def values_of(shapes: list[dict[str, Any]]) -> list[bytes]:
    kept = [{name: v for name, v in each.items() if v is not REMOVED} for each in shapes]
    return [json.dumps(each, allow_nan=False).encode() for each in kept]


def numbered(shape: dict[str, Any], number: int) -> dict[str, Any]:
    """Each its own event, of its own visitor, and on time."""
    if "event_id" not in shape:
        return {**shape, "timestamp": AT}
    own = {"event_id": f"e{number}", "ip": f"203.0.113.{number % 250}", "timestamp": AT}
    return {**shape, **own}


def disagreements(values: list[bytes]) -> list[tuple[bytes, Reason | None]]:
    outcomes, _ = fed(values, policy(), APPENDED, [NEXT_DAY])
    assert Reason.ERROR not in outcomes
    pairs = zip(values, outcomes, strict=True)
    return [(value, outcome) for value, outcome in pairs if not agree(value, outcome)]


BASE = json.loads(event(1))


def changed(**fields: object) -> bytes:
    return values_of([{**BASE, "timestamp": AT, **fields}])[0]


BASES = [*EXAMPLES["raw-event"], *EXAMPLES["tick"]]


@each_row("field", FIELDS)
def test_one_field_changed(field: str) -> None:
    shapes = [
        {**numbered(base, number), field: value}
        for base in (BASES[0], BASES[-1])
        for number, value in enumerate(VALUES)
    ]
    values = values_of(shapes)
    assert disagreements(values) == []
    verdicts = set(map(is_raw, values))
    assert verdicts == {True, False}, "nothing was told apart"


def test_every_change_is_tried_on_an_event_that_would_get_through() -> None:
    values = values_of([numbered(base, number) for number, base in enumerate(BASES)])
    outcomes, _ = fed(values, policy(), APPENDED)
    assert outcomes == [None, None, None, Reason.BOT, None]


@pytest.mark.parametrize("kind", ["asset", "tick", "Pageview", ""])
def test_another_type_is_no_event(kind: str) -> None:
    value = changed(type=kind)
    assert not is_raw(value)
    assert fed([value], policy(), APPENDED)[0] in ([ANOTHER_TYPE], [Reason.INVALID])


@given(st.from_regex(INSTANT) | st.from_regex(INSTANT, fullmatch=True) | st.text())
def test_times(text: str) -> None:
    assert disagreements(values_of([{"type": "tick", "timestamp": text}])) == []


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Half a surrogate pair is among what no schema can say.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.dictionaries(
    st.sampled_from(FIELDS) | st.text(),
    st.sampled_from(VALUES) | ANYTHING | st.from_regex(INSTANT, fullmatch=True),
    max_size=3,
)


@given(st.lists(st.tuples(st.sampled_from(BASES), CHANGES), min_size=1, max_size=30))
def test_fields_changed_at_random(mutations: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    shapes = [
        {**numbered(base, number), **changes} for number, (base, changes) in enumerate(mutations)
    ]
    assert disagreements(values_of(shapes)) == []


UNSAYABLE = [
    ("another scheme", Reason.INVALID, changed(url="ftp://shop.example/")),
    ("no URL", Reason.INVALID, changed(url="products/7")),
    ("a long URL", Reason.INVALID, changed(url="/" + "a" * 8192)),
    ("a name twice", Reason.INVALID, changed().replace(b'"ip"', b'"ip": 7, "ip"')),
    ("no such day", Reason.BAD_TIMESTAMP, changed(timestamp="2026-02-30T10:00:00Z")),
    ("after the end", Reason.BAD_TIMESTAMP, changed(timestamp="9999-12-31T23:59:59.9999999Z")),
    ("half a character", Reason.NOT_JSON, changed(unlisted="\ud800")),
    ("too large", Reason.TOO_LARGE, changed(unlisted="x" * MAX_RECORD_BYTES)),
]


@pytest.mark.parametrize(("why", "reason", "value"), UNSAYABLE, ids=[each[0] for each in UNSAYABLE])
def test_what_no_schema_can_say(why: str, reason: Reason, value: bytes) -> None:
    assert is_raw(value)
    assert fed([value], policy(), APPENDED)[0] == [reason]
    assert agree(value, reason)
    assert not agree(changed(), reason), "excused without cause"


def test_depth_is_out_of_a_schemas_sight() -> None:
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    assert fits("raw-event", {**BASE, "unlisted": nested})
    value = changed(unlisted=0).replace(b'"unlisted": 0', b'"unlisted": ' + b"[" * 5000)
    assert fed([value + b"]" * 5000 + b"}"], policy(), APPENDED)[0] == [Reason.TOO_DEEP]


def test_the_page_names_every_reason() -> None:
    table = (ROOT / "docs" / "contracts.md").read_text("utf-8").partition("## What no schema")[2]
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row[:60])}
    assert {reason.value for reason in Reason} == named & set(Reason)
    assert {reason for _, reason, _ in UNSAYABLE} == set(EXCUSES) <= SHAPE
