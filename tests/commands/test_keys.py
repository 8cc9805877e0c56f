"""`quietclicks keys` on a broker: what it shows, and what it does."""

import asyncio
import base64
import json
import re

import pytest
from click.testing import CliRunner, Result

from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.topic import key_writer, read_keys
from quietclicks.agents.settings import Settings
from quietclicks.commands.keys import keys
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import THROUGH
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics
from tests.kafka_tools import SharedBroker, create_topics, unique

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
DAY = 20_780


@pytest.fixture
def settings(broker: SharedBroker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(topics, "KEYS", unique("keys"))
    asyncio.run(create_topics(broker.bootstrap, {topics.KEYS: 1}, {"cleanup.policy": "compact"}))
    app = unique("app")
    for name, value in (("BOOTSTRAP", broker.bootstrap), ("APP", app), ("KEY_ENCRYPTION_KEY", OLD)):
        monkeypatch.setenv(f"QUIETCLICKS_{name}", value)
    return Settings(bootstrap=broker.bootstrap, app=app, key_encryption_key=OLD)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(keys, arguments)


def provide(settings: Settings, *days: int) -> dict[int, bytes]:
    ring = DayKeys()

    async def all_of_them() -> None:
        for day in days:
            await KeyStore(settings, ring).provide(day)

    asyncio.run(all_of_them())
    return ring._keys


def test_what_lives_and_what_does_not(settings: Settings) -> None:
    assert typed("list").output == "No key is destroyed yet.\n"
    made = provide(settings, DAY, DAY + 1)

    async def destroy() -> None:
        async with key_writer(settings) as writer:
            name = day_text(DAY).encode()
            await writer.write(topics.KEYS, [(name, None), (THROUGH, name)])

    asyncio.run(destroy())
    shown = typed("list")
    assert re.fullmatch(
        r"2026-11-24  lives, written 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
        r"2026-11-23  destroyed; the broker has not compacted it away yet\n"
        r"Destroyed: all up to 2026-11-23\.\n",
        shown.output,
    )
    told = json.loads(typed("list", "--json").output)
    assert told["destroyed_through"] == "2026-11-23"
    assert [each["day"] for each in told["living"]] == ["2026-11-24"]
    assert told["not_yet_compacted"] == ["2026-11-23"]
    for key in made.values():
        assert base64.b64encode(key).decode() not in shown.output


def test_the_key_encryption_key_is_changed_without_a_gap(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = provide(settings, DAY, DAY + 1)
    assert typed("rewrap").output == "All keys are wrapped with the first key-encryption key.\n"
    monkeypatch.setenv("QUIETCLICKS_KEY_ENCRYPTION_KEY", f"{NEW} {OLD}")
    assert typed("rewrap").output == "2026-11-23  wrapped anew\n2026-11-24  wrapped anew\n"
    assert typed("rewrap").output == "All keys are wrapped with the first key-encryption key.\n"
    new = Settings(bootstrap=settings.bootstrap, app=settings.app, key_encryption_key=NEW)
    assert provide(new, DAY, DAY + 1) == made
    with pytest.raises(UsageError, match="does not open with this key-encryption key"):
        provide(settings, DAY)


def test_keys_that_do_not_open_stay_as_they_are(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = provide(settings, DAY)
    monkeypatch.setenv("QUIETCLICKS_KEY_ENCRYPTION_KEY", NEW)
    assert isinstance(typed("rewrap").exception, UsageError)
    assert provide(settings, DAY) == made


def test_only_what_is_due_can_be_destroyed(settings: Settings) -> None:
    assert isinstance(typed("destroy").exception, UsageError)
    provide(settings, DAY)
    asked = typed("destroy", "--due")
    assert (asked.output, asked.exception) == ("No key is due.\n", None)
    assert set(asyncio.run(read_keys(settings, pending=True)).living) == {DAY}


def test_no_broker_is_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIETCLICKS_BOOTSTRAP", "127.0.0.1:1")
    for command in (["list"], ["destroy", "--due"], ["rewrap"]):
        assert isinstance(typed(*command).exception, Failure)
