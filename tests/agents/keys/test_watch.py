"""Who follows the keys' topic hears of their end, whatever becomes of the topic."""

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
