"""Which entries are shown, and how each kind reads."""

from datetime import UTC, date, datetime

import pytest

from quietclicks.commands.audit.entry_line import line
from quietclicks.pipeline.evidence.choose import Wanted
from quietclicks.pipeline.evidence.entries import Entry
from quietclicks.pipeline.evidence.kinds import (
    NAMES,
    Body,
    Difference,
    Drift,
    KeyTombstoned,
    Place,
    WindowReleased,
    Workers,
)
from quietclicks.pipeline.evidence.tree import FIRST_PREV
from tests.pipeline.evidence.made import audit

EARLY, NOON = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)
BODIES: list[Body] = [
    KeyTombstoned(day=DAY, tombstoned=Place(offset=9, time=NOON)),
    WindowReleased(
        window="PT1H", start=EARLY, records=4, hash="ab" * 32, later={"trends.pages": (7,)}
    ),
    Workers(hour=EARLY, starts=2, stops=1, versions=("0.1.0", "0.2.0"), end=3),
    audit(),
    Drift(
        of="topics",
        differences=(
            Difference(topic="trends.pages", what="retention.ms"),
            Difference(topic=None, what="authorizer"),
        ),
    ),
    Drift(of="access", differences=()),
]
ENTRIES = [Entry(i, FIRST_PREV, NOON, "0.1.0", body) for i, body in enumerate(BODIES)]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [0, 1, 2, 3, 4, 5]),
        (Wanted(kind="drift"), [4, 5]),
        (Wanted(day=DAY), [0, 1, 2]),
        (Wanted(day=NOON.date()), [3, 4, 5]),
        (Wanted(kind="window", day=DAY), [1]),
        (Wanted(since=NOON.date(), until=NOON.date()), [0, 1, 2, 3, 4, 5]),
        (Wanted(since=date(2026, 11, 23)), []),
        (Wanted(until=date(2026, 11, 21)), []),
    ],
    ids=str,
)
def test_what_is_asked_for_and_nothing_else(wanted: Wanted, numbers: list[int]) -> None:
    assert [each.i for each in ENTRIES if wanted.has(each)] == numbers


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "day 2026-11-20, tombstoned 9 2026-11-22T12:00:00Z"),
        (1, "window PT1H, start 2026-11-20T00:00:00Z, records 4, hash abababababab…"),
        (2, "hour 2026-11-20T00:00:00Z, starts 2, stops 1, versions 0.1.0; 0.2.0"),
        (4, "of topics, differences trends.pages retention.ms; authorizer"),
        (5, "of access, differences none"),
    ],
)
def test_each_is_a_line(number: int, words: str) -> None:
    entry = ENTRIES[number]
    kind = NAMES[type(entry.body)]
    assert line(entry) == f"{number:6}  2026-11-22T12:00:00Z  {kind:15} {words}"


def test_very_many_things_are_cut_short_and_counted() -> None:
    many = tuple(Difference(topic="trends.pages", what="x" * 30) for _ in range(40))
    shown = line(Entry(0, FIRST_PREV, NOON, "0.1.0", Drift(of="topics", differences=many)))
    assert shown.endswith("… (40)")
    assert len(shown) < 200
