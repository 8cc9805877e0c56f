"""Any span: what it is called, its neighbours, beside the one before; and the page's address."""

import json
from typing import Any

import pytest

from tests.browser.conftest import Tab
from tests.browser.page import OCTOBER, click, opened, rows, text, texts, title, told
from tests.dashboard_tools import Dashboard

SPANS = {
    "a day": ({"period": "day", "day": "2026-11-27"}, ("2026-11-27", "2026-11-27")),
    "from Monday": ({"period": "week", "day": "2026-11-22"}, ("2026-11-16", "2026-11-22")),
    "over New Year": ({"period": "week", "day": "2027-01-01"}, ("2026-12-28", "2027-01-03")),
    "a leap year": ({"period": "month", "day": "2028-02-29"}, ("2028-02-01", "2028-02-29")),
    "December": ({"period": "month", "day": "2026-12-31"}, ("2026-12-01", "2026-12-31")),
    "a year": ({"period": "year", "day": "2026-05-05"}, ("2026-01-01", "2026-12-31")),
    "own": (
        {"period": "own", "day": "2026-05-05", "from": "2026-05-01", "to": "2026-05-03"},
        ("2026-05-01", "2026-05-03"),
    ),
    "own, the wrong way round": (
        {"period": "own", "day": "2026-05-05", "from": "2026-05-03", "to": "2026-05-01"},
        ("2026-05-01", "2026-05-03"),
    ),
    "own, with a date that is none": (
        {"period": "own", "day": "2026-05-05", "from": "2026-02-30", "to": "2026-05-07"},
        ("2026-05-05", "2026-05-07"),
    ),
}


async def module(tab: Tab, name: str, expression: str) -> Any:
    return await tab.run(f"import('./page/{name}.js').then((it) => {expression})")


async def test_spans_are_whole_days_of_a_calendar(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard)
    asked = json.dumps([asked for asked, _ in SPANS.values()])
    found = await module(tab, "span", f"{asked}.map((each) => it.spanOf(each))")
    ends = {name: (each["from"], each["to"]) for name, each in zip(SPANS, found, strict=True)}
    assert ends == {name: wanted for name, (_, wanted) in SPANS.items()}


@pytest.mark.parametrize("period", ["day", "week", "month", "year", "own"])
async def test_a_step_there_and_back_ends_where_it_began(
    tab: Tab, dashboard: Dashboard, period: str
) -> None:
    await opened(tab, dashboard)
    asked = {"period": period, "day": "2026-03-31", "from": "2026-03-29", "to": "2026-04-02"}
    steps = "(span) => [span, it.next(span, -1), it.next(it.next(span, -1), 1)]"
    found = await module(tab, "span", f"({steps})(it.spanOf({json.dumps(asked)}))")
    assert found[0] == found[2]
    assert found[1]["to"] < found[0]["from"]
    whole = await module(tab, "span", f"it.plus({found[1]['to']!r}, 1)")
    assert whole == found[0]["from"], "nothing lies between the two"


async def test_at_first_it_shows_the_newest_day_as_far_as_it_goes(
    tab: Tab, dashboard: Dashboard
) -> None:
    await opened(tab, dashboard)
    day = await told(tab, "trends?site=shop.example&from=2026-11-27&to=2026-11-27&by=hour")

    assert await text(tab, "#title") == "Friday, November 27, 2026"
    assert "So far" in await text(tab, "#title-note")
    assert await texts(tab, "#periods [aria-current]") == ["Day"]
    assert f"{day['totals']['views']:,}" in await text(tab, "[data-figure=views] .big")
    assert "so far;" in await text(tab, "[data-figure=views]")
    assert await text(tab, "[data-figure=visitors] .big") == "–"
    assert "told when the day is over" in await text(tab, "[data-figure=visitors]")
    assert await tab.run("document.querySelectorAll('td.change').length") == 0, "day by part of one"
    assert await tab.run("document.querySelectorAll('#chart .column').length") == 24


async def test_a_month_that_is_not_over_is_not_compared(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, "?period=month&date=2026-11-01")
    assert "So far" in await text(tab, "#title-note")
    assert "so far;" in await text(tab, "[data-figure=views]")
    assert await tab.run("document.querySelectorAll('td.change, .way').length") == 0
    assert await tab.run("document.querySelectorAll('#chart .partial').length") == 1
    days = await rows(tab, "#series")
    assert [row[1] for row in days[-3:]] == ["not released yet"] * 3


async def test_visitors_are_told_of_a_day_and_never_summed(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, "?date=2026-11-25")
    day = await told(tab, "trends?from=2026-11-25&to=2026-11-25")
    visitors = day["totals"]["visitors"]
    assert await text(tab, "[data-figure=visitors] .big") == f"about {visitors:,}"

    await click(tab, "#periods [data-keep=week]")
    await title(tab, "Nov 23 – 29, 2026")
    assert await text(tab, "[data-figure=visitors] .big") == "–"
    assert "single days only" in await text(tab, "[data-figure=visitors]")
    await click(tab, "[data-figure=visitors] summary")
    assert "cannot be added up" in await text(tab, "[data-figure=visitors] details")


async def test_a_month_stands_beside_the_span_before(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    month = await told(tab, "trends?from=2026-10-01&to=2026-10-31&by=day&compare=previous")
    views, before = month["totals"]["views"], month["before"]["views"]
    card = await text(tab, "[data-figure=views]")

    assert f"{views:,}" in card
    assert f"Aug 31 – Sep 30, 2026 had {before:,}" in card, "as many days, by their dates"
    share = f"{abs(views / before - 1):.0%}"
    arrow = "▲" if views > before else "▼"
    assert f"{arrow} {share}" in card
    word = "more" if views > before else "less"
    assert f"{share} {word} than in the period before" in card, "in words, too"
    days = await rows(tab, "#series")
    assert len(days) == 31
    assert days[0] == [
        "Oct 1, 2026",
        f"{month['series'][0]['views']:,}",
        f"{month['series'][0]['visitors']:,}",
        f"{month['before_series'][0]['views']:,}",
    ]
    assert await tab.run("document.querySelectorAll('#chart .before').length") > 20


async def test_back_and_a_link_bring_the_same_again(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard)
    await click(tab, "#periods [data-keep=month]")
    await title(tab, "November 2026")
    await click(tab, "#steps [data-keep='step.before']")
    await title(tab, "October 2026")
    address = await tab.run("location.search")
    views = await text(tab, "[data-figure=views] .big")
    await tab.run("history.back()")
    await title(tab, "November 2026")
    await tab.run("history.back()")
    await title(tab, "Friday, November 27, 2026")

    await opened(tab, dashboard, address)
    assert await text(tab, "#title") == "October 2026"
    assert await text(tab, "[data-figure=views] .big") == views


async def test_no_step_leads_to_where_nothing_can_be(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard)
    assert await tab.run("document.querySelector('[data-keep=\"step.after\"]')") is None
    await opened(tab, dashboard, "?date=2025-10-04")
    assert await tab.run("document.querySelector('[data-keep=\"step.before\"]')") is None


async def test_dates_of_ones_own(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard)
    await click(tab, "#periods [data-keep=own]")
    await tab.wait_for("document.querySelector('#dates [name=from]')")
    await tab.run(
        "(() => { const { from, to } = document.getElementById('dates').elements;"
        " from.value = '2026-08-01'; to.value = '2026-11-03';"
        " to.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    await title(tab, "Aug 1 – Nov 3, 2026")
    assert await text(tab, "#series-title") == "Page views by month"
    assert "from=2026-08-01&to=2026-11-03" in await tab.run("location.search")
    partial = (await rows(tab, "#series"))[-1]
    assert partial[0] == "November 2026"

    await click(tab, "[data-keep=by-day]")
    await tab.wait_for("document.getElementById('series-title').textContent.endsWith('day')")
    assert len(await rows(tab, "#series")) == 95


async def test_a_year_begins_with_the_first_number(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, "?period=year&date=2025-12-01")
    months = await rows(tab, "#series")
    assert [row[1] for row in months[:9]] == ["before the first number"] * 9
    assert await tab.run("document.querySelectorAll('#chart line.nothing').length") == 0


@pytest.mark.parametrize(
    "query",
    [
        "?site=nobody.example",
        "?period=eon&date=2026-13-45",
        "?by=minute&page=-1&list=9",
        "?lang=constructor",
    ],
)
async def test_an_address_that_means_nothing_shows_what_there_is(
    tab: Tab, dashboard: Dashboard, query: str
) -> None:
    await opened(tab, dashboard, query)
    assert await text(tab, "#title") == "Friday, November 27, 2026"
    assert tab.complaints == []
