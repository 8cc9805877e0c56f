"""What the snippet sends, and when, in a real browser."""

import gzip

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import SCRIPT, Shop
from tests.snippet import SERVED, SOURCE, built

MAX_PACKED = 600  # bytes
STORED = """(async () => JSON.stringify([
    document.cookie, localStorage.length, sessionStorage.length,
    (await indexedDB.databases()).length, (await caches.keys()).length,
]))()"""
NO_STORAGE = """
for (const [on, name] of [[Document.prototype, "cookie"], [window, "localStorage"],
    [window, "sessionStorage"], [window, "indexedDB"], [window, "caches"]])
  Object.defineProperty(on, name, {get() { throw new Error("blocked"); }, set() {
    throw new Error("blocked"); }});
"""


async def before_each_page(tab: Tab, script: str) -> None:
    await tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)


async def nothing_was_sent(tab: Tab, shop: Shop) -> None:
    """Of what the page did until now: what it asks for now was asked for later."""
    await tab.run("fetch('/mark/now').then(() => 1)")
    await shop.marked("now")
    assert shop.views.empty()


def test_it_is_small_and_made_of_its_source() -> None:
    served = SERVED.read_bytes()
    assert served == built(SOURCE.read_text("utf-8")).encode()
    assert len(gzip.compress(served, 9)) <= MAX_PACKED


async def test_a_page_is_told_once_with_nothing_else(tab: Tab, shop: Shop) -> None:
    await tab.open(f"{shop.origin}/shoes?q=1#size")
    view = await shop.view()
    assert view.body == {"url": f"{shop.origin}/shoes?q=1", "referrer": "", "dnt": None}
    assert view.headers["Content-Type"] == "text/plain;charset=UTF-8"
    assert f"http://{view.to}" == shop.origin
    assert "Cookie" not in view.headers
    assert await tab.run(STORED) == '["",0,0,0,0]'
    await nothing_was_sent(tab, shop)
    assert tab.complaints == []


async def test_included_twice_it_tells_once(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = SCRIPT * 2
    await tab.open(f"{shop.origin}/")
    await shop.view()
    await nothing_was_sent(tab, shop)


async def test_it_sends_to_where_it_comes_from(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = f'<script defer src="{shop.elsewhere}/q.js?v=1"></script>'
    await tab.open(f"{shop.origin}/")
    view = await shop.view()
    assert f"http://{view.to}" == shop.elsewhere
    assert view.headers["Origin"] == shop.origin


async def test_as_a_file_it_sends_to_where_the_page_says(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = SCRIPT.replace("defer", f'defer data-to="{shop.sibling}/collect"')
    await tab.open(f"{shop.origin}/")
    assert f"http://{(await shop.view()).to}" == shop.sibling


async def test_a_cookie_of_the_collector_is_sent_to_it_on_the_same_site(
    tab: Tab, shop: Shop
) -> None:
    await tab.open(f"{shop.sibling}/opt-out")
    shop.pages["/"] = f'<script defer src="{shop.sibling}/q.js"></script>'
    await tab.open(f"{shop.origin}/")
    assert (await shop.view()).headers["Cookie"] == "opted_out=1"


async def test_where_cookies_and_storage_are_blocked_a_page_is_told(tab: Tab, shop: Shop) -> None:
    await tab.call("Emulation.setDocumentCookieDisabled", disabled=True)
    await before_each_page(tab, NO_STORAGE)
    await tab.open(f"{shop.origin}/")
    await shop.view()
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("name", "value", "field", "sent"),
    [("globalPrivacyControl", "true", "gpc", True), ("doNotTrack", "'1'", "dnt", "1")],
)
async def test_an_objection_is_told_whatever_the_page_says(
    tab: Tab, shop: Shop, name: str, value: str, field: str, sent: object
) -> None:
    await before_each_page(
        tab, f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})"
    )
    hook = "<script>quietclicks = () => ({gpc: false, dnt: '0', consent: {analytics: true}})"
    shop.pages["/"] = f"{hook}</script>{SCRIPT}"
    await tab.open(f"{shop.origin}/")
    assert (await shop.view()).body[field] == sent


HOOK = f"<script>var choice; quietclicks = () => choice && {{consent: choice}}</script>{SCRIPT}"


async def test_a_choice_is_waited_for_and_the_page_told_once(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = HOOK
    await tab.open(f"{shop.origin}/")
    await nothing_was_sent(tab, shop)
    await tab.run("choice = {analytics: true}; dispatchEvent(new Event('quietclicks'))")
    assert (await shop.view()).body["consent"] == {"analytics": True}
    await tab.run("dispatchEvent(new Event('quietclicks'))")
    await nothing_was_sent(tab, shop)


async def test_a_choice_that_is_taken_back_holds_from_the_next_page(tab: Tab, shop: Shop) -> None:
    shop.pages["/"] = HOOK
    await tab.open(f"{shop.origin}/")
    await tab.run("choice = {analytics: true}; dispatchEvent(new Event('quietclicks'))")
    await shop.view()
    await tab.run("choice = {analytics: false}; history.pushState({}, '', '/next')")
    view = await shop.view()
    assert (view.path, view.body["consent"]) == ("/next", {"analytics": False})


@pytest.mark.parametrize("hook", [HOOK, HOOK.replace("choice &&", "no.such &&")])
async def test_a_page_that_is_left_without_a_choice_is_told_without(
    tab: Tab, shop: Shop, hook: str
) -> None:
    shop.pages["/"] = hook
    await tab.open(f"{shop.origin}/")
    await nothing_was_sent(tab, shop)
    await tab.run("history.pushState({}, '', '/next')")
    view = await shop.view()
    assert (view.path, "consent" in view.body) == ("/", False)
    await nothing_was_sent(tab, shop)
    await tab.open(f"{shop.origin}/other")
    assert sorted([(await shop.view()).path, (await shop.view()).path]) == ["/next", "/other"]


async def test_the_page_may_say_more_of_itself(tab: Tab, shop: Shop) -> None:
    said = "{url: 'https://shop.example/', search_terms: 'red shoes', tcf: 'CP'}"
    shop.pages["/"] = f"<script>quietclicks = () => ({said})</script>{SCRIPT}"
    await tab.open(f"{shop.origin}/?token=1")
    body = (await shop.view()).body
    assert (body["url"], body["search_terms"], body["tcf"]) == (
        "https://shop.example/",
        "red shoes",
        "CP",
    )


async def test_routes_of_an_application_are_pages(tab: Tab, shop: Shop) -> None:
    await tab.open(f"{shop.origin}/")
    await shop.view()
    await tab.run("history.pushState({}, '', '/a?x=1')")
    view = await shop.view()
    assert (view.path, view.body["referrer"]) == ("/a?x=1", f"{shop.origin}/")
    await tab.run("history.back()")
    view = await shop.view()
    assert (view.path, view.body["referrer"]) == ("/", f"{shop.origin}/a?x=1")


async def test_the_same_page_is_told_once(tab: Tab, shop: Shop) -> None:
    await tab.open(f"{shop.origin}/")
    await shop.view()
    await tab.run("location.hash = 'size'; history.pushState({}, '', '/#colour')")
    await tab.run("history.replaceState({}, '', '/?sort=price')")
    await tab.run("dispatchEvent(new Event('visibilitychange'))")
    await nothing_was_sent(tab, shop)


async def test_a_page_that_comes_back_as_it_was_left_is_told_again(tab: Tab, shop: Shop) -> None:
    await tab.open(f"{shop.origin}/")
    await shop.view()
    await tab.run("kept = 1; 0")
    await tab.open(f"{shop.origin}/next")
    assert (await shop.view()).path == "/next"
    await tab.run("history.back()")
    view = await shop.view()
    assert (view.path, view.body["referrer"]) == ("/", f"{shop.origin}/")
    assert await tab.run("kept") == 1
