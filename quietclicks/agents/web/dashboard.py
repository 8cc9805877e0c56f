"""The live page's process: reads `trends.*` and `privacy.summary`, nothing else, and shows them.

It holds no key, no event and no address: whoever breaks into it finds what is published.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.settings import Settings, web_names
from quietclicks.agents.web.api import Api
from quietclicks.agents.web.exchange import Answer, Answering, Request, said
from quietclicks.agents.web.guard import Hosts, guarded
from quietclicks.agents.web.page import FILES, TRENDS_PATH, WebPage
from quietclicks.agents.web.pool import Pool
from quietclicks.agents.web.server import Server, is_on_this_machine, listen
from quietclicks.agents.web.summary import SummaryReader
from quietclicks.agents.web.trends import TrendsReader
from quietclicks.errors import Failure, QuietclicksError
from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas.summary import Summary


def answering(
    trends: LiveTrends, policy: Policy, summary: Callable[[], Summary | None] = lambda: None
) -> Answering:
    """The page's files and its data; 404 for any other path."""
    release = policy.release
    # Plain strings: the JSON library takes no enum for a key.
    thresholds = {dimension.value: k for dimension, k in release.k_dimension.items()}
    meta = {"k": release.k, "k_dimension": thresholds, "revision": policy.revision}
    page = WebPage(trends, meta, summary)

    def answer(request: Request) -> Answer | Awaitable[Answer]:
        known = request.headers.get("if-none-match")
        if request.path == TRENDS_PATH:
            return page.trends(request.query, known)
        if request.path in FILES:
            return page.file(request.path, known)
        return said(HTTPStatus.NOT_FOUND, "there is no such page")

    return answer


@contextlib.contextmanager
def answering_from(
    store: Store,
    policy: Policy,
    summary: Callable[[], Summary | None] = lambda: None,
    is_reading: Callable[[], bool] = lambda: False,
) -> Iterator[Answering]:
    """The page's files and the JSON API of a store; 404 for any other path."""
    page = WebPage(LiveTrends(), {})
    api = Api(store, policy, summary, is_reading)
    pool = Pool(api.answer, api.version)

    def answer(request: Request) -> Answer | Awaitable[Answer]:
        if api.has(request.path):
            return pool(request)
        if request.path in FILES:
            return page.file(request.path, request.headers.get("if-none-match"))
        return said(HTTPStatus.NOT_FOUND, "there is no such page")

    try:
        yield answer
    finally:
        pool.close()


async def serve(settings: Settings, policy: Policy, ready: Callable[[str], None]) -> None:
    """Until SIGTERM or Ctrl-C; `ready` is given the address. Raises `Failure`."""
    listening = listen(settings.dashboard_host, settings.dashboard_port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    reader, summary = TrendsReader(settings), SummaryReader(settings)
    hosts = Hosts(web_names(settings), on_this_machine=is_on_this_machine(listening))
    answer = answering(reader.trends, policy, lambda: summary.summary)
    server = Server(listening, guarded(answer, hosts))
    try:
        await reader.start()
        await summary.start()
        server.start()
        ready(_address(settings.dashboard_host, listening[0].getsockname()[1]))
        await reader.wait(stop.wait())
    finally:
        server.close()
        await summary.stop()
        await reader.stop()
    reason = reader.crash_reason
    if isinstance(reason, QuietclicksError):
        raise reason.with_traceback(None)
    if reason is not None:
        raise Failure(f"the live page stopped: {type(reason).__name__}")


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
