"""The release against all groups of tiny worlds, across dimensions.

Unknown is how often each page met each country in each hour. Every combination of what was seen in
an hour counts as possible; a group is any set of such combinations.
"""

import random
from collections.abc import Iterator, Sequence

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.release import day, hour
from quietclicks.schemas.trend import OTHER, Dimension, Trend
from tests.algebra import Known
from tests.bench.release_days import cells_of, counted, params_for, released, start_of

SUPPRESSION = "needs_complementary_suppression"  # a step of both closes

Cell = tuple[str, str, str]  # hour, page, country
AXIS = {Dimension.PAGE: 1, Dimension.COUNTRY: 2}
PARAMS = params_for(5)


def tiny_day(seed: int) -> list[Event]:
    """Hardly enough visitors, in up to three hours, of two pages and two countries."""
    dice = random.Random(seed)
    hours = dice.randint(1, 3)
    return [
        Event(
            start_of(dice.randrange(hours)),
            visitor,
            {
                Dimension.PAGE: dice.choice(("/a", "/a", "/b")),
                Dimension.COUNTRY: dice.choice(("DE", "DE", "FR")),
            },
        )
        for visitor in range(dice.randint(8, 24))
        for _ in range(dice.choice((1, 1, 2)))
    ]


def small_groups(who: Sequence[tuple[Cell, set[int]]], k: int) -> Iterator[set[Cell]]:
    """All sets of cells with 1 to k-1 visitors."""
    groups: list[tuple[set[Cell], set[int]]] = [(set(), set())]
    for cell, visitors in who:
        groups += [
            (group | {cell}, seen | visitors) for group, seen in groups if len(seen | visitors) < k
        ]
    return (group for group, seen in groups if seen)


def given_away(records: Sequence[Trend], events: Sequence[Event], k: int) -> bool:
    """Whether some small group's count follows from the records."""
    who: dict[Cell, set[int]] = {}
    for start in {event.hour for event in events}:
        of = [event for event in events if event.hour == start]
        for page in {event.values[Dimension.PAGE] for event in of}:
            for country in {event.values[Dimension.COUNTRY] for event in of}:
                who[start, page, country] = set()
    for event in events:
        cell = event.hour, event.values[Dimension.PAGE], event.values[Dimension.COUNTRY]
        who[cell].add(event.visitor)
    named = {(r.dimension, r.start, r.value) for r in records if r.window == "PT1H"}
    told = {(r.dimension, r.value) for r in records if r.window == "P1D" and r.complete}
    hours = {record.start for record in records if record.window == "PT1H"}
    total = {r.window: r.views for r in records if r.dimension is Dimension.TOTAL}
    published = [r.views for r in records if r.dimension is Dimension.TOTAL and r.window == "PT1H"]
    in_day = hours if sum(published) == total.get("P1D") else {cell[0] for cell in who}

    def counts(record: Trend, cell: Cell) -> bool:
        """Whether the record's views are, among others, the cell's."""
        if record.window == "PT1H" and record.start != cell[0]:
            return False
        if record.window == "P1D" and cell[0] not in in_day:
            return False
        if record.dimension is Dimension.TOTAL:
            return True
        d, value = record.dimension, cell[AXIS[record.dimension]]
        by_hour = (d, cell[0], value) in named
        if record.value != OTHER:
            return value == record.value and (by_hour or record.complete)
        return not by_hour and (record.window == "PT1H" or (d, value) not in told)

    known = Known()
    for record in records:
        known.learn(counts(record, cell) for cell in who)
    groups = small_groups(sorted(who.items()), k)
    return any(known.tells(cell in group for cell in who) for group in groups)


def leaks(seeds: range) -> int:
    """Worlds that give a group away."""
    found = 0
    for seed in seeds:
        events = counted(tiny_day(seed), PARAMS)
        found += given_away(released(cells_of(events), PARAMS), events, PARAMS.k)
    return found


def test_no_group_across_dimensions_is_given_away() -> None:
    assert leaks(range(150)) == 0


@pytest.mark.parametrize(
    ("module", "step"), [(hour, SUPPRESSION), (day, "enough_waiting")], ids=["(other)", "waiting"]
)
def test_without_a_step_some_are(
    monkeypatch: pytest.MonkeyPatch, module: object, step: str
) -> None:
    off = (lambda *_: False) if step == SUPPRESSION else (lambda waiting, _: waiting)
    monkeypatch.setattr(module, step, off)
    assert leaks(range(60)) > 0
