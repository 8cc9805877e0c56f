"""A record in the keys' topic that opens to nothing: one line, and it has no entry."""

import re

import pytest
from msgspec import structs

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import THROUGH
from quietclicks.schemas import topics
from tests.agents.evidence.test_audit_log import broker, kinds, settings, with_key, write
from tests.agents.evidence.test_log_topics import one_line
from tests.agents.keys.test_destroy import DAY, POLICY
from tests.kafka_tools import produce

__all__ = ["broker", "settings"]  # fixtures

NEXT = day_text(DAY + 1).encode()


async def told(writer: AuditWriter, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What a round says of keys; other topics are not there."""
    caplog.clear()
    await writer.round()
    lines = [each.getMessage() for each in caplog.records if each.name.startswith("quietclicks")]
    assert not any("\n" in line for line in lines)
    return [line for line in lines if "key" in line]


@pytest.mark.parametrize("damage", ["cut off", "of another day", "empty", "somebody's"])
async def test_a_key_that_does_not_open_is_one_line(
    settings: Settings, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    key = await with_key(settings, DAY)
    await write(settings)
    before = await read_log(settings, pending=True)
    sealed = (await read_keys(settings, pending=True)).living[DAY].sealed
    values = {"cut off": sealed[:-1], "of another day": sealed, "empty": b"", "somebody's": b"{}"}
    await produce(settings.bootstrap, topics.KEYS, [(0, NEXT, values[damage])])
    writer = AuditWriter(settings, POLICY, lambda: True)
    [line] = await told(writer, caplog)
    assert re.search(
        f"tells nothing of a key: the key of {NEXT.decode()} (in .* is dam|does no)", line
    )
    assert await read_log(settings, pending=True) == before
    assert await with_key(settings, DAY) == key, "what is whole is used"
    # When that day's end has come it is as if it had not been.
    await produce(settings.bootstrap, topics.KEYS, [(0, NEXT, None), (0, THROUGH, NEXT)])
    await with_key(settings, DAY + 2)
    assert await write(settings) >= 1
    assert (await kinds(settings)).count("key-made") == 2


async def test_another_key_encryption_key_is_one_line(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await with_key(settings, DAY)
    other = structs.replace(settings, key_encryption_key="A" * 43 + "=")
    writer = AuditWriter(other, POLICY, lambda: True)
    [line] = await told(writer, caplog)
    assert f"tells nothing of a key: the key of {day_text(DAY)} does not open with this" in line
    assert await kinds(settings) == ["policy"]


async def test_a_damaged_end_of_keys_is_one_line(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await with_key(settings, DAY)
    await write(settings)
    before = await read_log(settings, pending=True)
    await produce(settings.bootstrap, topics.KEYS, [(0, THROUGH, b"yesterday")])
    writer = AuditWriter(settings, POLICY, lambda: True)
    await one_line(writer, caplog, r"\[0\]@\d+ says up to which day keys are destroyed, and cannot")
    assert await read_log(settings, pending=True) == before
