"""A flood of invented pages: bounded memory, and the guarantee as ever."""

from collections import Counter, defaultdict

import msgspec
import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.clock import hour_text
from quietclicks.pipeline.counting.cells import DIMENSIONS, OpenCells
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.counting.days import OpenDays
from quietclicks.pipeline.release import OVERFLOW, Cell, HourCells, close_hour, params_of
from quietclicks.pipeline.release.cells import bounded
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend
from tests.bench.release_days import params_for, start_of
from tests.pipeline_tools import (
    HOUR,
    MIDNIGHT,
    Row,
    World,
    closing,
    counted_of,
    event,
    policy,
    rows_of,
)

MOST = 10_000
LATER = MIDNIGHT + 30 * 24 * HOUR


@pytest.mark.slow
def test_an_open_hour_holds_so_many_values_and_no_more() -> None:
    """200,000 visitors with a page of their own each."""
    cells = OpenCells(MOST)
    states = set()
    for batch in range(20):
        rows: list[Row] = [
            ("s", 500, n, NONE, f"/{n}", NONE, NONE, "Firefox · desktop", "de", NONE)
            for n in range(batch * MOST, (batch + 1) * MOST)
        ]
        states |= {key for key, _ in cells.count(counted_of([*rows, *rows[:3]]), lambda _: True)}
    held = Counter[Dimension]()
    views = Counter[Dimension]()
    for dimension, _, cell in cells.take(("s", 500), 1_000_000):
        held[dimension] += 1
        views[dimension] += cell.views
    assert held[Dimension.PAGE] == MOST + 1, "and the overflow"
    assert set(views.values()) == {200_060}, "all are counted, in each dimension"
    assert len(states) < 2 * held.total() + 10, "what is written grows with cells, not with events"


def test_a_closed_hour_holds_no_more_for_all_partitions_together() -> None:
    hour: HourCells = {
        Dimension.TOTAL: {"": Cell(50_000, Sample(range(1, 600)))},
        Dimension.PAGE: {f"/{n}": Cell(1, Sample((n,))) for n in range(1, 49_001)}
        | {"/": Cell(900, Sample(range(1, 400))), OVERFLOW: Cell(100, Sample(range(5)))},
    }
    _, remainder = close_hour(hour, params_for(10), start_of(0))
    values = remainder.unreleased[Dimension.PAGE]
    assert len(values) == MOST  # one is named, one is the overflow
    assert remainder.released[Dimension.PAGE].keys() == {"/"}
    assert values[OVERFLOW].views == 100 + 49_001 - MOST


def test_the_largest_are_kept_whatever_came_first() -> None:
    sizes = {"/a": (9, 9), "/b": (9, 3), "/c": (8, 8), "/d": (9, 3), NONE: (1, 1)}
    cells = {x: Cell(views, Sample(range(visitors))) for x, (views, visitors) in sizes.items()}
    for order in (cells, dict(reversed(cells.items()))):
        kept = bounded(order, 2)
        assert kept.keys() == {"/a", "/b", NONE, OVERFLOW}
        assert (kept[OVERFLOW].views, kept[OVERFLOW].visitors.count()) == (17, 8)
    assert bounded(cells, 4) == cells


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("most", [1, 6, 20])
def test_folding_under_the_bound_gives_nothing_away(
    most: int, partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With several partitions a value may be told apart in one and not in another: the events that
    are not are then none of its number's, but of `(other)`, and attacked as such."""
    events: list[Event] = []
    apart: defaultdict[tuple[int, int, Dimension], set[str]] = defaultdict(set)
    apply_cap = OpenDays.apply_cap

    def watched(self: OpenDays, counted: Counted) -> Counted:
        within = apply_cap(self, counted)
        for _, hour, visitor, *values in rows_of("", within):
            told = {}
            for dimension, value in zip(DIMENSIONS, values, strict=True):
                known = apart[id(self), hour, dimension]
                if len(known) < most:
                    known.add(value)
                told[dimension] = value if value in known else OVERFLOW
            events.append(Event(hour_text(hour), visitor, told))
        return within

    monkeypatch.setattr(OpenDays, "apply_cap", watched)
    rules = policy(
        ("[release]", f"[release]\nmax_values = {most}"),
        (
            "[sources]",
            '[sources]\n"release.max_values" = "docs/decisions/policy-numbers.md#release"',
        ),
    )
    world = World(rules, partitions=partitions)
    values = defaultdict[int, list[bytes]](list)
    number = 0
    for hour in range(5):
        at_ms = MIDNIGHT + hour * HOUR
        for visitor in range(4 + 9 * hour):
            for page in (f"{visitor % 3}", f"flood-{hour}-{visitor}", f"{(visitor * 7) % 11}"):
                number += 1
                url = f"https://shop.example/products/{page}"
                one = event(number, at_ms, url=url, ip=f"198.51.0.{visitor + 1}")
                values[visitor % partitions].append(one)
        for partition in range(partitions):
            values[partition].append(closing(at_ms + HOUR))
    for partition in range(partitions):
        feed = [closing(MIDNIGHT), *values[partition], closing(MIDNIGHT + 24 * HOUR)]
        world.put([(value, LATER) for value in feed], partition)
    trends = [
        msgspec.json.decode(value, type=Trend)
        for rows in world.run().trends().values()
        for value in rows.values()
    ]
    assert any(trend.value == OTHER and trend.dimension is Dimension.PAGE for trend in trends)
    report = attack(trends, events, Rules.of(params_of(rules)))
    assert report.consistent
    assert report.exhaustive
    assert report.violations == ()
