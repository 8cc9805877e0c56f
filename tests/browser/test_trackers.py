"""Plausible's own packages, unchanged, in a real browser: only the host is another.

`make scripts` fetches them; without them this is skipped.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from quietclicks.schemas.raw import Consent
from tests.browser.collected import WITH_COOKIE, collected, visit
from tests.browser.conftest import Tab
from tests.collect_tools import crowd, records, shipped, views
from tests.pipeline_tools import FIREFOX

PACKAGES = Path(__file__).parent / "scripts" / "node_modules"
NEWER = PACKAGES / "@plausible-analytics" / "tracker"
OLDER = PACKAGES / "plausible-tracker" / "build" / "module"
INCLUDED = {
    NEWER: """import {init} from "/tracker/plausible";
        init({domain: "shop.example", endpoint: "HOST/api/event"});""",
    OLDER: """import Plausible from "/tracker/index";
        Plausible({domain: "shop.example", apiHost: "HOST"}).enableAutoPageviews();""",
}

fetched = pytest.mark.skipif(
    not PACKAGES.is_dir(), reason="needs Plausible's packages: make scripts"
)
either = pytest.mark.parametrize("package", INCLUDED, ids=["newer", "older"])


def pages(package: Path, host: Callable[[], str]) -> Callable[[str], tuple[str, bytes]]:
    """Every path a page with the tracker, which is served as it came."""

    def page(path: str) -> tuple[str, bytes]:
        if path.startswith("/tracker/"):
            name = path.removeprefix("/tracker/").removesuffix(".js")
            return "text/javascript", (package / f"{name}.js").read_bytes()
        script = INCLUDED[package].replace("HOST", host())
        return "text/html", f"<title>x</title><script type=module>{script}</script>".encode()

    return page


@fetched
@either
async def test_its_page_view_ends_in_trends(tab: Tab, package: Path) -> None:
    policy = shipped(WITH_COOKIE)
    async with collected(policy, pages(package, lambda: made.shop)) as made:
        event = await visit(tab, made)
        assert (event.site, event.url) == ("shop.example", f"{made.shop}/shoes")
        assert (event.ip, event.user_agent) == ("127.0.0.1", FIREFOX)
        assert event.consent == Consent(analytics=True)
        others = records(policy, crowd(made.hits[0], policy.release.k - 1))
    own = msgspec.json.encode(event)
    assert views(policy, [own, *others]) == {"/shoes": policy.release.k}
    assert views(policy, others) == {}


@fetched
@either
async def test_beside_the_shop_it_brings_no_cookie(tab: Tab, package: Path) -> None:
    async with collected(shipped(WITH_COOKIE), pages(package, lambda: made.beside)) as made:
        event = await visit(tab, made)
    assert event.consent is None
