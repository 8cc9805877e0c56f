"""The live page's process: reads `trends.*` and `privacy.summary`, nothing else, and shows them.

It holds no key, no event and no address: whoever breaks into it finds what is published.
"""

import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterator
from http import HTTPStatus
from pathlib import Path

from quietclicks.agents.dashboard.feed import TrendsFeed
from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings, embedding_names, web_names
from quietclicks.agents.stopping import told_to_stop
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
from quietclicks.agents.web.page import FILES, WebPage
from quietclicks.agents.web.pool import Pool
from quietclicks.agents.web.server import Server, address_of, is_on_this_machine, listen
from quietclicks.agents.web.summary import SummaryReader
from quietclicks.errors import Failure, QuietclicksError
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.summary import Summary


@contextlib.contextmanager
def answering(
    store: Store,
    policy: Policy,
    summary: Callable[[], Summary | None] = lambda: None,
    is_reading: Callable[[], bool] = lambda: False,
    *,
    embedding: Collection[str] = (),
) -> Iterator[Answering]:
    """The page's files and the JSON API of a store; 404 for any other path.

    `embedding`: hosts whose pages may show it in a frame.
    """
    page = WebPage()
    api = Api(store, policy, summary, is_reading)
    pool = Pool(api.answer, api.version)

    def answer(request: Request) -> Answer | Awaitable[Answer]:
        if api.has(request.path):
            return pool(request)
        if request.path not in FILES:
            return said(HTTPStatus.NOT_FOUND, "there is no such page")
        file = page.file(request.path, request.headers.get("if-none-match"))
        found = compressed(file, request)
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
    # What each service would log in lines of its own, in one, and before a page is promised.
    await clients.partitions(settings, topics.PUBLISHED[0])
    listening = listen(settings.dashboard_host, settings.dashboard_port)
    stop = told_to_stop()
    hosts = Hosts(web_names(settings), on_this_machine=is_on_this_machine(listening))
    with _store(settings, rebuild=rebuild) as store:
        feed = TrendsFeed(settings, store, policy.retention.trends)
        summary = SummaryReader(settings)
        with answering(
            store,
            policy,
            lambda: summary.summary,
            lambda: feed.is_reading,
            embedding=embedding_names(settings),
        ) as answer:
            server = Server(listening, guarded(answer, hosts))
            try:
                await feed.start()
                await summary.start()
                server.start()
                ready(address_of(settings.dashboard_host, listening))
                await feed.wait(stop.wait())
            finally:
                server.close()
                await summary.stop()
                await feed.stop()
    reason = feed.crash_reason
    if isinstance(reason, QuietclicksError):
        raise reason.with_traceback(None)
    if reason is not None:
        raise Failure(f"the live page stopped: {type(reason).__name__}")


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
