"""Whom numbers of visitors give away: sites with few repeats, under attack in integers.

.venv/bin/python -m tests.bench.release_visitors
"""

from typing import NamedTuple

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.attack.visitors import told_by_visitors
from tests.bench.release_days import (
    cells_of,
    counted,
    low_repeat_events,
    params_for,
    random_day,
    released,
)
from tests.bench.visitor_rules import (
    ABOUT,
    EXACT,
    ROUNDED_DOWN,
    WITHOUT_CHANCE,
    Rule,
    reading_of,
    released_by,
)

HOURS, DAYS = "hours", "days"
SEEDS = {HOURS: 2_000, DAYS: 200}
LENGTHS = (3, 6, 12, 24)  # hours of a day
PARAMS = params_for(10)
RULES = {
    "exact": EXACT,
    "rounded down, as until 2026-11-27": ROUNDED_DOWN,
    "to the nearest, without chance": WITHOUT_CHANCE,
    "chance, then the nearest": ABOUT,
}


class Found(NamedTuple):
    """Groups of fewer than k visitors that are certain, and in how many hours or days."""

    where: int
    groups: int


def events_of(size: str, seed: int) -> list[Event]:
    """A single hour, or a day."""
    return low_repeat_events(seed, 1 if size == HOURS else LENGTHS[seed % len(LENGTHS)])


def attacked(size: str, seeds: range, rule: Rule) -> Found:
    """Release each under a rule for visitors, and attack it."""
    where = groups = 0
    read = reading_of(rule)
    with released_by(rule):
        for seed in seeds:
            events = counted(events_of(size, seed), PARAMS)
            records = released(cells_of(events), PARAMS)
            if size == HOURS:
                records = [record for record in records if record.window == "PT1H"]
            found = len(list(told_by_visitors(records, Rules.of(PARAMS), read)))
            groups += found
            where += found > 0
    return Found(where, groups)


def mean_errors(visitors: int) -> dict[str, tuple[float, float]]:
    """By window: how far numbers are from what is counted, as a part of it; now, and rounded down.

    Ten days of the random sites, all dimensions, each published number with the same weight.
    """
    errors: dict[str, list[tuple[float, float]]] = {"PT1H": [], "P1D": []}
    for seed in range(10):
        cells = cells_of(counted(random_day(seed, visitors=visitors, hours=24), PARAMS))
        with released_by(EXACT):
            exact = released(cells, PARAMS)
        for true, told in zip(exact, released(cells, PARAMS), strict=True):
            down = true.visitors // PARAMS.k * PARAMS.k
            errors[true.window].append(
                (abs(told.visitors / true.visitors - 1), 1 - down / true.visitors)
            )
    return {
        window: (sum(now for now, _ in of) / len(of), sum(down for _, down in of) / len(of))
        for window, of in errors.items()
    }


def main() -> None:
    """Print the tables in Markdown."""
    hours, days = SEEDS[HOURS], SEEDS[DAYS]
    print(f"| visitors are told | of {hours:,} single hours | of {days} days |")
    print("|---|---|---|")
    for name, rule in RULES.items():
        found = [attacked(size, range(seeds), rule) for size, seeds in SEEDS.items()]
        cells = [f"{each.where:,} ({each.groups:,} groups)" for each in found]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| visitors a day | window | mean error: now | rounded down |")
    print("|---|---|---|---|")
    for visitors in (300, 3_000):
        for window, (now, down) in mean_errors(visitors).items():
            print(f"| {visitors:,} | {window} | {now:.3f} | {down:.3f} |")


if __name__ == "__main__":
    main()
