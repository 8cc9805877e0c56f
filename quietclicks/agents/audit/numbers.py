"""Published numbers: read from the first one that was appended in the time that is looked at.

Of each window it keeps 32 bytes a record, for its hash; the numbers themselves lie in `History`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from aiokafka import TopicPartition
from msgspec import Struct, field

from quietclicks.agents.audit.history import History
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.released import released
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.audit.checks.differencing import Attacks
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.thresholds import ThresholdScan
from quietclicks.pipeline.audit.checks.windows import Name, Published
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.evidence.window_hash import hash_of, name_of, record_hash
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.release import params_of
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Window


class Numbers(Struct):
    """What was read; to be closed."""

    since: date
    history: History = field(default_factory=History)
    hashes: dict[Name, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def close(self) -> None:
        """The end of the numbers."""
        self.history.close()

    @property
    def windows(self) -> dict[Name, Published]:
        """As the topics have them now; complete for each that starts in the time looked at."""
        return {
            name: Published(len(hashes), hash_of(hashes)) for name, hashes in self.hashes.items()
        }


async def scan_numbers(
    settings: Settings, numbers: Numbers, events: EventScan, thresholds: ThresholdScan, tell: Tell
) -> None:
    """All of the published topics. Raises `Failure`, `KafkaError`."""
    since = numbers.since.isoformat()
    newest = await _newest(settings)
    for topic in topics.PUBLISHED:
        for partition, start in enumerate(await _starts(settings, topic, numbers.since)):
            async for records in batches_to_end(settings, topic, partition, start=start):
                tell(len(records))
                for each in records:
                    where = f"{topic}[{partition}]@{each.offset}"
                    _hash(numbers, topic, each.key, each.value)
                    trend = events.number(where, each.key, each.value, each.headers)
                    if trend is None:
                        continue
                    thresholds.number(where, trend)
                    if since <= trend.start <= newest[trend.window] and each.value is not None:
                        numbers.history.add(each.value)


async def _newest(settings: Settings) -> dict[Window, str]:
    """The start of the last window of each kind that is released: it is whole in every topic.

    One that is released while topic after topic is read would be there in some of them only.
    """
    until, _ = await released(settings, await clients.partitions(settings, topics.PARTIALS))
    lengths: dict[Window, int] = {"PT1H": 1, "P1D": HOURS_PER_DAY}
    return {
        window: text((until - hours) * MILLISECONDS_PER_HOUR) for window, hours in lengths.items()
    }


def _hash(numbers: Numbers, topic: str, key: bytes | None, value: bytes | None) -> None:
    name = name_of(key)
    if name is not None:
        start = text(name.start * MILLISECONDS_PER_HOUR)
        if start >= numbers.since.isoformat():
            numbers.hashes[name.window, start].append(record_hash(topic, key, value))


async def attack_numbers(
    policy: Policy, numbers: Numbers, attacks: Attacks, thresholds: ThresholdScan
) -> None:
    """Day by day of each site, in threads: a large one takes long."""
    rules = Rules.of(params_of(policy))
    for each in numbers.history.site_days(None, None):
        portion = numbers.history.of(each)
        thresholds.again(each.site, each.day, portion.changed, portion.repeated)
        attacks.day(
            each.site, each.day, await asyncio.to_thread(attack, portion.trends, None, rules)
        )


async def _starts(settings: Settings, topic: str, since: date) -> Sequence[int]:
    """Each partition's first offset that was appended then or later."""
    count = await clients.partitions(settings, topic)
    tps = [TopicPartition(topic, number) for number in range(count)]
    since_ms = (since - date(1970, 1, 1)).days * 24 * MILLISECONDS_PER_HOUR
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        ends = await consumer.end_offsets(tps)
        young = await consumer.offsets_for_times(dict.fromkeys(tps, since_ms))
        return [each.offset if (each := young.get(tp)) else ends[tp] for tp in tps]
    finally:
        await clients.stop(consumer)
