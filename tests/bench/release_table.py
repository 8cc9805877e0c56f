"""The tables of docs/release.md: what leaks, what it costs in names, what it costs in time.

.venv/bin/python -m tests.bench.release_table
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.dry_run.utility import utility
from quietclicks.pipeline.release import Cell, HourCells, Params, close_day, close_hour, day
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import NONE, Dimension, Trend
from tests.bench.release_days import (
    DAY,
    capped,
    cells_of,
    counted,
    grouped,
    params_for,
    random_day,
    released,
    released_naively,
    start_of,
)

DAYS = 200
THRESHOLDS = (5, 7, 10, 15, 20)
BEFORE = params_for(10)
Release = Callable[[list[Event], Params], list[Trend]]
Counting = Callable[[list[Event], Params], list[Event]]


def main() -> None:
    """Print the three tables in Markdown."""
    _leaks()
    _names()
    _costs()


def _leaks() -> None:
    print(f"| {DAYS} random days | groups given away | on days |")
    print("|---|---|---|")
    releases: dict[str, Release] = {
        "threshold alone": lambda events, p: released_naively(events, p, other=False),
        "threshold and `(other)`, each window by itself": lambda events, p: released_naively(
            events, p, other=True
        ),
        "these rules": lambda events, p: released(cells_of(events), p),
    }
    for name, release in releases.items():
        _leak(name, release)
    rules = releases["these rules"]
    off: dict[str, tuple[Any, str, Callable[..., Any]]] = {
        "without step 1": (day, "enough_waiting", lambda waiting, _: waiting),
        "without the first half of step 4": (day, "others_reach_threshold", lambda *_: True),
        "without the second half of step 4": (day, "value_reaches_threshold", lambda *_: True),
        "k for every group": (Params, "needed", lambda of, *_: of.k),
    }
    for name, (where, step, instead) in off.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(where, step, instead)
            _leak(name, rules)
    _leak("search pages by their names", rules, capped)


def _leak(name: str, release: Release, counting: Counting = counted) -> None:
    groups = days = 0
    at_least = ""  # the attacker lists no more than a thousand of a dimension
    for seed in range(DAYS):
        params = params_for(THRESHOLDS[seed % len(THRESHOLDS)])
        events = counting(random_day(seed), params)
        report = attack(release(events, params), events, Rules.of(params))
        at_least = at_least if report.exhaustive else "≥ "
        if not (report.consistent and (report.exhaustive or report.violations)):
            sys.exit(f"{name}: the attack on day {seed} is not complete")
        groups += len(report.violations)
        days += bool(report.violations)
    print(f"| {name} | {at_least}{groups:,} | {days} |")


def _names() -> None:
    params = params_for(10)
    print("\n| visitors a day | dimension | hour: threshold, before, now | day: the same |")
    print("|---|---|---|---|")
    for visitors in (300, 3_000):
        shares: dict[Dimension, list[tuple[float, ...]]] = {}
        for seed in range(10):
            events = capped(random_day(seed, visitors=visitors, hours=24), params)
            with as_until_november():
                before = utility(cells_of(events), params)
            now = utility(cells_of(grouped(events)), params)
            for then, share in zip(before, now, strict=True):
                shares.setdefault(share.dimension, []).append(
                    (
                        *(share.hour_threshold, then.hour, share.hour),
                        *(share.day_threshold, then.day, share.day),
                    )
                )
        for dimension, of in shares.items():
            means = [f"{sum(x) / len(of):.3f}" for x in zip(*of, strict=True)]
            hourly = "—" if dimension in params.day_only else ", ".join(means[:3])
            print(f"| {visitors:,} | {dimension} | {hourly} | {', '.join(means[3:])} |")


@contextmanager
def as_until_november() -> Iterator[None]:
    """The rules until 2026-11-27: k for every group, and a dimension's threshold for a name.

    Search pages had their names then: give it `capped` events.
    """
    value_reaches_threshold = day.value_reaches_threshold
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Params, "threshold", lambda of, dimension, _: of.k_dim.get(dimension, of.k))
        patch.setattr(Params, "needed", lambda of, *_: of.k)
        patch.setattr(
            day, "value_reaches_threshold", lambda of, _: value_reaches_threshold(of, BEFORE.k)
        )
        yield


def _costs() -> None:
    params = params_for(10)
    print("\n| processor time on this machine | cells | s |")
    print("|---|---|---|")
    hour = _hour(1_000_000, 200_000, seed=1)
    start = time.process_time()
    close_hour(hour, params, start_of(0))
    seconds = time.process_time() - start
    print(f"| close an hour of 1M events | {_size(hour):,} | {seconds:.2f} |")
    cells, remainders, spent = 0, {}, 0.0
    for at in range(24):
        hour = _hour(6_250, 4_000, seed=at, of=30_000)
        cells += _size(hour)
        start = time.process_time()
        _, remainders[at] = close_hour(hour, params, start_of(at))
        spent += time.process_time() - start
    start = time.process_time()
    close_day(remainders, params, DAY)
    spent += time.process_time() - start
    print(f"| close a day of 30,000 visitors, its 24 hours included | {cells:,} | {spent:.2f} |")
    events = counted(random_day(1, visitors=30_000, hours=24), params)
    records = released(cells_of(events), params)
    start = time.process_time()
    attack(records, events, Rules.of(params))
    seconds = time.process_time() - start
    print(f"| attack a day of 30,000 visitors ({len(events):,} events) | | {seconds:.2f} |")


def _hour(events: int, visitors: int, seed: int, of: int | None = None) -> HourCells:
    """Long-tailed values in every dimension, a search on every tenth event."""
    dice = random.Random(seed)
    town = random.Random(0)
    crowd = [town.getrandbits(64) for _ in range(of or visitors)]
    crowd = dice.sample(crowd, visitors)
    who: dict[Dimension, dict[str, list[int]]] = {dimension: {} for dimension in Dimension}
    for _ in range(events):
        visitor = crowd[int(dice.random() * visitors)]
        for dimension, values in who.items():
            value = "" if dimension is Dimension.TOTAL else f"{int(dice.paretovariate(0.6))}"
            if dimension is Dimension.SEARCH and dice.random() < 0.9:
                value = NONE
            values.setdefault(value, []).append(visitor)
    return {
        dimension: {value: Cell(len(of), Sample(of)) for value, of in values.items()}
        for dimension, values in who.items()
    }


def _size(hour: HourCells) -> int:
    return sum(len(values) for values in hour.values())


if __name__ == "__main__":
    main()
