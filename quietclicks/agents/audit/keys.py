"""`privacy.keys` as it lies there, wrapped: the audit opens no key, and keeps none of these bytes.

Also how far time is for the pipeline: what the release stage has committed.
"""

from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.released import released
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.audit.checks.keys import Seen
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.topology.lifetime import due_by_broker, due_by_log
from quietclicks.pipeline.topology.topics import ROUND, TopicSpec, segment_seconds
from quietclicks.schemas import topics

SLACK_MS = 3_600_000  # a worker looks every five minutes, and reads what is left
_THERE = b"a wrapped key"


async def read_keys(settings: Settings, spec: TopicSpec, due: int, now_ms: int, tell: Tell) -> Seen:
    """Raises `Failure`, `KafkaError`, `TimeoutError`."""
    await clients.partitions(settings, topics.KEYS)
    committed = await _records(settings, uncommitted=False, tell=tell)
    delay_ms = int(spec.configs["file.delete.delay.ms"])
    # Twice what docs/topics.md promises of a tombstone: only what stays is a fault.
    compacted_ms = 2 * int((1.5 * segment_seconds(spec) + ROUND) * 1000 + delay_ms)
    everything = await _records(settings, uncommitted=True, tell=tell)
    return Seen(committed, everything, due, now_ms, compacted_ms)


async def _records(settings: Settings, *, uncommitted: bool, tell: Tell) -> list[ListedRecord]:
    found = []
    async for records in batches_to_end(settings, topics.KEYS, 0, uncommitted=uncommitted):
        tell(len(records))
        for each in records:
            value = each.value
            if value is not None and each.key and each.key[:1].isdigit():
                value = _THERE
            found.append(ListedRecord(each.offset, each.timestamp, each.key, value))
    return found


async def day_due(settings: Settings, policy: Policy, now_ms: int) -> int:
    """The last day (since 1970) that both clocks say is due; -1: none, as far as is known."""
    closed_until, _ = await released(settings, policy.topics.partials_partitions)
    return min(due_by_log(policy, closed_until), due_by_broker(policy, now_ms - SLACK_MS))
