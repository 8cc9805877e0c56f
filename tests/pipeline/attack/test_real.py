"""Real input and a whole sample day through the pure pipeline, attacked with the true events.

Two attackers: ours, and one written independently that is not part of the project.
"""

import gzip
import importlib.util
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from msgspec import structs

from quietclicks.agents.replay import with_ticks
from quietclicks.demo.shop import sample_day
from quietclicks.pipeline.anonymise import stage as anonymise_stage
from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import SiteDay, attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.clock import hour_text
from quietclicks.pipeline.counting.cells import DIMENSIONS, Change, OpenCells
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.logs.events import plan, read_log, timeline
from quietclicks.pipeline.logs.request import Reading
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.release import Params, params_of
from quietclicks.schemas import topics
from quietclicks.schemas.raw import Consent
from quietclicks.schemas.trend import Dimension, Trend
from tests.bench.release_days import published_values, released_naively
from tests.paths import ROOT, SHARED
from tests.pipeline.attack.site_days import by_site_day
from tests.pipeline_tools import Row, country, day_key, rows_of

pytestmark = pytest.mark.slow

SITE = "shop.example"
FAR = 4_000_000_000_000  # the broker's clock, ahead of every event's
INPUTS = ["access log", "sample day", "sample day of a small shop"]


class Day(NamedTuple):
    """A site-day: what was published, and the events behind it."""

    trends: list[Trend]
    events: list[Event]


class World(NamedTuple):
    params: Params
    days: dict[SiteDay, Day]


def reference() -> Policy:
    return parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")


def values_of(name: str) -> list[bytes]:
    if name == "access log":
        log = SHARED / "data" / "apache_access_2015.log.gz"
        if not log.is_file():
            pytest.skip("needs the real access log in ../shared, which is not part of the project")
        lines = gzip.decompress(log.read_bytes()).splitlines()
        return list(read_log(lines, "combined", Reading(SITE, Consent(True, None))))
    visitors = 8_000 if name == "sample day" else 300
    return list(sample_day(3, date(2026, 9, 1), visitors))


def ticked(values: Sequence[bytes], policy: Policy) -> Iterable[tuple[bytes, int]]:
    """With the ticks of a plan before the values at their indices; a sample day has its own."""
    found = timeline(values, FAR)
    planned = plan(found, policy.time.allowed_lateness, None)
    return ((value, FAR) for value, _ in with_ticks(values, planned))


@pytest.fixture(scope="module", params=INPUTS)
def world(request: pytest.FixtureRequest) -> World:
    """The pipeline's output, and what its cap let through."""
    policy = reference()
    admitted: list[Row] = []

    class Watched(OpenCells):
        def count(
            self, counted: Mapping[str, Counted], choices: Callable[[int], bool]
        ) -> list[Change]:
            admitted.extend(row for site, its in counted.items() for row in rows_of(site, its))
            return super().count(counted, choices)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anonymise_stage, "OpenCells", Watched)
        offline = Offline(policy, country, day_key)
        published = set(topics.PUBLISHED)
        trends = [
            msgspec.json.decode(record.value or b"", type=Trend)
            for record in offline.run(ticked(values_of(request.param), policy))
            if record.topic in published
        ]
    events: defaultdict[SiteDay, list[Event]] = defaultdict(list)
    for site, hour, visitor, *counted in admitted:
        values = dict(zip(DIMENSIONS, counted, strict=False))
        start = hour_text(hour)
        events[SiteDay(site, start[:10])].append(Event(start, visitor, values))
    of = by_site_day(trends)
    return World(
        params_of(policy),
        {where: Day(of.get(where, []), its) for where, its in events.items()},
    )


def test_there_is_something_to_attack(world: World) -> None:
    assert sum(len(day.trends) for day in world.days.values()) > 100
    values = Counter(trend.dimension for day in world.days.values() for trend in day.trends)
    assert values[Dimension.PAGE] > 5
    assert values[Dimension.SEARCH] >= 1


def test_nothing_is_given_away(world: World) -> None:
    for where, day in world.days.items():
        report = attack(day.trends, day.events, Rules.of(world.params))
        assert report.consistent, where
        assert report.exhaustive, where
        assert report.violations == (), where


def test_without_the_events_nothing_is_certain(world: World) -> None:
    for where, day in world.days.items():
        report = attack(day.trends, None, Rules.of(world.params))
        assert report.consistent, where
        assert report.violations == (), where


def test_in_each_window_views_add_up_to_the_total(world: World) -> None:
    for where, day in world.days.items():
        sums: Counter[tuple[str, str, Dimension]] = Counter()
        for trend in day.trends:
            sums[trend.window, trend.start, trend.dimension] += trend.views
        for (window, start, dimension), views in sums.items():
            assert views == sums[window, start, Dimension.TOTAL], (where, window, start, dimension)


def naive(world: World) -> World:
    """The same events, released with the threshold as the only rule."""
    return World(
        world.params,
        {
            where: Day(
                [
                    structs.replace(trend, site=where.site, start=where.day + trend.start[10:])
                    for trend in released_naively(day.events, world.params, other=False)
                ],
                day.events,
            )
            for where, day in world.days.items()
        },
    )


@pytest.mark.skipif(not importlib.util.find_spec("numpy"), reason="the other attacker needs numpy")
@pytest.mark.parametrize("release", ["these rules", "threshold alone"])
def test_the_other_attacker_agrees(
    world: World, release: str, shared: Path, tmp_path: Path
) -> None:
    if release == "threshold alone":
        world = naive(world)
    theirs = told_by_the_other(world, shared / "tools" / "attack.py", tmp_path)
    ours = {
        where: attack(day.trends, day.events, Rules.of(world.params))
        for where, day in world.days.items()
        if day.trends
    }
    assert theirs == {where: bool(report.violations) for where, report in ours.items()}
    assert any(theirs.values()) == (release == "threshold alone")


def told_by_the_other(world: World, tool: Path, folder: Path) -> dict[SiteDay, bool]:
    """Whether it finds a violation, by site-day."""
    records, events = folder / "records.jsonl", folder / "events.jsonl"
    records.write_bytes(
        b"\n".join(msgspec.json.encode(t) for day in world.days.values() for t in day.trends)
    )
    with events.open("w") as file:
        for where, day in world.days.items():
            for event in published_values(day.events):
                line = {"site": where.site, "hour": event.hour, "visitor": event.visitor}
                print(json.dumps(line | {"dims": event.values}), file=file)
    done = subprocess.run(
        [sys.executable, tool, records, events, "--k", str(world.params.k)],
        capture_output=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line for line in lines if "checked" in line]
    assert all(line["consistent"] and line["checked"] for line in told), done.stderr
    found = {SiteDay(line["site"], line["day"]): bool(line["n_violations"]) for line in told}
    assert done.returncode == any(found.values())
    return found
