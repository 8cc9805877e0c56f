"""Counting, against a model that keeps everything; its state, through restarts and compaction."""

import random
from array import array
from collections import defaultdict

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.counting.cells import DIMENSIONS, OpenCells
from quietclicks.pipeline.counting.state import COUNTS, SAMPLE
from quietclicks.pipeline.release import OVERFLOW
from quietclicks.schemas.trend import Dimension
from tests.pipeline_tools import Row, counted_of, numbers_of

Name = tuple[str, int, Dimension, str]
State = dict[bytes, bytes | None]

counted_rows = st.builds(
    lambda site, hour, visitor, choice, page, term: (
        *(site, hour, visitor * 2**40),
        *(choice, page, "site", term, "Firefox · desktop", "de", "DE"),
    ),
    st.sampled_from(["a.example", "b.example"]),
    st.integers(7, 8),
    st.integers(0, 12_000),
    st.sampled_from(["(none)", "DNT"]),
    st.sampled_from(["/", "/a", "/b", "/c", "/d"]),
    st.sampled_from(["(none)", "shoes"]),
)
stream_rows = st.builds(
    lambda values, hour, visitor: (
        *(f"a.example ({'opted out' if values else 'bots'})", hour, visitor * 2**40),
        *values,
    ),
    st.sampled_from([(), ("refused",), ("DNT",)]),
    st.integers(7, 8),
    st.integers(0, 12_000),
)
rows = st.one_of(counted_rows, stream_rows)


def counts_choices(hour: int) -> bool:
    """In hour 7 they are not."""
    return hour != 7


def model(counted: list[Row], max_values: int) -> dict[Name, tuple[int, set[int]]]:
    """Views and visitors of each cell: the first so many values by name, the rest together."""
    named: dict[tuple[str, int, Dimension], set[str]] = defaultdict(set)
    cells: dict[Name, tuple[int, set[int]]] = {}
    for site, hour, visitor, *values in counted:
        dimensions = (Dimension.TOTAL, *DIMENSIONS)
        numbers = dict(zip(Dimension, numbers_of(visitor), strict=True))
        for dimension, value in zip(dimensions, ("", *values), strict=False):
            if hour == 7 and (dimension is Dimension.CHOICE or "opted out" in site):
                continue
            known = named[site, hour, dimension]
            if value not in known and len(known) >= max_values:
                value = OVERFLOW
            else:
                known.add(value)
            views, visitors = cells.get((site, hour, dimension, value), (0, set()))
            visitors.add(numbers[dimension])
            cells[site, hour, dimension, value] = views + 1, visitors
    return cells


def taken(cells: OpenCells, limit: int = 10**6) -> dict[Name, tuple[int, set[int]]]:
    """All cells, removed in portions."""
    found: dict[Name, tuple[int, set[int]]] = {}
    while windows := cells.closed_before(10**6):
        for dimension, value, cell in cells.take(windows[0], limit):
            name = (*windows[0], dimension, value)
            assert name not in found
            found[name] = cell.views, set(cell.sample.hashes)
    return found


def restored(state: State, max_values: int) -> OpenCells:
    """As a new owner finds them: each key's last value, in any order, tombstones and all."""
    cells = OpenCells(max_values)
    for key in sorted(state, reverse=True):
        cells.restore(key, state[key])
    cells.settle()
    return cells


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.lists(rows, max_size=120),
    st.lists(st.integers(1, 40), min_size=120, max_size=120),
    st.sampled_from([2, 3, 10_000]),
    st.booleans(),
)
def test_batches_restarts_and_compaction_change_nothing(
    counted: list[Row], batches: list[int], max_values: int, restarts: bool
) -> None:
    cells, state, rest = OpenCells(max_values), State(), counted
    for size in batches:
        state.update(cells.count(counted_of(rest[:size]), counts_choices))
        rest = rest[size:]
        if restarts:
            cells = restored(state, max_values)
    assert taken(cells) == model(counted, max_values)


@settings(max_examples=50, derandomize=True, deadline=None)
@given(st.lists(rows, min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 30))
def test_what_is_taken_is_gone_for_a_new_owner(
    counted: list[Row], limit: int, portions: int
) -> None:
    cells, state = OpenCells(100), State()
    state.update(cells.count(counted_of(counted), counts_choices))
    found: dict[Name, tuple[int, set[int]]] = {}
    for _ in range(portions):
        windows = cells.closed_before(10**6)
        if not windows:
            break
        for dimension, value, cell in cells.take(windows[0], limit):
            found[(*windows[0], dimension, value)] = cell.views, set(cell.sample.hashes)
            state.update(cell.tombstones())
        cells = restored(state, 100)
    found.update(taken(cells, limit))
    assert found == model(counted, 100)


def test_a_crowd_is_restored_exactly() -> None:
    """Far more visitors than a small cell holds in one record, and than a sample counts exactly."""
    crowd: list[Row] = [
        (
            "a.example",
            8,
            n * 2**40,
            "(none)",
            "/",
            "site",
            "(none)",
            "Firefox · desktop",
            "de",
            "DE",
        )
        for n in range(1, 3000)
    ]
    cells, state = OpenCells(10), State()
    for start in range(0, 3000, 100):
        state.update(cells.count(counted_of(crowd[start : start + 100]), counts_choices))
        cells = restored(state, 10)
    whole = OpenCells(10)
    whole.count(counted_of(crowd), counts_choices)
    window = ("a.example", 8)
    ours, theirs = (
        sorted((d, v, c.views, c.sample.encode()) for d, v, c in each.take(window, 100))
        for each in (cells, whole)
    )
    assert ours == theirs
    assert ours[0][2] == 2999


def test_state_of_an_earlier_version_is_taken_over() -> None:
    """It wrote a sample's hashes in no order, and up to twice as many as count."""
    name = msgspec.msgpack.encode(("a.example", 8, Dimension.PAGE, "/"))
    dice = random.Random(1)
    known = [dice.getrandbits(64) for _ in range(1000)]
    since = [dice.getrandbits(64) for _ in range(50)]
    cells = OpenCells(10)
    cells.restore(COUNTS + name, msgspec.msgpack.encode((1050, array("Q", since).tobytes())))
    cells.restore(SAMPLE + name, array("Q", known).tobytes())
    cells.settle()
    [(_, _, cell)] = cells.take(("a.example", 8), 10)
    assert cell.views == 1050
    assert cell.sample.encode() == array("Q", sorted(known + since)[:513]).tobytes()


def test_only_closed_windows_are_offered() -> None:
    cells = OpenCells(10)
    values = ("DNT", "/", "none", "(none)", "Firefox · desktop", "de", "DE")
    rows: list[Row] = [(site, hour, 1, *values) for site in "ba" for hour in (9, 7, 8)]
    cells.count(counted_of(rows), counts_choices)
    assert cells.closed_before(7) == []
    assert cells.closed_before(9) == [("a", 7), ("a", 8), ("b", 7), ("b", 8)]
