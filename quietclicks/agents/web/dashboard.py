"""The live page's process: reads `trends.*` and `privacy.summary`, nothing else, and shows them.

It holds no key, no event and no address: whoever breaks into it finds what is published.
"""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterator
from http import HTTPStatus
from pathlib import Path

from mode import Service

from quietclicks.agents.dashboard.feed import TrendsFeed
from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.settings import Settings, embedding_names, web_names
from quietclicks.agents.web.api import Api
from quietclicks.agents.web.exchange import (
    Answer,
    Answering,
    Request,
    compressed,
    embeddable,
    said,
)
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
) -> Callable[[Request], Answer]:
    """The page's files and its data; 404 for any other path."""
    release = policy.release
    # Plain strings: the JSON library takes no enum for a key.
    thresholds = {dimension.value: k for dimension, k in release.k_dimension.items()}
    meta = {"k": release.k, "k_dimension": thresholds, "revision": policy.revision}
    page = WebPage(trends, meta, summary)

    def answer(request: Request) -> Answer:
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
    *,
    trends: LiveTrends | None = None,
    embedding: Collection[str] = (),
) -> Iterator[Answering]:
    """The page's files and the JSON API of a store; 404 for any other path.

    `embedding`: hosts whose pages may show it in a frame.
    """
    files = answering(trends or LiveTrends(), policy, summary)
    api = Api(store, policy, summary, is_reading)
    pool = Pool(api.answer, api.version)

    def answer(request: Request) -> Answer | Awaitable[Answer]:
        if api.has(request.path):
            return pool(request)
        found = compressed(files(request), request)
        return embeddable(found, embedding) if embedding else found

    try:
        yield answer
    finally:
        pool.close()


async def serve(
    settings: Settings, policy: Policy, ready: Callable[[str], None], *, rebuild: bool = False
) -> None:
    """Until SIGTERM or Ctrl-C; `ready` is given the address. Raises `Failure`.

    `rebuild`: the store is built anew from the topics.
    """
    listening = listen(settings.dashboard_host, settings.dashboard_port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hosts = Hosts(web_names(settings), on_this_machine=is_on_this_machine(listening))
    with _store(settings, rebuild=rebuild) as store:
        feed = TrendsFeed(settings, store, policy.retention.trends)
        reader, summary = TrendsReader(settings), SummaryReader(settings)
        with answering_from(
            store,
            policy,
            lambda: summary.summary,
            lambda: feed.is_reading,
            trends=reader.trends,
            embedding=embedding_names(settings),
        ) as answer:
            server = Server(listening, guarded(answer, hosts))
            try:
                await feed.start()
                await reader.start()
                await summary.start()
                server.start()
                ready(_address(settings.dashboard_host, listening[0].getsockname()[1]))
                await _until(stop, feed, reader)
            finally:
                server.close()
                await summary.stop()
                await reader.stop()
                await feed.stop()
    for each in (feed, reader):
        if isinstance(each.crash_reason, QuietclicksError):
            raise each.crash_reason.with_traceback(None)
        if each.crash_reason is not None:
            raise Failure(f"the live page stopped: {type(each.crash_reason).__name__}")


async def _until(stop: asyncio.Event, *services: Service) -> None:
    """Until it is to stop, or one of them has crashed."""
    waiting = [asyncio.ensure_future(each.wait(stop.wait())) for each in services]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.gather(*waiting)


@contextlib.contextmanager
def _store(settings: Settings, *, rebuild: bool) -> Iterator[Store]:
    """In the folder that the settings name, or in one that goes with this process."""
    with contextlib.ExitStack() as stack:
        folder = settings.dashboard_folder or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="quietclicks-")
        )
        store = Store(Path(folder), rebuild=rebuild)
        stack.callback(store.close)
        yield store


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
