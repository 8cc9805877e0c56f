"""The attacker against all groups of tiny worlds: no graph, no cuts, only exact algebra."""

import random
from collections.abc import Sequence
from itertools import combinations

from msgspec import structs

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend, Window
from tests.algebra import Known
from tests.bench.release_days import DAY, start_of

Cell = tuple[Dimension, str, str]


def trend(window: Window, start: str, dimension: Dimension, value: str, views: int) -> Trend:
    """A record."""
    return Trend("s", window, start, dimension, value, views, 0, True, "test")


def brute_force(records: Sequence[Trend], events: Sequence[Event], k: int) -> bool:
    """Whether any set of cells of one dimension has a determined count and 1 to k-1 visitors."""
    dimensions = (Dimension.TOTAL, Dimension.PAGE, Dimension.COUNTRY)
    who: dict[Cell, set[int]] = {}
    for event in events:
        for d in dimensions:
            who.setdefault((d, event.hour, event.values.get(d, "")), set()).add(event.visitor)
    cells = sorted(who)
    known = Known()
    for start in {event.hour for event in events}:  # every dimension counts the same events
        for d in dimensions[1:]:
            known.learn((c[1] == start) * ((c[0] is d) - (c[0] is Dimension.TOTAL)) for c in cells)
    for record in records:
        named = {
            r.value if r.window == "P1D" else (r.start, r.value)
            for r in records
            if r.dimension is record.dimension and r.window == record.window
        }
        known.learn(
            d is record.dimension
            and (record.window == "P1D" or record.start == start)
            and (
                value == record.value
                or (
                    record.value == OTHER
                    and (value if record.window == "P1D" else (start, value)) not in named
                )
            )
            for d, start, value in cells
        )
    for d in dimensions:
        own = [cell for cell in cells if cell[0] is d]
        for size in range(1, len(own) + 1):
            for group in combinations(own, size):
                few = len(set().union(*(who[cell] for cell in group))) < k
                if few and known.tells(cell in group for cell in cells):
                    return True
    return False


def random_release(dice: random.Random, events: Sequence[Event]) -> list[Trend]:
    """Any numbers, true ones, without regard for anybody."""
    records = []
    starts = sorted({event.hour for event in events})
    windows: list[tuple[Window, str]] = [("P1D", DAY)]
    windows += [("PT1H", start) for start in starts]
    for window, start in windows:
        of = [event for event in events if window == "P1D" or event.hour == start]
        for d in (Dimension.TOTAL, Dimension.PAGE, Dimension.COUNTRY):
            views: dict[str, int] = {}
            for event in of:
                value = event.values.get(d, "")
                views[value] = views.get(value, 0) + 1
            whole = d is Dimension.TOTAL and window == "P1D"
            named = {x: n for x, n in views.items() if whole or dice.random() < 0.5}
            rest = sum(views.values()) - sum(named.values())
            records += [trend(window, start, d, x, n) for x, n in named.items()]
            if rest and d is not Dimension.TOTAL and dice.random() < 0.7:
                records.append(trend(window, start, d, OTHER, rest))
    return records


def test_it_finds_something_just_where_something_is_to_be_found() -> None:
    verdicts = []
    for seed in range(300):
        dice = random.Random(seed)
        hours, values = dice.randint(1, 3), dice.randint(1, 3)
        events = [
            Event(
                start_of(dice.randrange(hours)),
                dice.randrange(9),
                {
                    Dimension.PAGE: f"/{dice.randrange(values)}",
                    Dimension.COUNTRY: dice.choice((NONE, "DE")),
                },
            )
            for _ in range(dice.randint(4, 14))
        ]
        records = random_release(dice, events)
        k = dice.randint(2, 4)
        found = bool(attack(_as_published(records), events, Rules(k, k, k, 50)).violations)
        assert found == brute_force(records, events, k), seed
        verdicts.append(found)
    assert 0.1 < sum(verdicts) / len(verdicts) < 0.9


def _as_published(records: Sequence[Trend]) -> list[Trend]:
    """A day's (other) does not count what an hour tells by name; a record beside it does."""
    days = {(r.dimension, r.value) for r in records if r.window == "P1D"}
    published = []
    for record in records:
        if record.window == "P1D" and record.value == OTHER:
            told = sum(
                r.views
                for r in records
                if r.window == "PT1H"
                and r.dimension is record.dimension
                and r.value != OTHER
                and (r.dimension, r.value) not in days
            )
            record = structs.replace(record, views=record.views - told)
        published.append(record)
    return published
