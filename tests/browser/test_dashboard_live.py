"""The page as time goes by: before the first number, while it reads, offline; and whom it asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas.summary import LastAudit, Summary
from tests.browser.conftest import Tab
from tests.browser.page import LIVE, OCTOBER, SHOWN, asked, click, opened, text
from tests.dashboard_tools import SITE, SUMMARY, Dashboard, closing, filled, serving
from tests.runner_tools import until

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
HOUR = 20_783 * 24 + 9  # 2026-11-26, nine o'clock
PRIVACY = "document.getElementById('privacy')"


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Dashboard]:
    """One that nothing was published for yet."""
    with closing(filled(tmp_path, {})) as store:
        async with serving(store) as served:
            yield served


async def offline(tab: Tab, *, gone: bool) -> None:
    await tab.call(
        "Network.emulateNetworkConditions",
        offline=gone,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )


async def test_before_the_first_hour_it_says_what_it_waits_for(tab: Tab, empty: Dashboard) -> None:
    await tab.open(empty.url)
    await tab.wait_for(f"{LIVE} && !document.getElementById('waiting').hidden")
    assert "Waiting for the first released hour" in await text(tab, "#waiting")
    assert "at least 10 visitors" in await text(tab, "#waiting")
    await click(tab, "#tongues [data-keep=de]")
    waiting = "document.getElementById('waiting').innerText"
    await tab.wait_for(f"{waiting}.includes('mindestens 10 Besucher')")
    assert await tab.run("document.documentElement.lang") == "de"
    assert await tab.run("document.getElementById('numbers').hidden") is True


async def test_the_first_released_hour_appears_by_itself(tab: Tab, empty: Dashboard) -> None:
    await tab.open(empty.url)
    await tab.wait_for(LIVE)
    empty.store.apply({Key(SITE, False, HOUR, "total", ""): Numbers(1200, 30, True)}, {})
    await tab.wait_for(SHOWN)
    assert await text(tab, "[data-figure=views] .big") == "at least ≥ 1,200"
    assert "So far" in await text(tab, "#title-note")


async def test_unchanged_numbers_are_not_sent_again(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard)
    await tab.run("document.getElementById('lists').firstChild.dataset.same = 'yes'")
    await tab.run(LOOK_AGAIN)
    await tab.wait_for(
        "performance.getEntriesByType('resource').filter((each) => each.responseStatus === 304)"
        ".length === 3"
    )
    await tab.run(LOOK_AGAIN)
    assert await tab.run("document.getElementById('lists').firstChild.dataset.same") == "yes"


async def test_while_it_reads_it_says_so(tab: Tab, dashboard: Dashboard) -> None:
    dashboard.reading.append(True)
    await tab.open(dashboard.url)
    await tab.wait_for("document.getElementById('status').dataset.state === 'reading'")
    assert "is not complete yet" in await text(tab, "#reading")
    dashboard.reading.clear()
    await tab.run(LOOK_AGAIN)
    await tab.wait_for(f"{LIVE} && document.getElementById('reading').hidden")


async def test_a_server_that_is_gone_is_said_so_and_the_numbers_stay(
    tab: Tab, dashboard: Dashboard
) -> None:
    await opened(tab, dashboard)
    views = await text(tab, "[data-figure=views] .big")
    await offline(tab, gone=True)
    await tab.run(LOOK_AGAIN)
    await tab.wait_for("document.getElementById('status').dataset.state === 'lost'")
    assert "does not answer" in await text(tab, "#status")
    assert "does not answer" in await text(tab, "#said"), "aloud, too"
    assert await text(tab, "[data-figure=views] .big") == views
    await offline(tab, gone=False)
    await tab.wait_for(LIVE)


async def test_an_old_span_is_not_asked_for_again(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    assert "Loaded at" in await text(tab, "#status")


async def test_a_question_that_is_refused_is_said_so(tab: Tab, dashboard: Dashboard) -> None:
    await tab.open(dashboard.url + OCTOBER + "&list=nosuchlist")
    await tab.wait_for("document.getElementById('status').dataset.state === 'lost'")
    assert "cannot show this: dimension is one of" in await text(tab, "#status")
    await tab.run("document.querySelector('#status a').click()")
    await tab.wait_for(SHOWN)
    assert "list=" not in await tab.run("location.search")


async def test_it_asks_nobody_but_its_own_server(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    await opened(tab, dashboard, OCTOBER + "&list=page")
    assert len(tab.requests) > 20
    assert [url for url in asked(tab) if not url.startswith(dashboard.url)] == []
    assert tab.complaints == []
    kept = "document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)"
    assert await tab.run(kept) == ""


async def test_its_own_policy_refuses_scripts_that_came_with_a_value(
    tab: Tab, dashboard: Dashboard
) -> None:
    await opened(tab, dashboard)
    await tab.run(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"this.id=1\">')"
    )
    await tab.wait_for("document.querySelector('body > img').complete")

    async def refused() -> bool:
        await tab.run("0")  # what the browser has to say comes before an answer
        return any("Content Security Policy" in complaint for complaint in tab.complaints)

    await until(refused, "the script is refused")
    assert await tab.run("document.querySelector('body > img').id") == ""


async def test_another_site_can_be_chosen(tab: Tab, empty: Dashboard) -> None:
    empty.store.apply(
        {
            Key(SITE, True, HOUR - 9, "total", ""): Numbers(77, 10, True),
            Key("wiki.example", True, HOUR - 33, "total", ""): Numbers(55, 10, True),
            Key(f"{SITE} (bots)", True, HOUR - 9, "total", ""): Numbers(66, 10, True),
        },
        {},
    )
    await opened(tab, empty)
    assert await text(tab, "[data-figure=views] .big") == "77"
    assert "66 views by known programs" in await text(tab, "[data-figure=apart]")
    sites = "[...document.getElementById('site').options].map((each) => each.value)"
    assert await tab.run(sites) == [SITE, "wiki.example"], "a stream is no site"
    await tab.run(
        "(() => { const it = document.getElementById('site'); it.value = 'wiki.example';"
        " it.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    await tab.wait_for("document.querySelector('[data-figure=views] .big').innerText === '55'")
    assert await text(tab, "#title") == "Wednesday, November 25, 2026"
    assert await tab.run("location.search") == "?site=wiki.example"


async def test_how_visitors_are_protected_is_told_in_words(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER)
    said = await text(tab, "#privacy")
    for told in (
        "Every number is about at least 10 visitors.",
        "Searches on the site: at least 20.",
        "up to Nov 24, 2026",
        "Receipt of Nov 27, 2026",
        "Nov 26, 2026: held",
        "21 promises held, 0 broken, 2 not checked.",
        "The next one",
        "4,711 entries",
        "Global Privacy Control:",
        "Refused:",
    ):
        assert told in said
    await click(tab, "#privacy [data-open=note] summary")
    note = await tab.run(f"{PRIVACY}.querySelector('pre').textContent")
    assert note == SUMMARY.checkpoint, "whole, to be compared"


async def test_a_broken_promise_is_told_and_so_is_what_is_not_known(
    tab: Tab, dashboard: Dashboard
) -> None:
    audit = LastAudit("2026-11-22T09:00:00Z", "broken", 40, 1, 32)
    dashboard.summaries.append(Summary("2026-11-22", 10, last_audit=audit))
    await opened(tab, dashboard, OCTOBER)
    said = await text(tab, "#privacy")
    assert "Nov 22, 2026: broken" in said
    assert "40 promises held, 1 broken, 32 not checked." in said
    assert "Keys destroyed none yet" in said
    assert "Newest checkpoint none yet" in said
    dashboard.summaries.clear()
    await tab.run(LOOK_AGAIN)
    await tab.wait_for(f"{PRIVACY}.innerText.includes('Last audit\\nnone yet')")
    assert tab.complaints == []


async def test_as_a_part_of_another_page_it_has_no_frame(tab: Tab, dashboard: Dashboard) -> None:
    await opened(tab, dashboard, OCTOBER + "&embed=1")
    assert not await tab.run("document.querySelector('footer').checkVisibility()")
    await click(tab, "#periods [data-keep=year]")
    await tab.wait_for("document.getElementById('title').textContent === '2026'")
    assert "embed=1" in await tab.run("location.search")
