"""An officer who waits hears how far a search is, and that nobody says anything."""

import asyncio

import msgspec
import pytest

from quietclicks.agents.rights import officer
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.rights.kept import Kept
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, Request
from tests.kafka_tools import SharedBroker, create_topics, produce, unique

NAMES = ("REQUESTS", "RESPONSES")


@pytest.fixture
async def settings(broker: SharedBroker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in NAMES:
        monkeypatch.setattr(topics, name, unique(name.lower()))
    await create_topics(broker.bootstrap, {getattr(topics, name): 1 for name in NAMES})
    return Settings(bootstrap=broker.bootstrap)


def request() -> Request:
    return Request(id="request-1", verb="access", site="shop.example", days=("2026-09-22",))


async def test_what_is_heard_on_the_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(officer, "SILENT_SECONDS", 0.0)
    heard: list[int | None] = []
    silent, told = asyncio.Event(), asyncio.Event()

    def hears(percent: int | None) -> None:
        heard.append(percent)
        (silent if percent is None else told).set()

    asking = asyncio.create_task(officer.ask(settings, request(), lambda each: True, hears))
    await silent.wait()
    progress = Kept().searching("request-1", 40)
    await produce(settings.bootstrap, topics.RESPONSES, [progress])
    await told.wait()
    answer = Answer(id="request-1", state="open", at="")
    row = 0, b"request-1", msgspec.json.encode(answer)
    await produce(settings.bootstrap, topics.RESPONSES, [row])
    assert await asking == answer
    assert [each for each in heard if each is not None] == [40]


async def test_where_nobody_answers_the_request_stays(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(officer, "WAIT_SECONDS", 0.5)
    with pytest.raises(Failure, match="the request stays: see `quietclicks rights status"):
        await officer.ask(settings, request(), lambda each: True)
