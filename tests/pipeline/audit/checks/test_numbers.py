"""Published numbers: those of the release hold, and an injected or a repeated one is found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.audit.checks.differencing import Attacks
from quietclicks.pipeline.audit.checks.thresholds import ThresholdScan
from quietclicks.pipeline.audit.checks.windows import Published, as_released
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.evidence.kinds import WindowReleased
from quietclicks.pipeline.release import params_of
from quietclicks.schemas.trend import OTHER, SEARCH_PAGES, Dimension, Trend
from tests.pipeline.audit.made import POLICY
from tests.pipeline.audit.passed_on import numbers
from tests.pipeline.evidence import made
from tests.rows import each_row

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
TRENDS = [msgspec.json.decode(each.value or b"", type=Trend) for each in numbers()]
PAGE = next(each for each in TRENDS if each.dimension is Dimension.PAGE and each.value[0] == "/")
TOTAL = next(each for each in TRENDS if each.dimension is Dimension.TOTAL and " " not in each.site)
SITE = TOTAL.site
BEGIN = datetime.fromisoformat("2026-11-01T00:00:00Z")


def judged(*trends: Trend) -> Finding:
    scan = ThresholdScan(POLICY)
    for offset, each in enumerate(trends):
        scan.number(f"trends.pages[0]@{offset}", each)
    return scan.finding()


def test_what_the_release_publishes() -> None:
    found = judged(*TRENDS)
    assert found.outcome is HELD, found.problems
    assert found.says.startswith(f"{len(TRENDS):,} published numbers")
    assert {each.dimension for each in TRENDS} > {Dimension.PAGE, Dimension.SOURCE}
    assert any(" " in each.site for each in TRENDS)  # streams, too
    assert judged().outcome is NOT


@each_row(
    ("trend", "change", "says"),
    [
        (PAGE, {"value": "/only/one", "views": 1, "visitors": 1}, "page: fewer than the 10"),
        (PAGE, {"views": 9, "visitors": 10}, "page: fewer than the 10 visitors"),
        (PAGE, {"visitors": 11}, "its number of visitors is none that the rules make"),
        (PAGE, {"visitors": 0}, "its number of visitors is none that the rules make"),
        (PAGE, {"views": 30, "visitors": 40}, "page: more visitors than views"),
        (PAGE, {"views": -1, "visitors": -1}, "page: fewer than the 10"),
        (PAGE, {"value": SEARCH_PAGES, "views": 19, "visitors": 10}, "fewer than the 20"),
        (PAGE, {"value": OTHER, "views": 9, "visitors": 0}, "fewer than the 10"),
        (PAGE, {"dimension": Dimension.SEARCH, "window": "PT1H"}, "search: of an hour, and only"),
        (PAGE, {"site": "other.example"}, "of a site that the policy does not list"),
        (PAGE, {"site": f"{SITE} (bots)"}, "nothing more than a number is told of bots"),
        (PAGE, {"site": f"{SITE} (opted out)"}, "nothing more than a number is told of opted out"),
        (PAGE, {"value": "/search"}, "a search page by its own name"),
        (PAGE, {"window": "P1D", "start": "2024-01-01T01:00:00Z"}, "does not begin at the full"),
        (PAGE, {"start": "2024-01-01T01:30:00Z"}, "does not begin at the full hour"),
        (PAGE, {"start": "ada@mail.example"}, "its window begins at no time"),
        (TOTAL, {"views": 3, "visitors": 0}, "total: fewer than the 10"),
        (PAGE, {"policy": "2020-01-01", "views": 4, "visitors": 4}, "fewer than 5 visitors"),
    ],
)
def test_a_number_that_must_not_be_there(trend: Trend, change: dict[str, Any], says: str) -> None:
    found = judged(TOTAL, replace(trend, **change))
    assert found.outcome is BROKEN
    assert found.problems[0].startswith("trends.pages[0]@1: ")
    assert says in found.problems[0]
    assert "only/one" not in str(found)
    assert "ada" not in str(found)


def test_numbers_of_an_earlier_policy_are_held_against_the_floors() -> None:
    found = judged(replace(PAGE, policy="2020-01-01", views=7, visitors=7))
    assert found.outcome is HELD
    assert "1 of an earlier policy" in found.says


@pytest.mark.parametrize(("changed", "repeated"), [(1, 0), (0, 3)])
def test_numbers_that_were_published_twice(changed: int, repeated: int) -> None:
    scan = ThresholdScan(POLICY)
    scan.number("x", TOTAL)
    scan.again(SITE, "2026-11-22", 0, 0)
    assert scan.finding().outcome is HELD
    scan.again(SITE, "2026-11-22", changed, repeated)
    assert "were published twice" in scan.finding().problems[0]
    scan.again("ada@mail.example", "2026-11-22", changed, repeated)
    assert "ada" not in str(scan.finding())


def test_numbers_that_cannot_be_taken_apart() -> None:
    attacks = Attacks([SITE])
    assert attacks.finding().outcome is NOT
    rules = Rules.of(params_of(POLICY))
    own = [each for each in TRENDS if each.site == SITE]
    attacks.day(SITE, "2024-01-01", attack(own, None, rules))
    assert attacks.finding().outcome is HELD
    # What one visitor looked at, beside the same hour's total.
    small = replace(PAGE, value="/only/one", views=3, visitors=3)
    attacks.day(SITE, "2024-01-02", attack([*own, small], None, rules))
    found = attacks.finding()
    assert found.outcome is BROKEN
    assert found.problems[0].startswith(f"{SITE} 2024-01-02: ")
    attacks.day("ada@mail.example", "x", attack([small], None, rules))
    assert "ada" not in str(attacks.finding())
    assert "only/one" not in str(attacks.finding())


@dataclass
class Windows:
    """Of two days, as the log tells of them and as they are published."""

    entries: list[WindowReleased]
    published: dict[tuple[str, str], Published]

    def judged(self) -> Finding:
        return as_released(self.entries, self.published, BEGIN)


def windows() -> Windows:
    entries = []
    for hour in range(24):
        entries.append(made.window(BEGIN.replace(hour=hour), days=False))
    entries.append(made.window(BEGIN, days=True))
    published = {
        (str(each.window), each.start.strftime("%Y-%m-%dT%H:%M:%SZ")): Published(
            each.records, each.hash
        )
        for each in entries
        if isinstance(each, WindowReleased)
    }
    return Windows([each for each in entries if isinstance(each, WindowReleased)], published)


DAY, HOUR = ("P1D", "2026-11-01T00:00:00Z"), ("PT1H", "2026-11-01T03:00:00Z")


def test_windows_as_they_were_released() -> None:
    assert windows().judged().outcome is HELD
    assert "25 windows with 175 numbers" in windows().judged().says
    quiet = windows()
    del quiet.published[HOUR]
    quiet.entries[3] = msgspec.structs.replace(quiet.entries[3], records=0)
    assert quiet.judged().outcome is HELD
    assert as_released([], quiet.published, BEGIN).outcome is NOT
    later = BEGIN.replace(month=12)
    assert as_released(quiet.entries, quiet.published, later).outcome is NOT


@pytest.mark.parametrize("name", [DAY, HOUR])
def test_windows_that_are_not(name: tuple[str, str]) -> None:
    twice = windows()
    twice.published[name] = Published(14, "f" * 64)
    assert _only(twice).startswith(f"{name[0]} of 2026-11-01")
    assert "14 numbers are published, and 7 were released" in _only(twice)
    changed = windows()
    changed.published[name] = Published(7, "f" * 64)
    assert "its numbers are not those that were released" in _only(changed)
    gone = windows()
    del gone.published[name]
    assert "0 numbers are published, and 7 were released" in _only(gone)


def test_a_window_that_the_log_does_not_know() -> None:
    unknown = windows()
    del unknown.entries[3]
    assert "published, and the audit log does not know of it" in _only(unknown)
    newer = windows()
    newer.published["PT1H", "2026-11-02T00:00:00Z"] = Published(7, "f" * 64)
    assert newer.judged().outcome is HELD  # the log has not told of it yet
    told_twice = windows()
    told_twice.entries.append(told_twice.entries[3])
    assert "says twice that it was released" in _only(told_twice)


def _only(found: Windows) -> str:
    [problem] = found.judged().problems
    return problem
