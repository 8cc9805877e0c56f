"""Who can use the page: by keys, by ear, on a telephone, from right to left, in two languages."""

import itertools
from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.browser.legible import CONTRASTS
from tests.browser.page import OCTOBER, click, opened, rows, text, texts, title
from tests.dashboard_tools import Dashboard

AXE = Path(__file__).parent / "scripts" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "axe.run(document, { resultTypes: ['violations'] })"
VIOLATIONS = (
    f"{RULES}.then(({{ violations }}) => violations.map(({{ id, nodes }}) => "
    "`${id}: ${nodes.map((each) => each.html.slice(0, 90)).join(' | ')}`))"
)
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
WIDE = "document.documentElement.scrollWidth"
PAGES = {
    "an open day": "",
    "a month": OCTOBER,
    "own dates": "?period=own&from=2026-01-01&to=2026-11-20",
    "all of a list": OCTOBER + "&list=page&search=product",
    "in German": OCTOBER + "&lang=de",
    "a part of another page": OCTOBER + "&embed=1",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", PAGES.values(), ids=PAGES)
async def test_it_keeps_the_rules_of_accessibility(
    tab: Tab, dashboard: Dashboard, query: str, scheme: str
) -> None:
    if not AXE.exists():
        pytest.skip("needs axe-core: make scripts")
    await tab.scheme(scheme)
    await opened(tab, dashboard, query)
    await tab.run(OPEN_ALL)
    await tab.run(AXE.read_text("utf-8"))
    assert await tab.run(VIOLATIONS) == []
    assert tab.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", [OCTOBER, OCTOBER + "&list=page"], ids=["overview", "list"])
async def test_every_text_is_legible(
    tab: Tab, dashboard: Dashboard, query: str, scheme: str
) -> None:
    await tab.scheme(scheme)
    await opened(tab, dashboard, query)
    await tab.run(OPEN_ALL)
    assert await tab.run(CONTRASTS) == []
    ground = await tab.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 247, 245)" if scheme == "light" else "rgb(16, 21, 19)")


async def test_headings_are_in_order_and_ids_are_one_each(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    levels = "[...document.querySelectorAll('h1, h2, h3')].filter((each) => each.checkVisibility())"
    found = await tab.run(f"{levels}.map((each) => Number(each.tagName[1]))")
    assert found[0] == 1
    assert found.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(found))
    ids = await tab.run("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(set(ids)) == len(ids)


async def test_the_keyboard_reaches_everything_in_order(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    name = "((it) => it.dataset.keep ?? it.id ?? it.tagName)(document.activeElement)"
    reached = []
    for _ in range(20):
        await tab.key("Tab")
        reached.append(await tab.run(f"{name} || document.activeElement.className"))
    wanted = ["skip", "site", "en", "de", "day", "week", "month", "year", "own"]
    assert reached[: len(wanted)] == wanted
    after = ["step.before", "step.after", "date-date"]
    assert [each for each in reached if each in after][:3] == after
    assert reached.index("hint-visitors") < reached.index("chart")


async def test_a_step_by_key_keeps_the_focus(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    await tab.run("document.querySelector('[data-keep=\"step.before\"]').focus()")
    await tab.key("Enter")
    await title(tab, "September 2026")
    assert await tab.run("document.activeElement.dataset.keep") == "step.before"


async def test_arrow_keys_say_a_point_after_the_other(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    days = await rows(tab, "#series")
    assert await tab.run("document.getElementById('readout').tagName") == "OUTPUT", "it is live"
    await tab.run("document.getElementById('chart').focus()")
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home"):
        await tab.key(key)
        said.append(await text(tab, "#readout"))
    first, second, last = (
        f"{day}: {views} page views, about {visitors} visitors"
        for day, views, visitors, _ in (days[0], days[1], days[-1])
    )
    assert said == [first, second, first, last, last, first]
    assert await tab.run("document.querySelectorAll('#chart .at').length") == 1


async def test_the_chart_says_what_it_shows_and_has_a_table(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, "?date=2026-11-25")
    label = await tab.run("document.getElementById('chart').getAttribute('aria-label')")
    hours = await rows(tab, "#series")
    told = [row for row in hours if row[1] != "nothing released"]
    most = max(told, key=lambda row: int(row[1].replace(",", "")))
    assert label.startswith(f"{len(told)} of 24 are released, most at {most[0]} with {most[1]}")
    size = "(({ width, height }) => [width, height])(chart.firstChild.getBoundingClientRect())"
    wide, high = await tab.run(size)
    assert wide > 600
    assert high > 200
    assert await tab.run("document.querySelector('figure').contains(document.querySelector('svg'))")
    await click(tab, "[data-open=nothing] summary")
    assert "fewer than 10 visitors" in await text(tab, "[data-open=nothing]")


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_nothing_sticks_out_at_any_width(
    tab: Tab, dashboard: Dashboard, width: int, direction: str
) -> None:
    await tab.size(width)
    for query in (OCTOBER + "&lang=de", OCTOBER + "&list=source"):
        await opened(tab, dashboard, query)
        await tab.run(f"document.documentElement.dir = {direction!r}; {OPEN_ALL}")
        assert await tab.run(WIDE) == width


async def test_from_right_to_left_it_is_mirrored(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    place = "document.querySelector('{}').getBoundingClientRect()"
    begins = {
        ".brand img": "left",
        "#title": "left",
        "[data-dimension=page] tbody th": "left",
    }
    before = {each: await tab.run(f"{place.format(each)}.left") for each in begins}
    await tab.run("document.documentElement.dir = 'rtl'")
    wide = await tab.run(WIDE)
    after = {each: wide - await tab.run(f"{place.format(each)}.right") for each in begins}
    assert after[".brand img"] == pytest.approx(before[".brand img"], abs=16)
    mark = "document.querySelector('td.views bdi').getAttribute('dir')"
    assert await tab.run(mark) == "ltr", "≥ would be mirrored"
    bar = "getComputedStyle(document.querySelector('.named th')).backgroundPositionX"
    assert await tab.run(bar) == "100%"
    assert await tab.run("getComputedStyle(document.getElementById('chart')).direction") == "ltr"


async def test_the_language_is_the_browsers_and_may_be_another(
    tab: Tab, dashboard: Dashboard
) -> None:
    await tab.call("Emulation.setLocaleOverride", locale="de-AT")
    await tab.call(
        "Emulation.setUserAgentOverride", userAgent="Mozilla/5.0", acceptLanguage="de-AT,de"
    )
    await opened(tab, dashboard, OCTOBER)
    assert await tab.run("document.documentElement.lang") == "de"
    assert await text(tab, "#title") == "Oktober 2026"
    assert await text(tab, "#series-title") == "Seitenaufrufe je Tag"
    assert (await rows(tab, "[data-dimension=country]"))[0][0] == "Deutschland"
    await click(tab, "#tongues [data-keep=en]")
    await title(tab, "October 2026")
    assert await tab.run("document.documentElement.lang") == "en"
    assert "lang=en" in await tab.run("location.search")
    await click(tab, "#periods [data-keep=year]")
    await title(tab, "2026")
    assert "lang=en" in await tab.run("location.search"), "it stays"
    assert await texts(tab, "#tongues [aria-current]") == ["English"]


async def test_no_text_is_left_without_words(tab: Tab, dashboard: Dashboard) -> None:
    """A key in place of its text, or a blank that was not filled."""
    for query in PAGES.values():
        await opened(tab, dashboard, query)
        said = await tab.run("document.body.innerText + document.body.outerHTML")
        for mark in ("undefined", "NaN", "Invalid Date", "{count}", "{k}", "[object"):
            assert mark not in said, query


async def test_who_wants_no_motion_gets_none(tab: Tab, dashboard: Dashboard) -> None:
    await tab.call(
        "Emulation.setEmulatedMedia",
        features=[{"name": "prefers-reduced-motion", "value": "reduce"}],
    )
    await opened(tab, dashboard, OCTOBER)
    moving = "getComputedStyle(each, '::before').transitionDuration !== '0s'"
    assert not await tab.run(f"[...document.querySelectorAll('*')].some((each) => {moving})")
    assert await tab.run("document.getAnimations().length") == 0
