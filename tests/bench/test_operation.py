"""How the measurements of operation get their figures out of what was seen; nothing is timed."""

import json

import pytest

from quietclicks.demo.shop import SITE
from quietclicks.pipeline.pseudonyms.pseudonym import EVENT_ID, Pseudonymiser, delimited_part
from quietclicks.schemas import topics
from tests.bench.operation_backlog import rates, restored
from tests.bench.operation_gaps import longest_gap, resumed_after
from tests.bench.operation_latency import Received, latencies, percentile
from tests.bench.operation_tools import Commits
from tests.kafka.world import KEY
from tests.kafka_tools import Stored

# Partitions 2 and 3 were those of a worker that died at 10.
SEEN: Commits = [
    (9.0, {0: 90, 1: 90, 2: 90, 3: 90}),
    (10.2, {0: 99, 1: 99, 2: 95, 3: 95}),  # what it had committed shows a little later
    (10.6, {0: 110, 1: 110, 2: 96, 3: 95}),
    (18.0, {0: 190, 1: 110, 2: 150, 3: 95}),
    (19.0, {0: 190, 1: 190, 2: 190, 3: 120}),
    (20.0, {0: 191, 1: 191, 2: 191, 3: 191}),
]


@pytest.mark.parametrize(
    ("partitions", "seen", "seconds"),
    [
        pytest.param([2, 3], SEEN, 9.0, id="the last of its partitions counts"),
        pytest.param([2], SEEN, 8.0, id="one"),
        pytest.param([2, 3], SEEN[:4], None, id="one is still without"),
        pytest.param([2, 3], SEEN[:2], None, id="too early to say"),
    ],
)
def test_a_takeover_is_over_when_each_partition_has_a_commit(
    partitions: list[int], seen: Commits, seconds: float | None
) -> None:
    assert resumed_after(seen, partitions, died=10.0) == seconds


@pytest.mark.parametrize(
    ("seen", "since", "seconds"),
    [
        pytest.param(SEEN, 10.0, 9.0, id="of any partition, from the disturbance on"),
        pytest.param(SEEN[:4], 10.0, 8.0, id="one that is not over"),
        pytest.param(SEEN[4:], 18.5, 1.5, id="that of the beginning"),
    ],
)
def test_the_longest_gap(seen: Commits, since: float, seconds: float) -> None:
    assert longest_gap(seen, since) == seconds


def test_rates_are_of_equal_parts_from_the_first_commit_on() -> None:
    seen: Commits = [
        (0.0, {}),
        (5.0, {0: 0, 1: 0}),
        (6.0, {0: 1000, 1: 0}),  # the start is over
        (7.0, {0: 2000, 1: 1000}),
        (8.0, {0: 3000, 1: 2000}),
        (12.0, {0: 4000, 1: 3000}),
        (16.0, {0: 5000, 1: 4000}),
    ]
    assert rates(seen, 1) == [800.0]
    assert rates(seen, 2) == [2000.0, 500.0]


def test_restored_records_add_up_and_the_last_partition_ends_it() -> None:
    said = (
        "INFO: anonymise[1]: from 90, with 1500 state records, after 0.5 s\n"
        "INFO: release[0]: from 3, with 7 state records, after 9.0 s\n"
        "INFO: anonymise[0]: from 100, with 2000 state records, after 1.5 s\n"
    )
    assert restored(said, 2) == (3500, 1.5)
    with pytest.raises(AssertionError):
        restored(said, 3)


def raw(offset: int, at_ms: int, value: bytes) -> Stored:
    return Stored(1, offset, None, value, at_ms)


def event(event_id: str) -> bytes:
    return json.dumps({"event_id": event_id}).encode()


def pseudonymised(at_ms: float, event_id: str) -> Received:
    pseudonym = Pseudonymiser(KEY, EVENT_ID, SITE).text(delimited_part(event_id.encode()))
    return Received(at_ms, topics.PSEUDONYMISED, json.dumps({"id": pseudonym}).encode())


def rejected(at_ms: float, offset: int) -> Received:
    value = json.dumps({"partition": 1, "offset": offset}).encode()
    return Received(at_ms, topics.REJECTED, value)


RAW = [
    raw(0, 5000, event("warm")),
    raw(1, 6000, event("a")),
    raw(2, 6100, b"not an event"),
    raw(3, 6200, event("b")),
]


def test_latency_is_from_each_raw_record_to_its_own_entry() -> None:
    entries = [
        rejected(6350.0, 2),
        pseudonymised(9999.0, "warm"),
        pseudonymised(6500.5, "b"),
        rejected(6400.0, 1),
    ]
    assert sorted(latencies(RAW, entries, warm_ms=1000)) == [250.0, 300.5, 400.0]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="none"),
        pytest.param([rejected(7000.0, offset) for offset in range(3)], id="one is missing"),
        pytest.param([rejected(7000.0, offset) for offset in (0, 1, 2, 3, 3)], id="one too many"),
    ],
)
def test_books_that_do_not_balance_is_no_measurement(entries: list[Received]) -> None:
    with pytest.raises(AssertionError):
        list(latencies(RAW, entries, warm_ms=1000))


@pytest.mark.parametrize(
    ("count", "percent", "found"),
    [(1, 50, 1), (1, 99, 1), (100, 50, 50), (100, 99, 99), (101, 99, 100), (1000, 99, 990)],
)
def test_percentile(count: int, percent: int, found: int) -> None:
    assert percentile(range(1, count + 1), percent) == found
