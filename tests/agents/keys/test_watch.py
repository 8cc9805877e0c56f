"""Who follows the keys' topic hears of their end, whatever becomes of the topic."""

import pytest

from quietclicks.agents.keys.destroy import destroy_due
from quietclicks.agents.keys.watch import KeyWatch
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import THROUGH
from quietclicks.schemas import topics
from tests.agents.kafka.test_runner_faults import remake
from tests.agents.keys.test_destroy import DAY, POLICY, broker, settings, told_cut, with_keys
from tests.kafka_tools import produce
from tests.runner_tools import until

__all__ = ["broker", "settings"]  # fixtures


async def test_who_follows_a_topic_that_is_made_anew_hears_on(settings: Settings) -> None:
    """Else a worker would keep in memory what is destroyed there."""
    ring = await with_keys(settings, DAY, DAY + 1)
    watch = KeyWatch(settings, ring, lambda: None)
    await watch.start()
    try:
        await told_cut(settings, DAY)
        assert await destroy_due(settings, POLICY) == [DAY]
        await until(lambda: ring.destroyed_through == DAY, "it has heard")
        await remake(settings.bootstrap, topics.KEYS)
        ends = [(0, None, b"nudge"), (0, THROUGH, day_text(DAY + 1).encode())]
        await produce(settings.bootstrap, topics.KEYS, ends)
        await until(lambda: ring.destroyed_through == DAY + 1, "it has heard on")
        assert not ring._keys
    finally:
        await watch.stop()


@pytest.mark.parametrize("damaged", [b"", b"yesterday", b"\xff\0", b"2026-13-45"])
async def test_a_damaged_end_is_told_and_the_next_one_heard(
    settings: Settings, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    ring = await with_keys(settings, DAY, DAY + 1)
    watch = KeyWatch(settings, ring, lambda: None)
    await watch.start()
    try:
        await produce(settings.bootstrap, topics.KEYS, [(0, THROUGH, damaged)])
        await until(lambda: bool(caplog.messages), "a line")
        assert [each for each in caplog.messages if "destroyed, and cannot be read: it is" in each]
        assert DAY in ring
        ends = [(0, THROUGH, day_text(DAY).encode())]
        await produce(settings.bootstrap, topics.KEYS, ends)
        await until(lambda: ring.destroyed_through == DAY, "the next one is heard")
    finally:
        await watch.stop()
