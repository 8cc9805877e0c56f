"""Published numbers: read from the first one that was appended in the time that is looked at.

Of each window it keeps 32 bytes a record, for its hash; the numbers themselves lie in `History`.
"""

import asyncio
from collections import defaultdict
from datetime import UTC, date, datetime, time

from msgspec import Struct, field

from quietclicks.agents.audit.history import History
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.ranges import range_of
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.released import released
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.audit.checks.differencing import Attacks
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.thresholds import ThresholdScan
from quietclicks.pipeline.audit.checks.windows import Name, Published
from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, milliseconds, text
from quietclicks.pipeline.evidence.window_hash import hash_of, name_of, record_hash
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.release import params_of
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Window


class Numbers(Struct):
    """What was read; to be closed."""

    since: date
    history: History = field(default_factory=History)
    hashes: dict[Name, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    newest_ms: dict[Name, int] = field(default_factory=lambda: defaultdict(int))

    def close(self) -> None:
        """The end of the numbers."""
        self.history.close()

    @property
    def windows(self) -> dict[Name, Published]:
        """As the topics have them now; complete for each that starts in the time looked at."""
        return {
            name: Published(len(hashes), hash_of(hashes), self.newest_ms[name])
            for name, hashes in self.hashes.items()
        }


async def scan_numbers(
    settings: Settings, numbers: Numbers, events: EventScan, thresholds: ThresholdScan, tell: Tell
) -> None:
    """All of the published topics. Raises `Failure`, `KafkaError`."""
    since = numbers.since.isoformat()
    since_ms = milliseconds(datetime.combine(numbers.since, time(), UTC))
    newest = await _newest(settings)
    for topic in topics.PUBLISHED:
        for partition, start in enumerate((await range_of(settings, topic, since_ms)).starts):
            async for records in batches_to_end(settings, topic, partition, start=start):
                tell(len(records))
                for each in records:
                    where = f"{topic}[{partition}]@{each.offset}"
                    _hash(numbers, topic, each)
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


def _hash(numbers: Numbers, topic: str, record: Record) -> None:
    name = name_of(record.key)
    if name is not None:
        start = text(name.start * MILLISECONDS_PER_HOUR)
        if start >= numbers.since.isoformat():
            window = name.window, start
            numbers.hashes[window].append(record_hash(topic, record.key, record.value))
            numbers.newest_ms[window] = max(numbers.newest_ms[window], record.timestamp)


async def attack_numbers(
    policy: Policy, numbers: Numbers, attacks: Attacks, thresholds: ThresholdScan
) -> None:
    """Day by day of each site, in threads: a large one takes long.

    By the thresholds that the numbers were made by: those of the policy in force.
    """
    rules = Rules.of(params_of(policy))
    for each in numbers.history.site_days(None, None):
        portion = numbers.history.of(each)
        thresholds.again(each.site, each.day, portion.changed, portion.repeated)
        if any(trend.policy != policy.revision for trend in portion.trends):
            attacks.earlier()
            continue
        attacks.day(
            each.site, each.day, await asyncio.to_thread(attack, portion.trends, None, rules)
        )
