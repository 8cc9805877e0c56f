"""Lists: the top of each, all of one with search and pages, what has no name, and files."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from quietclicks.pipeline.dashboard.records import Key, Numbers
from tests.browser.conftest import Tab
from tests.browser.page import OCTOBER, click, opened, rows, text, texts, told
from tests.dashboard_tools import SITE, Dashboard, Entries, closing, filled, made_up, serving

HOSTILE = "/<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
DISPOSITION = "Content-Disposition"
LONG = "/" + "a-very-long-path-without-a-break" * 8
BIDI = "/\u202e3pm.exe"
DAY = 20_783 * 24  # 2026-11-26, in hours since 1970
MONTH = "from=2026-10-01&to=2026-10-31"
DIMENSIONS = ["page", "source", "browser", "language", "search", "country", "choice"]


def shown(part: dict[str, object]) -> str:
    return f"{'at least ≥ ' if part['at_least'] else ''}{part['views']:,}"


def percent(share: float) -> str:
    """One place, half a step up, as people round."""
    return f"{(Decimal(str(share)) * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


async def test_each_list_is_as_it_was_told(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    lists = (await told(tab, f"trends?{MONTH}&compare=previous"))["lists"]
    page = next(each for each in lists if each["dimension"] == "page")
    names = [row["value"].replace("(search)", "Search pages, all of them") for row in page["rows"]]
    found = await rows(tab, "[data-dimension=page]")

    order = "[...document.querySelectorAll('.list')].map((each) => each.dataset.dimension)"
    assert await tab.run(order) == DIMENSIONS
    assert [row[0] for row in found] == [
        *names,
        "More, not listed here",
        "Other: too few visitors each",
    ]
    assert [row[1] for row in found] == [
        shown(each) for each in [*page["rows"], page["more"], page["other"]]
    ]
    assert [row[2] for row in found[:10]] == [percent(row["share"]) for row in page["rows"]]
    now, before = page["rows"][0]["views"], page["rows"][0]["before"]
    way = "more" if now > before else "less"
    assert f"{abs(now / before - 1):.0%} {way} than in the period before" in found[0][3]


async def test_values_go_by_their_names(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    assert (await rows(tab, "[data-dimension=language]"))[0][0] == "German"
    assert (await rows(tab, "[data-dimension=country]"))[0][0] == "Germany"
    sources = [row[0] for row in await rows(tab, "[data-dimension=source]")]
    assert sources[0] == "google.com search"
    assert "newsletter campaign" in sources
    assert "Other campaigns" in sources
    assert "From page to page within the site" in sources
    assert "Typed, bookmarked or hidden" in sources
    choices = [row[0] for row in await rows(tab, "[data-dimension=choice]")]
    assert "Do Not Track and Global Privacy Control" in choices


async def test_what_is_hidden_says_why_and_what_shows_more(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    await click(tab, "[data-dimension=search] .other summary")
    why = await text(tab, "[data-dimension=search] .other details")
    assert "search terms that fewer than 20 visitors had in common" in why
    assert "A longer period may name more" in why
    names = await texts(tab, "[data-dimension=search] .other summary")
    assert names == ["Other: no search, or too few visitors"]


async def test_an_explanation_stays_open_when_numbers_change(tmp_path: Path, tab: Tab) -> None:
    with closing(filled(tmp_path, made_up(days=3))) as store:
        async with serving(store) as dashboard:
            await opened(tab, dashboard, "?date=2026-11-26")
            await click(tab, "[data-dimension=page] .other summary")
            await tab.run("document.querySelector('[data-dimension=page] .other summary').focus()")
            store.apply({Key(SITE, True, DAY, "total", ""): Numbers(9999, 10, True)}, {})
            await tab.run("document.dispatchEvent(new Event('visibilitychange'))")
            figure = "document.querySelector('[data-figure=views] .big').innerText"
            await tab.wait_for(f"{figure} === '9,999'")
            other = "document.querySelector('[data-dimension=page] .other details')"
            assert await tab.run(f"{other}.open")
            assert await tab.run(f"document.activeElement === {other}.querySelector('summary')")


async def test_what_strangers_chose_is_shown_as_text(tmp_path: Path, tab: Tab) -> None:
    values = {HOSTILE: 12_345_678, LONG: 800, BIDI: 700, "=1+1": 600}
    entries: Entries = {
        Key(SITE, True, DAY, "total", ""): Numbers(12_347_778, 100, True),
        **{
            Key(SITE, True, DAY, dimension, value): Numbers(views, 50, True)
            for dimension in ("page", "source", "country")
            for value, views in values.items()
        },
    }
    with closing(filled(tmp_path, entries)) as store:
        async with serving(store) as dashboard:
            await tab.size(360)
            await opened(tab, dashboard)
            assert [row[0] for row in await rows(tab, "[data-dimension=page]")] == list(values)
            assert [row[0] for row in await rows(tab, "[data-dimension=country]")] == list(values)
            assert (await tab.run("document.title")).startswith("Thursday, November 26, 2026 · ")
            assert await tab.run("document.querySelectorAll('main img, main script').length") == 0
            assert await tab.run("document.documentElement.scrollWidth") == 360
            style = "getComputedStyle(document.querySelector('.named bdi'))"
            assert await tab.run(f"{style}.unicodeBidi") == "isolate"


async def test_it_says_why_a_list_is_empty(tmp_path: Path, tab: Tab) -> None:
    entries: Entries = {
        Key(SITE, True, DAY, "total", ""): Numbers(3000, 100, True),
        Key(SITE, True, DAY, "country", "(none)"): Numbers(3000, 100, True),
    }
    with closing(filled(tmp_path, entries)) as store:
        async with serving(store) as dashboard:
            await opened(tab, dashboard)
            assert "country database" in await text(tab, "[data-dimension=country] .empty")
            assert "whole days only" in await text(tab, "[data-dimension=search] .empty")
            assert "longer period" in await text(tab, "[data-dimension=page] .empty")


async def test_all_of_a_list_page_by_page(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    await click(tab, "[data-keep=all-page]")
    await tab.wait_for("document.querySelector('#whole tbody tr')")
    whole = await told(tab, f"list?{MONTH}&dimension=page&page=1&size=50&compare=previous")

    assert await tab.run("document.activeElement.id") == "whole-title"
    assert await text(tab, "#whole output") == f"{whole['found']} values"
    found = await rows(tab, "#whole")
    assert [row[1] for row in found[:50]] == [shown(row) for row in whole["rows"]]
    assert [row[2] for row in found[:50]] == [f"{row['at_most']:,}" for row in whole["rows"]]
    assert found[50][2] == "–no number", "of what has no name"
    await click(tab, "#whole [data-keep='pages.after']")
    await tab.wait_for("document.querySelector('.pages').innerText.includes('Page 2 of 2')")
    named = await tab.run("document.querySelectorAll('#whole .named').length")
    assert named == whole["found"] - 50
    await tab.run("history.back()")
    await tab.wait_for("document.querySelector('.pages').innerText.includes('Page 1 of 2')")
    await click(tab, "#whole .back")
    await tab.wait_for("document.getElementById('whole').hidden")
    assert await tab.run("document.getElementById('overview').hidden") is False
    assert await tab.run("document.activeElement.dataset.keep") == "all-page"


async def test_a_page_after_the_last_leads_back(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER + "&list=page&page=99")
    assert await tab.run("document.querySelectorAll('#whole .named').length") == 0
    await click(tab, "#whole [data-keep='pages.before']")
    await tab.wait_for("document.querySelector('#whole .named')")
    assert "Page 2 of 2" in await text(tab, ".pages")


async def test_search_within_a_list(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER + "&list=page&page=2")
    await tab.run(
        "(() => { const input = document.getElementById('within'); input.focus();"
        " input.value = 'PRODUCTS/1'; input.dispatchEvent(new Event('input')); })()"
    )
    await tab.wait_for("document.querySelector('#whole output').textContent.includes('found')")
    names = await texts(tab, "#whole .named th")
    assert names
    assert all(name.startswith("/products/1") for name in names)
    assert "search=PRODUCTS%2F1" in await tab.run("location.search")
    assert await tab.run("document.activeElement.id") == "within"
    assert await texts(tab, "#whole [data-open=search] summary") == ["What this search cannot find"]


async def test_a_search_without_result_says_so(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER + "&list=page&search=no-such-page")
    assert await text(tab, "#whole .empty") == "No value with a name has this in it."


async def test_the_same_numbers_as_files(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    links = "[...document.querySelectorAll('#series .files a')].map((each) => each.search)"
    series = await tab.run(links)
    assert [each.rpartition("=")[2] for each in series] == ["csv", "json", "parquet"]
    assert series[0] == f"?site=shop.example&{MONTH}&by=day&what=series&format=csv"
    for link in series:
        given = f"[it.status, it.headers.get({DISPOSITION!r})]"
        status, disposition = await tab.run(f"fetch('api/v1/export{link}').then((it) => {given})")
        assert (status, disposition.partition(";")[0]) == (200, "attachment")
    await opened(tab, dashboard, OCTOBER + "&list=search&search=shoes")
    link = await tab.run("document.querySelector('#whole .files a').search")
    assert "what=list&search=shoes&format=csv" in link
    assert "dimension=search" in link
