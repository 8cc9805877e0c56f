"""The dashboard's numbers against those of a model of a few lines, over random small histories.

The model has no SQL and lays nothing aside: it follows the rules of docs/analysts.md by the word.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.agents.dashboard.store import Store
from quietclicks.pipeline.clock import HOURS_PER_DAY, day_text
from quietclicks.pipeline.dashboard import answers
from quietclicks.pipeline.dashboard.answers import Thresholds
from quietclicks.pipeline.dashboard.ask import asked
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas.trend import NONE, OTHER
from tests.dashboard_tools import Entries, closing

SITE = "shop.example"
FIRST = 20_000
DAYS, HOURS = 5, 3
VALUES = ("/a", "/b", "/c", NONE, OTHER)

counts = st.integers(10, 40)
shown = st.dictionaries(st.sampled_from(VALUES), st.tuples(counts, st.booleans()), min_size=1)
# A window: what is told of pages and of searches (by the day alone); None: too few came.
window = st.none() | st.tuples(shown, shown)
day = st.tuples(window, st.lists(window, min_size=HOURS, max_size=HOURS))
histories = st.lists(day, min_size=DAYS, max_size=DAYS)

Told = tuple[dict[str, tuple[int, bool]], dict[str, tuple[int, bool]]]
History = list[tuple[Told | None, list[Told | None]]]


def entries_of(history: History) -> Entries:
    entries: Entries = {}
    for number, (whole, hours) in enumerate(history):
        first = (FIRST + number) * HOURS_PER_DAY
        windows = [(True, first, whole), *((False, first + n, h) for n, h in enumerate(hours))]
        for is_day, hour, told in windows:
            if told is None:
                continue
            lists = {"page": told[0], **({"search": told[1]} if is_day else {})}
            views = sum(views for views, _ in told[0].values())
            entries[Key(SITE, is_day, hour, "total", "")] = Numbers(views, 10, True)
            for dimension, values in lists.items():
                for value, (views, complete) in values.items():
                    is_complete = complete or value == OTHER
                    key = Key(SITE, is_day, hour, dimension, value)
                    entries[key] = Numbers(views, 20, is_complete)
    return entries


def windows_of(entries: Entries, first: int, last: int) -> list[tuple[bool, int]]:
    """Days; of a day without a number, its hours."""
    found: list[tuple[bool, int]] = []
    for each in range(first, last + 1):
        start = each * HOURS_PER_DAY
        if Key(SITE, True, start, "total", "") in entries:
            found.append((True, start))
            continue
        hours = range(start, start + HOURS_PER_DAY)
        found += [(False, h) for h in hours if Key(SITE, False, h, "total", "") in entries]
    return found


def model(entries: Entries, dimension: str, first: int, last: int) -> dict[str, dict[str, Any]]:
    """By value: views, whether at least, and how many at most."""
    windows = windows_of(entries, first, last)
    values = {key.value for key in entries if key.dimension == dimension}
    found = {}
    for value in values:
        views, elsewhere, is_told, may_be_more = 0, 0, False, False
        for is_day, hour in windows:
            told = entries.get(Key(SITE, is_day, hour, dimension, value))
            other = entries.get(Key(SITE, is_day, hour, dimension, OTHER))
            if told:
                is_told = True
                views += told.views
            if other and not (told and told.complete):
                may_be_more = True
                elsewhere += other.views
        if is_told:
            found[value] = {"views": views, "at_most": views + elsewhere, "at_least": may_be_more}
    return found


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder))) as store:
        yield store


def refill(store: Store, entries: Entries) -> None:
    """In two parts, of which the second says some again that the first had otherwise."""
    keys = sorted(entries)
    again: Entries = {key: Numbers(1, 1, False) for key in keys[::2]}
    store.clear()
    store.apply({**again, **{key: entries[key] for key in keys[1::2]}}, {})
    store.apply({key: entries[key] for key in keys[::2]}, {})


@settings(max_examples=60)
@given(histories, st.integers(0, DAYS - 1), st.integers(0, DAYS - 1))
def test_lists_are_as_the_rules_have_it(
    store: Store, history: History, one: int, other: int
) -> None:
    entries = entries_of(history)
    refill(store, entries)
    first, last = FIRST + min(one, other), FIRST + max(one, other)
    query = {"from": day_text(first), "to": day_text(last), "site": SITE, "compare": "previous"}
    wanted = asked(query)
    with store.reading() as known:
        if not any(site.name == SITE for site in known.sites()):
            return
        found = answers.trends(known, wanted, Thresholds(10, {}))
    windows = windows_of(entries, first, last)
    totals = {place: entries[Key(SITE, *place, "total", "")] for place in windows}
    assert found["totals"]["views"] == sum(n.views for n in totals.values() if n)
    assert found["totals"]["days_told"] == sum(is_day for is_day, _ in windows)
    is_open = any(not is_day for is_day, _ in windows)
    lists = {each["dimension"]: each for each in found["lists"]}
    for dimension in ("page", "search"):
        expected = model(entries, dimension, first, last)
        assert (dimension in lists) == bool(expected)
        if not expected:
            continue
        listed = lists[dimension]
        total = sum(each["views"] for each in expected.values())
        assert listed["views"] == total
        before = model(entries, dimension, 2 * first - last - 1, first - 1)
        for row in listed["rows"]:
            right = expected.pop(row["value"])
            assert row["views"] == right["views"]
            assert row["at_most"] == right["at_most"]
            assert row["at_least"] == (right["at_least"] or is_open)
            assert row["share"] == round(right["views"] / total, 4)
            assert row["before"] == before.get(row["value"], {}).get("views")
        assert listed["values"] == len(listed["rows"])
        for name, value in (("none", NONE), ("other", OTHER)):
            part = expected.pop(value, None)
            assert (listed[name] and listed[name]["views"]) == (part and part["views"])
        assert expected == {}
        assert listed["more"] is None


@settings(max_examples=30)
@given(histories)
def test_points_of_a_series_are_what_was_told(store: Store, history: History) -> None:
    entries = entries_of(history)
    refill(store, entries)
    query = {"from": day_text(FIRST), "to": day_text(FIRST + DAYS - 1), "site": SITE}
    with store.reading() as known:
        if not any(site.name == SITE for site in known.sites()):
            return
        by = {
            name: answers.trends(known, asked({**query, "by": name}), Thresholds(10, {}))["series"]
            for name in ("hour", "day", "month")
        }
    latest = max((key.hour for key in entries if not key.is_day), default=0)
    for n, point in enumerate(by["hour"]):
        hour = FIRST * HOURS_PER_DAY + n
        told = entries.get(Key(SITE, False, hour, "total", ""))
        is_over = Key(SITE, True, hour - hour % 24, "total", "") in entries or hour < latest
        state = "released" if told else "nothing" if is_over else "open"
        numbers = (told.views, told.visitors) if told else (None, None)
        assert (point["views"], point["visitors"], point["state"]) == (*numbers, state)
    for n, point in enumerate(by["day"]):
        total = entries.get(Key(SITE, True, (FIRST + n) * HOURS_PER_DAY, "total", ""))
        of_hours = [h["views"] for h in by["hour"][n * 24 : n * 24 + 24] if h["views"]]
        if total:
            assert (point["views"], point["state"]) == (total.views, "released")
        elif of_hours:
            assert (point["views"], point["state"]) == (sum(of_hours), "partial")
        else:
            assert point["views"] is None
            assert point["state"] in ("nothing", "open")
    assert sum(p["views"] or 0 for p in by["month"]) == sum(p["views"] or 0 for p in by["day"])
    assert {p["visitors"] for p in by["month"]} == {None}
