"""The live page in a real browser: what it shows, whom it asks, and whether people can read it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary
from quietclicks.schemas.trend import SEARCH_PAGES, Dimension, Trend, Window
from tests.runner_tools import until

HOSTILE = "/<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
LONG = "/" + "a-very-long-path-without-a-break" * 8
READY = "document.getElementById('status').dataset.state === 'live'"
SHOWN = f"{READY} && !document.getElementById('numbers').hidden"

FULL = Summary(
    "2026-11-22",
    10,
    DestroyedThrough("2026-11-20", "2026-11-22T03:15:00Z"),
    LastAudit("2026-11-22T09:00:00Z", "broken", 40, 1, 32),
    "2026-11-23T09:00:00Z",
)

CONTRASTS = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const grounds = (node) => {
    const found = [];
    for (let each = node; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      found.push(...(style.backgroundImage.match(/rgb\\([^)]+\\)/g) ?? []));
      const [, , , alpha = 1] = parse(style.backgroundColor);
      if (alpha === 1) { found.push(style.backgroundColor); break; }
    }
    return found;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !holder.checkVisibility()) continue;
    if (["SCRIPT", "NOSCRIPT", "TITLE", "title"].includes(holder.tagName)) continue;
    const style = getComputedStyle(holder);
    const ink = light(parse(holder.namespaceURI.endsWith("svg") ? style.fill : style.color));
    for (const ground of grounds(holder)) {
      const under = light(parse(ground));
      const contrast = (Math.max(ink, under) + 0.05) / (Math.min(ink, under) + 0.05);
      if (contrast < 4.5) poor.push(`${walker.currentNode.data}: ${contrast.toFixed(2)}`);
    }
  }
  return poor;
})()
"""

UNNAMED = """
(() => {
  const unnamed = [];
  for (const each of document.querySelectorAll("img:not([alt]), svg:not([aria-label])"))
    unnamed.push(each.outerHTML.slice(0, 80));
  for (const each of document.querySelectorAll("select"))
    if (!each.labels.length) unnamed.push(each.id);
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption?.textContent) unnamed.push("a table without a caption");
    for (const row of table.tBodies[0].rows)
      if (row.cells[0].scope !== "row") unnamed.push("a row without a head");
    for (const head of table.tHead.rows[0].cells)
      if (head.scope !== "col" || !head.textContent) unnamed.push("a column without a head");
  }
  for (const each of document.querySelectorAll("section[aria-labelledby]"))
    if (!document.getElementById(each.getAttribute("aria-labelledby"))?.textContent)
      unnamed.push("a section without a name");
  return unnamed;
})()
"""


def feed(
    trends: LiveTrends,
    hour: int,
    dimension: Dimension,
    value: str,
    views: int,
    *,
    window: Window = "PT1H",
    visitors: int = 10,
    day: str = "2026-11-21",
    site: str = "shop.example",
) -> None:
    start = f"{day}T{hour:02}:00:00Z"
    trend = Trend(site, window, start, dimension, value, views, visitors, True, "2026-11-22")
    trends.update(b"", msgspec.json.encode(trend))


def fill(trends: LiveTrends) -> None:
    """A closed day of which two hours were released, with values that strangers chose."""
    for hour, views in ((9, 1200), (11, 2400)):
        feed(trends, hour, Dimension.TOTAL, "", views, visitors=views // 40)
        feed(trends, hour, Dimension.PAGE, "/", views // 2)
        feed(trends, hour, Dimension.PAGE, HOSTILE, views // 4)
        feed(trends, hour, Dimension.PAGE, "(other)", views // 4)
        feed(trends, hour, Dimension.SOURCE, "search · google.com", views // 2)
        feed(trends, hour, Dimension.SOURCE, "internal · shop.example", views // 4)
        feed(trends, hour, Dimension.SOURCE, "campaign · newsletter", views // 12)
        feed(trends, hour, Dimension.SOURCE, "campaign", views // 24)
        feed(trends, hour, Dimension.SOURCE, "(none)", views // 8)
        feed(trends, hour, Dimension.BROWSER, "Safari · mobile", views)
        feed(trends, hour, Dimension.LANGUAGE, "de", views)
        feed(trends, hour, Dimension.COUNTRY, "(none)", views)
        feed(trends, hour, Dimension.CHOICE, "DNT · GPC", views // 4)
        feed(trends, hour, Dimension.CHOICE, "(none)", views * 3 // 4)
    feed(trends, 9, Dimension.PAGE, SEARCH_PAGES, 25)
    feed(trends, 9, Dimension.PAGE, LONG, 20)
    feed(trends, 0, Dimension.TOTAL, "", 3700, window="P1D", visitors=1480)


async def table(tab: Any, dimension: str) -> list[list[str]]:
    rows = await tab.run(
        f"[...document.querySelectorAll('[data-dimension={dimension}] tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert isinstance(rows, list)
    return rows


async def text(tab: Any, selector: str) -> str:
    return str(await tab.run(f"document.querySelector('{selector}').innerText"))


async def test_before_the_first_hour_it_says_what_it_waits_for(tab: Any, served: Any) -> None:
    await tab.open(served.url)
    await tab.wait_for(f"{READY} && !document.getElementById('waiting').hidden")

    assert "Waiting for the first released hour" in await text(tab, "#waiting")
    assert await tab.run("document.getElementById('numbers').hidden") is True


async def test_the_first_released_hour_appears_by_itself(tab: Any, served: Any) -> None:
    await tab.open(served.url)
    await tab.wait_for(READY)
    feed(served.trends, 9, Dimension.TOTAL, "", 1200)
    await tab.wait_for(SHOWN)

    assert await text(tab, "#views") == "1,200"
    assert "The day so far" in await text(tab, "#period-note")


async def test_figures_and_tables_show_what_was_released(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert await text(tab, "#period") == "Saturday, 21 November 2026"
    assert await text(tab, "#views") == "3,700"
    assert await text(tab, "#visitors") == "about 1,480"
    assert await text(tab, "#hours-released") == "2"
    pages = await table(tab, "page")
    assert pages[0] == ["/", "1,800", "50.0%"]
    assert pages[2] == ["Search pages, all of them", "at least ≥ 25", "0.7%"]
    assert pages[3] == [LONG, "at least ≥ 20", "0.6%"]
    assert pages[-1] == ["Other: too few visitors each", "900", "25.0%"]
    assert await table(tab, "language") == [["German", "3,600", "100.0%"]]
    sources = await table(tab, "source")
    assert [row[0] for row in await table(tab, "choice")] == [
        "Do Not Track and Global Privacy Control",
        "Did not object",
    ]
    assert [row[0] for row in sources] == [
        "google.com search",
        "newsletter campaign",
        "Other campaigns",
        "From page to page within the site",
        "Typed, bookmarked or hidden",
    ]
    assert await tab.run("document.querySelectorAll('#hours tr').length") == 24
    assert await tab.run("document.querySelectorAll('#chart rect.views').length") == 2
    hour = "document.querySelectorAll('#chart title')[9].textContent"
    assert await tab.run(hour) == "09:00: 1,200 page views, about 30 visitors"
    assert await text(tab, "#visitors-note") == "chance added, to a multiple of 10"


async def test_it_says_why_a_list_is_empty(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert "only told for a whole day" in await text(tab, "[data-dimension=search] .empty")
    assert "country database" in await text(tab, "[data-dimension=country] .empty")


async def test_what_strangers_chose_is_shown_as_text(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert [row[0] for row in await table(tab, "page")][1] == HOSTILE
    assert await tab.run("document.title") == "Quietclicks · live trends"
    assert await tab.run("document.querySelectorAll('main img, main script').length") == 0


async def test_it_asks_nobody_but_its_own_server(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert len(tab.requests) >= 6
    assert all(url.startswith(served.url) for url in tab.requests)
    assert tab.complaints == []


async def test_its_own_policy_refuses_scripts_that_came_with_a_value(tab: Any, served: Any) -> None:
    await tab.open(served.url)
    await tab.wait_for(READY)
    await tab.run(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"this.id=1\">')"
    )
    await tab.wait_for("document.querySelector('body > img').complete")

    async def refused() -> bool:
        await tab.run("0")  # what the browser has to say comes before an answer
        return any("Content Security Policy" in complaint for complaint in tab.complaints)

    await until(refused, "the script is refused")
    assert await tab.run("document.querySelector('body > img').id") == ""


async def test_unchanged_trends_are_not_sent_again(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    await tab.run("document.dispatchEvent(new Event('visibilitychange'))")
    await tab.wait_for(
        "performance.getEntriesByType('resource').some((each) => each.responseStatus === 304)"
    )

    assert served.statuses[:2] == [200, 304]
    assert await text(tab, "#views") == "3,700"


async def test_a_server_that_is_gone_is_said_so_and_the_numbers_stay(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    await tab.call(
        "Network.emulateNetworkConditions",
        offline=True,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
    await tab.wait_for("document.getElementById('status').dataset.state === 'lost'")

    assert "does not answer" in await text(tab, "#status")
    assert await text(tab, "#views") == "3,700"


async def test_another_site_and_another_day_can_be_chosen(tab: Any, served: Any) -> None:
    fill(served.trends)
    feed(served.trends, 9, Dimension.TOTAL, "", 77, day="2026-11-22")
    feed(served.trends, 9, Dimension.TOTAL, "", 55, site="wiki.example")
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    assert await text(tab, "#views") == "77"

    await _choose(tab, "day", "2026-11-21")
    await tab.wait_for("document.getElementById('views').textContent === '3,700'")
    await _choose(tab, "site", "wiki.example")
    await tab.wait_for("document.getElementById('views').textContent === '55'")
    assert await tab.run("location.hash") == "#site=wiki.example"


async def test_who_opted_out_and_bots_can_be_chosen_like_sites(tab: Any, served: Any) -> None:
    fill(served.trends)
    opted_out, bots = "shop.example (opted out)", "shop.example (bots)"
    feed(served.trends, 9, Dimension.TOTAL, "", 88, site=opted_out)
    feed(served.trends, 9, Dimension.CHOICE, "refused", 88, site=opted_out)
    feed(served.trends, 9, Dimension.TOTAL, "", 66, site=bots)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    assert await text(tab, "#views") == "3,700"

    await _choose(tab, "site", opted_out)
    await tab.wait_for("document.getElementById('views').textContent === '88'")
    assert await table(tab, "choice") == [["Refused", "88", "100.0%"]]
    assert await tab.run("document.querySelectorAll('#lists section').length") == 1
    await _choose(tab, "site", bots)
    await tab.wait_for("document.getElementById('views').textContent === '66'")
    assert await tab.run("document.querySelectorAll('#lists section').length") == 0
    assert await tab.run(UNNAMED) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_is_legible(tab: Any, served: Any, scheme: str) -> None:
    fill(served.trends)
    await tab.scheme(scheme)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    await tab.run("document.querySelector('details').open = true")

    assert await tab.run(CONTRASTS) == []
    ground = await tab.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 247, 245)" if scheme == "light" else "rgb(16, 21, 19)")


async def test_everything_has_a_name_and_an_order(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert await tab.run("document.documentElement.lang") == "en"
    assert await tab.run("document.querySelectorAll('h1').length") == 1
    assert await tab.run("document.querySelectorAll('main').length") == 1
    assert await tab.run(UNNAMED) == []
    label = await tab.run("document.querySelector('#chart svg').getAttribute('aria-label')")
    assert "2 hours released, most at 11:00 UTC with 2,400" in label
    ids = await tab.run("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(set(ids)) == len(ids)


async def test_the_keyboard_reaches_everything_in_order(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    reached = []
    for _ in range(4):
        await tab.key("Tab")
        reached.append(await tab.run("document.activeElement.id || document.activeElement.tagName"))

    assert reached == ["A", "site", "day", "SUMMARY"]


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
async def test_nothing_sticks_out_at_any_width(
    tab: Any, served: Any, width: int, pictures: Path | None
) -> None:
    fill(served.trends)
    await tab.size(width)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)

    assert await tab.run("document.documentElement.scrollWidth") == width
    if pictures:
        (pictures / f"live-{width}.png").write_bytes(await tab.screenshot())


async def _choose(tab: Any, name: str, value: str) -> None:
    await tab.run(
        f"(() => {{ const it = document.getElementById('{name}'); it.value = '{value}';"
        " it.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )


PROTECTION = "document.getElementById('protection')"


async def test_without_a_summary_nothing_is_said_of_protection(tab: Any, served: Any) -> None:
    fill(served.trends)
    await tab.open(served.url)
    await tab.wait_for(SHOWN)
    assert await tab.run(f"{PROTECTION}.hidden")
    assert tab.complaints == []


@pytest.mark.parametrize("with_trends", [True, False], ids=["numbers", "waiting"])
async def test_the_summary_is_shown_in_words(tab: Any, served: Any, with_trends: bool) -> None:
    if with_trends:
        fill(served.trends)
    served.summaries.append(FULL)
    await tab.open(served.url)
    await tab.wait_for(f"{READY} && !{PROTECTION}.hidden")
    text = " ".join((await tab.run(f"{PROTECTION}.innerText")).split())
    assert "up to Fri 20 Nov 2026" in text or "up to Fri, 20 Nov 2026" in text
    assert "2026: broken" in text
    assert "40 promises held, 1 broken, 32 not checked." in text
    assert "The next one was due on" in text
    assert await tab.run(CONTRASTS) == []
    assert await tab.run("document.getElementById('protection-title').textContent")


async def test_a_summary_that_knows_nothing_yet_says_so(tab: Any, served: Any) -> None:
    served.summaries.append(Summary("2026-11-22", 10))
    await tab.open(served.url)
    await tab.wait_for(f"{READY} && !{PROTECTION}.hidden")
    assert await tab.run("document.getElementById('keys-destroyed').textContent") == "none yet"
    assert await tab.run("document.getElementById('last-audit').textContent") == "none yet"
    assert tab.complaints == []
