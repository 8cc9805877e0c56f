"""A collector without a socket and a broker: its clock stands still, and it keeps its records."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from quietclicks.agents.collector.collector import Collector
from quietclicks.agents.collector.figures import Figures
from quietclicks.agents.collector.http import Answering, Server
from quietclicks.agents.collector.pages import Pages
from quietclicks.agents.collector.serve import answering
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.event import Collecting
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.fields.forwarded import NOBODY, TrustedProxies
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.schemas.raw import ExactEvent
from tests.paths import ROOT

TEXT = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
POLICY = parse(TEXT, "policy.toml")
PEER, PAGE, ORIGIN = "198.51.100.7", "https://shop.example/shoes", "https://shop.example"
NAMES = sorted({each.name for each in FORMATS.values()})


class Outgoing:
    """Keeps what it is given."""

    def __init__(self, partitions: int = 4) -> None:
        self.partitions = partitions
        self.is_full = False
        self.records: list[tuple[int, bytes]] = []

    def put(self, partition: int, value: bytes) -> None:
        self.records.append((partition, value))

    @property
    def events(self) -> list[ExactEvent]:
        return [msgspec.json.decode(value, type=ExactEvent) for _, value in self.records]


class Standing:
    """A collector and all around it."""

    def __init__(self, policy: Policy = POLICY, trusted: TrustedProxies = NOBODY) -> None:
        self.now = 1_795_000_000.0
        self.passed = 0.0
        self.ids = 0
        self.outgoing = Outgoing()
        self.figures = Figures(NAMES, lambda: 0)
        self.collecting = Collecting(policy)
        self.collector = Collector(
            self.collecting,
            trusted,
            self.outgoing,
            self.figures,
            clock=lambda: self.now,
            timer=lambda: self.passed,
            new_id=self.new_id,
        )

    def new_id(self) -> str:
        self.ids += 1
        return f"id-{self.ids}"

    def post(
        self, body: object, headers: Mapping[str, str] | None = None, peer: str = PEER
    ) -> Answer:
        """To /collect."""
        return self.ask("POST", "/collect", headers, json.dumps(body).encode(), peer)

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        peer: str = PEER,
    ) -> Answer:
        """Any request to a tracker's path."""
        path, _, query = target.partition("?")
        hit = Hit(method=method, path=path, query=query, headers=headers or {}, body=body)
        return self.collector.answer(hit, peer)

    @property
    def answering(self) -> Answering:
        """Of all of its paths."""
        pages = Pages(
            POLICY,
            self.collecting.sites,
            self.figures,
            token=None,
            on_this_machine=True,
            is_full=lambda: False,
        )
        return answering(self.collector, pages)


@asynccontextmanager
async def listening(standing: Standing, answer: Answering | None = None) -> AsyncIterator[int]:
    """The port at which it answers."""
    runner = web.ServerRunner(Server(answer or standing.answering), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
