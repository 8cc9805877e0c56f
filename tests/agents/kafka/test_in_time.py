"""A broker that is there and does not answer: one line from whoever asks, and another attempt."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition

from quietclicks.agents import replay
from quietclicks.agents.cuts import Cuts
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.kafka import clients, committed, cut
from quietclicks.agents.kafka.committed import committed_offset
from quietclicks.agents.kafka.rounds import broker_rounds
from quietclicks.agents.keys.destroy import nudge_keys
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import POLICY

SETTINGS = Settings(key_encryption_key=base64.b64encode(bytes(32)).decode())
TP = TopicPartition("t", 0)
CALLED: dict[str, Callable[[], Awaitable[object]]] = {
    "told of t": lambda: clients.partitions(SETTINGS, "t"),
    "taken a record of privacy.keys": lambda: nudge_keys(SETTINGS),
    "taken a record of t": lambda: cut.nudge(SETTINGS, [TP]),
    "deleted what is to be cut of t": lambda: cut.delete_before(SETTINGS, {TP: 1}),
    "told what g has committed": lambda: committed_offset(SETTINGS, "g", TP),
    "told its settings": lambda: broker_rounds(SETTINGS),
    "told what its last records are": lambda: replay.refuse_live_ticks(SETTINGS),
}


class Enough(Exception):
    """Of attempts."""


class Silent:
    """A client that starts, and whose questions nobody answers."""

    async def start(self) -> None:
        """At once."""

    stop = close = start

    def assign(self, tps: object) -> None:
        """What is to be read."""

    def create_batch(self) -> "Silent":
        return self

    def append(self, **record: object) -> None:
        """To a batch."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        async def never(*arguments: object, **more: object) -> None:
            await asyncio.Event().wait()

        return never


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("admin", "consumer", "producer"):
        monkeypatch.setattr(clients, kind, lambda settings, **more: Silent())
    monkeypatch.setattr(clients, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(committed, "ANSWER_SECONDS", 0.01)
    monkeypatch.setattr(replay, "TIMEOUT_SECONDS", 0.01)


@pytest.mark.parametrize("what", CALLED)
@pytest.mark.usefixtures("silent")
async def test_who_asks_says_what_it_waited_for(what: str) -> None:
    with pytest.raises(Failure) as raised:
        await CALLED[what]()
    assert str(raised.value) == f"the broker has not {what} within 0 s"


@pytest.mark.usefixtures("silent")
async def test_the_audit_log_is_written_next_time(caplog: pytest.LogCaptureFixture) -> None:
    await AuditWriter(SETTINGS, POLICY, lambda: True).round()
    assert caplog.messages == [f"the broker has not told of {topics.AUDIT} within 0 s"]


@pytest.mark.usefixtures("silent")
async def test_what_is_deleted_is_deleted_next_time(caplog: pytest.LogCaptureFixture) -> None:
    cuts = Cuts(SETTINGS, POLICY, lambda: True)

    async def attempt() -> None:
        if len(caplog.messages) == 2:
            raise Enough
        await nudge_keys(SETTINGS)

    with pytest.raises(Enough):
        await cuts._go_on(attempt, 0.0)
    told = f"nothing was deleted: the broker has not taken a record of {topics.KEYS} within 0 s"
    assert caplog.messages == [told, told]
