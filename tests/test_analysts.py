"""The SQL in docs/analysts.md, as it stands there, on an export: does it add up right?"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest
from msgspec import structs

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.api import PREFIX, Api
from quietclicks.agents.web.exchange import Request
from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.dashboard.records import Decoder
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend
from tests.bench.release_days import (
    cells_of,
    counted,
    params_for,
    published_values,
    random_day,
    released,
)
from tests.dashboard_tools import POLICY, closing
from tests.paths import ROOT

SITE = "shop.example"
PARAMS = params_for(10)
DAYS = [f"2026-09-{day:02}" for day in range(1, 9)]
OUTSIDE = "2026-10-01"
COLUMNS = ("value", "views", "at_least", "at_most", "share")


def blocks() -> list[str]:
    return re.findall(r"```sql\n(.+?)```", (ROOT / "docs" / "analysts.md").read_text(), re.S)


def on(day: str, trend: Trend, site: str = SITE) -> Trend:
    return structs.replace(trend, site=site, start=day + trend.start[10:])


@pytest.fixture(scope="module")
def events() -> dict[str, list[Event]]:
    """What happened: busy days and a day on which too few came."""
    days = {
        day: counted(random_day(n, visitors=200 + 40 * n, hours=8), PARAMS)
        for n, day in enumerate([*DAYS[1:], OUTSIDE])
    }
    return {DAYS[0]: counted(random_day(99, visitors=8, hours=2), PARAMS), **days}


@pytest.fixture(scope="module")
def trends(events: dict[str, list[Event]]) -> list[Trend]:
    return [
        on(day, trend) for day, of in events.items() for trend in released(cells_of(of), PARAMS)
    ]


@pytest.fixture
def database(
    trends: list[Trend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[duckdb.DuckDBPyConnection]:
    """With an export as a consumer writes it: unordered, some twice, and of another site, too."""
    lines = [*trends, *trends[:50], *(on(DAYS[3], each, "other.example") for each in trends[-40:])]
    random.Random(1).shuffle(lines)
    (tmp_path / "trends.ndjson").write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        connection.execute(blocks()[0].split("-- The ten pages")[0])
        yield connection


Row = tuple[str, int, bool, int, float]


def ranking(database: duckdb.DuckDBPyConnection, dimension: Dimension, *days: str) -> list[Row]:
    found: list[Row] = database.execute(
        "SELECT * FROM ranking(?, ?, ?, ?)", [SITE, dimension, *days]
    ).fetchall()
    return found


PERIODS = {
    "a day": (DAYS[4], DAYS[5]),
    "a week": (DAYS[0], DAYS[7]),
    "a month": ("2026-09", "2026-10"),
}


@pytest.mark.parametrize("dimension", [d for d in Dimension if d is not Dimension.TOTAL])
@pytest.mark.parametrize("period", PERIODS)
def test_it_adds_up_and_bounds_the_truth(
    database: duckdb.DuckDBPyConnection,
    trends: list[Trend],
    events: dict[str, list[Event]],
    dimension: Dimension,
    period: str,
) -> None:
    first, before = PERIODS[period]
    rows = ranking(database, dimension, first, before)
    days = [t for t in trends if t.window == "P1D" and first <= t.start < before]
    told = Counter[str]()
    for trend in days:
        if trend.dimension is dimension:
            told[trend.value] += trend.views
    total = sum(t.views for t in days if t.dimension is Dimension.TOTAL)
    assert {value: views for value, views, *_ in rows} == told
    assert sum(views for _, views, *_ in rows) == total
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)

    truth = Counter(
        event.values.get(dimension, NONE)
        for day in {trend.start[:10] for trend in days}
        for event in published_values(in_the_day(events[day], day, trends))
    )
    assert truth.total() == total
    for value, views, at_least, at_most, share in rows:
        assert share == pytest.approx(views / total)
        assert (at_most > views) == at_least
        if value != OTHER:
            assert views <= truth[value] <= at_most
            assert at_least or views == truth[value]


def test_the_dashboard_says_the_same(
    database: duckdb.DuckDBPyConnection, trends: list[Trend], tmp_path: Path
) -> None:
    decoder = Decoder()
    entries = [decoder.entry(b"", msgspec.json.encode(each), 0) for each in trends]
    with closing(Store(tmp_path / "store")) as store:
        store.apply(dict(entry for entry in entries if entry), {})
        api = Api(store, parse(POLICY, "policy"))
        for first, before in (("2026-09-01", "2026-09-08"), ("2026-09-05", "2026-09-06")):
            last = (date.fromisoformat(before) - timedelta(days=1)).isoformat()
            query = {"site": SITE, "from": first, "to": last, "size": "500"}
            for dimension in (d for d in Dimension if d is not Dimension.TOTAL):
                asked = {**query, "dimension": dimension.value}
                answer = api.answer(Request("GET", f"{PREFIX}list", asked, {}))
                found = msgspec.json.decode(answer.body)
                rows = [tuple(row[name] for name in COLUMNS) for row in found["rows"]]
                right = ranking(database, dimension, first, before)
                assert rows == [
                    (*row[:4], round(row[4], 4)) for row in right if row[0] not in (OTHER, NONE)
                ]
                special = {OTHER: found["other"], NONE: found["none"]}
                assert {value: part["views"] for value, part in special.items() if part} == {
                    row[0]: row[1] for row in right if row[0] in (OTHER, NONE)
                }


def in_the_day(events: list[Event], day: str, trends: list[Trend]) -> list[Event]:
    """All events, but those of hours that waited in vain."""
    totals = {
        (t.window, t.start): t.views
        for t in trends
        if t.dimension is Dimension.TOTAL and t.start.startswith(day)
    }
    if totals["P1D", f"{day}T00:00:00Z"] == len(events):
        return events
    return [event for event in events if ("PT1H", day + event.hour[10:]) in totals]


def test_the_periods_hold_what_they_are_meant_to(trends: list[Trend]) -> None:
    """A day without a number, values that are missing on a day, complete ones and others."""
    days = {t.start[:10] for t in trends}
    assert days == {*DAYS[1:], OUTSIDE}
    pages = [t for t in trends if t.window == "P1D" and t.dimension is Dimension.PAGE]
    assert {t.complete for t in pages} == {True, False}
    some = Counter(t.value for t in pages)
    assert {n < len(days) for n in some.values()} == {True, False}


def test_the_page_as_it_stands(database: duckdb.DuckDBPyConnection, trends: list[Trend]) -> None:
    top = database.execute("SELECT" + blocks()[0].rpartition("\nSELECT")[2]).fetchall()
    assert len(top) == 10
    assert not {OTHER, NONE} & {row[0] for row in top}
    assert (
        top
        == [
            row
            for row in ranking(database, Dimension.PAGE, "2026-09-01", "2026-10-01")
            if row[0] not in (OTHER, NONE)
        ][:10]
    )
    [(days, views)] = database.execute(blocks()[1]).fetchall()
    inside = [
        t.views
        for t in trends
        if t.dimension is Dimension.TOTAL and t.window == "P1D" and t.start < OUTSIDE
    ]
    assert (days, views) == (len(inside), sum(inside))
