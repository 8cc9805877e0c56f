"""Whom numbers of visitors give away: sites with few repeats, under attack in integers.

.venv/bin/python -m tests.bench.release_visitors
"""

from typing import NamedTuple

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.attack.visitors import told_by_visitors
from tests.bench.release_days import cells_of, counted, low_repeat_events, params_for, released
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


def main() -> None:
    """Print the table in Markdown."""
    hours, days = SEEDS[HOURS], SEEDS[DAYS]
    print(f"| visitors are told | of {hours:,} single hours | of {days} days |")
    print("|---|---|---|")
    for name, rule in RULES.items():
        found = [attacked(size, range(seeds), rule) for size, seeds in SEEDS.items()]
        cells = [f"{each.where:,} ({each.groups:,} groups)" for each in found]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
