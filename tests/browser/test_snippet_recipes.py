"""The recipes in docs/snippet.md, run as they stand there but for the host's name."""

import re
from base64 import b64encode
from hashlib import sha256, sha384

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop
from tests.paths import ROOT
from tests.snippet import SERVED

PAGE = ROOT / "docs" / "snippet.md"
HOST = "https://collect.shop.example"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"(?s)```{kind}\n(.*?)```", PAGE.read_text("utf-8"))


INCLUDED, HOOK, BY_HASH, PICTURE, OPT_OUT = blocks("html")
CSP, STRICT_CSP = (each.strip().partition(": ")[2] for each in blocks("http"))


def of(shop: Shop, recipe: str) -> str:
    return recipe.replace(HOST, shop.elsewhere)


def test_the_hash_is_that_of_the_file() -> None:
    named = set(re.findall(r"sha384-([\w+/=]+)", PAGE.read_text("utf-8")))
    assert named == {b64encode(sha384(SERVED.read_bytes()).digest()).decode()}


def test_the_opt_out_link_is_the_collectors() -> None:
    assert f'href="{HOST}/opt-out"' in OPT_OUT


@pytest.mark.parametrize(
    ("policy", "script"), [(CSP, INCLUDED), (CSP, BY_HASH), (STRICT_CSP, BY_HASH)]
)
async def test_a_page_under_a_strict_policy_is_told(
    tab: Tab, shop: Shop, policy: str, script: str
) -> None:
    shop.headers["Content-Security-Policy"] = of(shop, policy)
    shop.pages["/"] = of(shop, script)
    await tab.open(f"{shop.origin}/")
    assert (await shop.view()).path == "/"
    assert tab.complaints == []


async def test_another_file_than_the_one_with_the_hash_does_not_run(tab: Tab, shop: Shop) -> None:
    wrong = b64encode(sha384(b"another file").digest()).decode()
    shop.pages["/"] = re.sub(r"sha384-[\w+/=]+", f"sha384-{wrong}", of(shop, BY_HASH))
    await tab.open(f"{shop.origin}/")
    await tab.run("fetch('/mark/now').then(() => 1)")
    await shop.marked("now")
    assert shop.views.empty()
    assert any("integrity" in each for each in tab.complaints)


@pytest.mark.parametrize(("choice", "counted"), [("yes", True), ("no", False)])
async def test_the_function_says_what_its_cookie_says(
    tab: Tab, shop: Shop, choice: str, counted: bool
) -> None:
    script = re.findall(r"(?s)<script>(.*?)</script>", HOOK)[0]
    allowed = b64encode(sha256(script.encode()).digest()).decode()
    shop.headers["Content-Security-Policy"] = of(shop, CSP).replace(
        "script-src", f"script-src 'sha256-{allowed}'"
    )
    shop.pages["/"] = of(shop, HOOK + INCLUDED)
    await tab.open(f"{shop.origin}/")
    await tab.run(f"document.cookie = 'statistics={choice}'")
    assert shop.views.empty()
    await tab.run("dispatchEvent(new Event('quietclicks'))")
    assert (await shop.view()).body["consent"] == {"analytics": counted}
    assert tab.complaints == []


async def test_a_page_without_script_has_a_picture(tab: Tab, shop: Shop) -> None:
    await tab.call("Emulation.setScriptExecutionDisabled", value=True)
    shop.headers["Content-Security-Policy"] = of(shop, CSP)
    shop.pages["/shoes"] = of(shop, INCLUDED + PICTURE)
    await tab.call("Page.navigate", url=f"{shop.origin}/shoes?q=1")
    assert (await shop.view()).path == "/shoes?q=1"
