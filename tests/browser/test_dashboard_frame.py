"""The dashboard inside another website's page: where the operator names it, and nowhere else."""

import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import NamedTuple

import pytest

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.dashboard import answering
from quietclicks.agents.web.exchange import Answer, Answering, Request
from quietclicks.agents.web.server import Server, listen
from quietclicks.pipeline.policy import parse
from tests.browser.conftest import Tab
from tests.dashboard_tools import POLICY
from tests.runner_tools import until

OPEN = {"Content-Security-Policy": "default-src 'none'; frame-src http:"}


@contextlib.asynccontextmanager
async def served(answer: Answering) -> AsyncIterator[int]:
    """The port of this machine where it is answered."""
    listening = listen("127.0.0.1", 0)
    server = Server(listening, answer)
    server.start()
    try:
        yield listening[0].getsockname()[1]
    finally:
        server.close()


class Framed(NamedTuple):
    """Another website's page with the dashboard in it, and what of the dashboard was asked for."""

    url: str
    asked: list[str]


@contextlib.asynccontextmanager
async def framed(store: Store, *embedding: str) -> AsyncIterator[Framed]:
    asked: list[str] = []
    with answering(store, parse(POLICY, "policy"), embedding=embedding) as answer:

        def noted(request: Request) -> Answer | Awaitable[Answer]:
            asked.append(request.path)
            return answer(request)

        async with served(noted) as inner:
            source = f"http://127.0.0.1:{inner}/?period=month&embed=1"
            markup = f"<!doctype html><title>Intranet</title><iframe src='{source}'></iframe>"
            page = Answer(200, {"Content-Type": "text/html", **OPEN}, markup.encode())
            async with served(lambda _: page) as outer:
                yield Framed(f"http://localhost:{outer}/", asked)


async def test_a_page_that_is_named_may_show_it(tab: Tab, made_up_store: Store) -> None:
    async with framed(made_up_store, "localhost") as framing:
        await tab.open(framing.url)

        async def has_its_numbers() -> bool:
            return "/api/v1/trends" in framing.asked

        await until(has_its_numbers, "the page in the frame asks for its numbers")


@pytest.mark.parametrize("embedding", [(), ("elsewhere.example",)], ids=["nobody", "another"])
async def test_no_other_page_may(
    tab: Tab, made_up_store: Store, embedding: tuple[str, ...]
) -> None:
    async with framed(made_up_store, *embedding) as framing:
        await tab.open(framing.url)

        async def refused() -> bool:
            await tab.run("0")  # what the browser has to say comes before an answer
            return any("frame-ancestors" in complaint for complaint in tab.complaints)

        await until(refused, "the browser refuses the frame")
        assert framing.asked == ["/"], "nothing of it ran"
