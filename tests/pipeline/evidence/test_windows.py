"""Windows in the log: one after another, each with a hash that anybody can recompute."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.evidence import windows as module
from quietclicks.pipeline.evidence.completeness import Completeness
from quietclicks.pipeline.evidence.kinds import Body, WindowReleased
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.told import Told
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.window_hash import Name, name_of, window_hash
from quietclicks.pipeline.evidence.windows import FirstDay, Gathered, Windows
from quietclicks.pipeline.processor import ListedRecord
from tests.pipeline.evidence.made import policy

DAY = 20_780
HOUR_MS = 3_600_000
TOPICS = ("trends.totals", "trends.pages")
Published = dict[str, list[ListedRecord]]


def start_of(name: Name) -> str:
    at = datetime.fromtimestamp(name.start * 3600, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def key(name: Name, value: str = "") -> bytes:
    return json.dumps(
        {
            "site": "shop.example",
            "window": name.window,
            "start": start_of(name),
            "dimension": "page" if value else "total",
            "value": value,
        }
    ).encode()


def published(*names: Name, at: int = 0) -> Published:
    """A record of each in the first topic, and two in the other; the offsets have gaps."""
    totals = [
        ListedRecord(at + 3 * number, name.end * HOUR_MS + 5, key(name), b'{"views":10}')
        for number, name in enumerate(names)
    ]
    pages = [
        ListedRecord(at + 5 * number + more, name.end * HOUR_MS + 6, key(name, page), b"{}")
        for number, name in enumerate(names)
        for more, page in enumerate(("/", "/a"))
    ]
    return dict(zip(TOPICS, (totals, pages), strict=True))


def gathered(wanted: list[Name], there: Published, more: bool = False) -> Gathered:
    found = Gathered(wanted, more, now_ms=10**12)
    for topic, records in there.items():
        found.begin(topic, [0])
        found.take(topic, 0, records)
    return found


def bodies(told: list[Told]) -> list[WindowReleased]:
    found = [body for body, _ in told]
    assert all(isinstance(body, WindowReleased) for body in found)
    return found  # type: ignore[return-value]


def by_the_page(records: list[tuple[str, bytes | None, bytes | None]]) -> str:
    """docs/evidence.md, followed by somebody who has only that."""
    hashes = []
    for topic, name, value in records:
        text = b""
        for part in (topic.encode(), name, value):
            text += b"\xff" * 8 if part is None else len(part).to_bytes(8, "big") + part
        hashes.append(hashlib.sha256(text).digest())
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def test_names_follow_one_another() -> None:
    name, found = Name(DAY * 24 + 23, False), []
    for _ in range(4):
        found.append((name.window, name.start - DAY * 24))
        name = name.following()
    assert found == [("PT1H", 22), ("PT1H", 23), ("P1D", 0), ("PT1H", 24)]


@pytest.mark.parametrize("name", [Name(DAY * 24, True), Name(DAY * 24 + 7, False)], ids=str)
def test_a_key_tells_its_window(name: Name) -> None:
    assert name_of(key(name, "/a")) == name


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"[]",
        b"\xff",
        b'{"window":"PT1H"}',
        b'{"window":"PT2H","start":"2026-11-22T10:00:00Z"}',
        b'{"window":"PT1H","start":"2026-11-22T10:30:00Z"}',
        b'{"window":"P1D","start":"2026-11-22T10:00:00Z"}',
        b'{"window":"P1D","start":"2026-11-22"}',
    ],
)
def test_what_is_no_key_is_of_no_window(text: bytes | None) -> None:
    assert name_of(text) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(TOPICS), st.none() | st.binary(max_size=3), st.none() | st.binary()
        ),
        max_size=6,
    ),
    st.randoms(use_true_random=False),
)
def test_the_hash_is_what_the_page_says_in_any_order(records: list, rng: object) -> None:  # type: ignore[type-arg]
    shuffled = [*records]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert window_hash(shuffled) == by_the_page(records)


@pytest.mark.parametrize(
    "other",
    [
        [("trends.totals", b"a", b"b"), ("trends.totals", b"a", b"b")],  # released twice
        [],
        [("trends.total", b"sa", b"b")],  # parts shift
        [("trends.totals", b"ab", b"")],
        [("trends.totals", b"a", None)],
        [("trends.pages", b"a", b"b")],
    ],
    ids=str,
)
def test_no_other_records_have_the_hash(other: list[tuple[str, bytes, bytes]]) -> None:
    assert window_hash(other) != window_hash([("trends.totals", b"a", b"b")])


def test_each_window_with_what_was_published_of_it_and_none_with_nothing() -> None:
    first, second = Name(DAY * 24 + 1, False), Name(DAY * 24 + 2, False)
    there = published(second)
    told = [*gathered([first, second], there).told()]
    empty, full = bodies(told)
    records = [(topic, each.key, each.value) for topic in there for each in there[topic]]
    assert (empty.records, empty.hash) == (0, window_hash([]))
    assert (full.records, full.hash) == (3, by_the_page(records))
    assert empty.later == {}
    assert full.later == {"trends.totals": (1,), "trends.pages": (2,)}
    assert told[1][1] == datetime.fromtimestamp(second.end * 3600, UTC)


def test_what_a_faster_partition_published_already_is_read_again_later() -> None:
    now, later = Name(DAY * 24 + 1, False), Name(DAY * 24 + 2, False)
    there = published(later, now, later, at=40)
    [body] = bodies([*gathered([now], there).told()])
    assert body.records == 3
    assert body.later == {"trends.totals": (40,), "trends.pages": (40,)}


def test_what_is_no_trend_holds_nothing_up() -> None:
    there = {"trends.totals": [ListedRecord(9, 1, b"?", b"?")]}
    [body] = bodies([*gathered([Name(DAY * 24 + 1, False)], there).told()])
    assert (body.records, body.later) == (0, {"trends.totals": (10,)})


@given(
    begin=st.integers(0, 3),
    steps=st.lists(st.integers(1, 90), min_size=1, max_size=6),
    most=st.integers(1, 40),
)
def test_whenever_it_looks_each_window_is_told_once_and_the_log_is_whole(
    begin: int, steps: list[int], most: int
) -> None:
    """Nothing is remembered but the entries; few fit into one transaction."""
    log, whole, told = Log(), Completeness(), list[Body]()
    at, first = policy(None)
    whole.add(log.append(first, at, "0.1.0"))
    released = (DAY + begin) * 24
    original, module.MAX_WINDOWS = module.MAX_WINDOWS, most
    try:
        for step in steps:
            released += step
            more = True
            while more:
                known = Windows()
                for body in told:
                    known.add(body)
                wanted, more = known.wanted(released, DAY + begin)
                assert len(wanted) <= most
                for body, _ in gathered(wanted, {}, more).told() if wanted else ():
                    told.append(body)
                    whole.add(log.append(body, at, "0.1.0"))
    finally:
        module.MAX_WINDOWS = original
    hours = released - (DAY + begin) * 24
    assert len(told) == hours + hours // 24
    assert whole.finding().verdict is Verdict.HOLDS, whole.finding().says


def test_a_log_of_a_new_installation_begins_with_the_first_day_that_was_published() -> None:
    first = FirstDay(released=(DAY + 3) * 24 + 2, since_ms=10**13, whole=True)
    for records in published(Name(DAY * 24 + 30, False), Name((DAY + 2) * 24, True)).values():
        first.take(records)
    assert first.day() == DAY + 1


@pytest.mark.parametrize(("released", "day"), [(DAY * 24, DAY - 1), (DAY * 24 + 1, DAY)])
def test_where_nothing_was_published_it_begins_with_the_day_that_is_out(
    released: int, day: int
) -> None:
    assert FirstDay(released, since_ms=0, whole=True).day() == day


def test_a_record_of_long_ago_makes_no_log_of_decades() -> None:
    first = FirstDay(released=DAY * 24, since_ms=0, whole=True)
    first.take(published(Name(24, False))["trends.totals"])
    assert first.day() == DAY - 1


@pytest.mark.parametrize(
    ("since", "released", "day"),
    [
        (DAY * 24, (DAY + 2) * 24, DAY),
        (DAY * 24 + 1, (DAY + 2) * 24, DAY + 1),
        (DAY * 24, (DAY - 90) * 24 + 5, DAY - 89),  # a replay of the past: the next whole day
    ],
)
def test_a_log_on_an_old_installation_begins_with_the_first_day_it_can_tell_whole(
    since: int, released: int, day: int
) -> None:
    first = FirstDay(released, since * HOUR_MS, whole=False)
    first.take(published(Name((DAY - 1) * 24 + 3, False))["trends.totals"])
    assert first.day() == day


def test_a_day_has_all_of_its_hours_before_it() -> None:
    wanted, more = Windows().wanted((DAY + 1) * 24, DAY)
    assert not more
    assert [each.window for each in wanted] == ["PT1H"] * 24 + ["P1D"]
    begins = datetime.fromtimestamp(DAY * 86_400, UTC)
    [*_, day] = bodies([*gathered(wanted, {}).told()])
    assert day.start == begins
    assert timedelta(hours=wanted[0].start) == begins - datetime(1970, 1, 1, tzinfo=UTC)
