"""The snippet, and who opts out, through the real collector, from a real browser."""

import asyncio
from collections.abc import Callable

import pytest

from quietclicks.schemas.raw import Consent
from tests.browser.collected import WITH_COOKIE, WITHIN, collected, visit
from tests.browser.conftest import Tab
from tests.browser.shop import SCRIPT
from tests.browser.test_snippet_recipes import BY_HASH, HOST, STRICT_CSP
from tests.collect_tools import crowd, records, shipped, views

NO = Consent(analytics=False, partners=False)


def with_script(host: Callable[[], str], before: str = "") -> Callable[[str], tuple[str, bytes]]:
    """Every path a page with the snippet of a host."""
    return lambda path: (
        "text/html",
        f"<title>x</title>{before}{SCRIPT.replace('/q.js', host() + '/q.js')}".encode(),
    )


@pytest.mark.parametrize("is_beside", [False, True], ids=["own host", "beside"])
async def test_the_snippets_view_ends_in_trends(tab: Tab, is_beside: bool) -> None:
    hook = "<script>quietclicks = () => ({consent: {analytics: true, partners: false}})</script>"
    page = with_script(lambda: made.beside if is_beside else made.shop, hook)
    policy = shipped("page")
    async with collected(policy, page) as made:
        event = await visit(tab, made)
        others = records(policy, crowd(made.hits[0], policy.release.k))
    assert (event.url, event.consent) == (f"{made.shop}/shoes", Consent(True, False))
    assert views(policy, others) == {"/shoes": policy.release.k}


async def test_beside_the_shop_the_snippet_brings_its_cookie(tab: Tab) -> None:
    async with collected(shipped(WITH_COOKIE), with_script(lambda: made.beside)) as made:
        event = await visit(tab, made)
    assert event.consent == Consent(analytics=True)


async def test_beside_the_shop_a_beacon_brings_its_cookie(tab: Tab) -> None:
    """As GoatCounter and Matomo send."""

    def page(path: str) -> tuple[str, bytes]:
        query = "p=%2Fshoes&b=0&rnd=x"
        return "text/html", (
            f"<script>navigator.sendBeacon('{made.beside}/count?{query}')</script>".encode()
        )

    async with collected(shipped(WITH_COOKIE), page) as made:
        event = await visit(tab, made)
    assert (event.url, event.consent) == (f"{made.shop}/shoes", Consent(analytics=True))


async def test_who_opts_out_says_no_and_may_take_it_back(tab: Tab) -> None:
    async with collected(shipped(WITH_COOKIE), with_script(lambda: made.beside)) as made:
        for expected in (NO, Consent(analytics=True)):
            await tab.open(f"{made.beside}/opt-out")
            await tab.run("document.querySelector('button').click()")
            async with asyncio.timeout(WITHIN):
                assert [await made.opt_outs.get() for _ in range(3)] == ["GET", "POST", "GET"]
            assert (await visit(tab, made)).consent == expected


async def test_under_a_strict_policy_the_collectors_own_file_has_the_hash(tab: Tab) -> None:
    def page(path: str) -> tuple[str, bytes]:
        policy, script = (each.replace(HOST, made.beside) for each in (STRICT_CSP, BY_HASH))
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return "text/html", f"<title>x</title>{meta}{script}".encode()

    async with collected(shipped(WITH_COOKIE), page) as made:
        assert (await visit(tab, made)).url == f"{made.shop}/shoes"
