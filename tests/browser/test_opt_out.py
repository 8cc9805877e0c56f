"""Who opts out on the collector's page is no longer counted, and is again who takes it back."""

import pytest

from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.view import Hit
from quietclicks.schemas.raw import ExactConsent
from tests.agents.collector.tools import Standing, listening
from tests.browser.conftest import Tab
from tests.kafka.world import until

AGREES = "<script>quietclicks = () => ({consent: {analytics: true}})</script>"
YES = ExactConsent(analytics=True)
NO = ExactConsent(analytics=False, partners=False)


@pytest.mark.parametrize("opened_at", ["collect.shop.example", "www.shop.example"])
async def test_opting_out_and_in_again(tab: Tab, opened_at: str) -> None:
    """The collector is a host of its own beside the shop; or each host of the shop passes on to it.

    Then who opts out at one of them is not counted at another.
    """
    sent_to = "shop.example" if opened_at == "www.shop.example" else opened_at
    standing = Standing()
    answering = standing.answering

    def answer(hit: Hit, peer: str) -> Answer:
        if hit.path.startswith("/page"):
            host = hit.headers["host"].replace("shop.example", sent_to)
            body = f'<!doctype html>{AGREES}<script defer src="//{host}/q.js"></script>'
            return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, body.encode())
        if hit.path == "/favicon.ico":
            return Answer(204, {}, b"")
        return answering(hit, peer)

    async with listening(standing, answer) as port:
        collector = f"http://{sent_to}:{port}"

        async def look() -> ExactConsent | None:
            """The choice that the next view bears."""
            seen = len(standing.outgoing.records)
            await tab.open(f"http://shop.example:{port}/page/{seen}")
            await tab.wait_for(f"performance.getEntriesByName('{collector}/collect').length")
            return standing.outgoing.events[seen].consent

        async def choose(then: str) -> None:
            await tab.open(f"http://{opened_at}:{port}/opt-out")
            await tab.run("document.querySelector('button').click()")

            async def told() -> bool:
                try:
                    return bool(await tab.run(f"document.body?.innerText.includes('{then}')"))
                except AssertionError:
                    return False  # between two pages there is nobody to ask

            await until(told, then)

        assert await look() == YES
        await choose("You have opted out")
        assert await look() == NO
        assert await tab.run("document.cookie") == ""
        await choose("may be counted")
        assert await look() == YES
        assert tab.complaints == []
