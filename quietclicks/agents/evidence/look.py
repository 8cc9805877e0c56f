"""Looks at what the audit log has to tell: the keys, how far events are cut, how far time is.

It changes nothing but for a nudge, whose answer is the broker's clock.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.released import released
from quietclicks.agents.kafka.rounds import broker_rounds
from quietclicks.agents.keys.destroy import event_cuts, nudge_keys
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, day_text
from quietclicks.pipeline.evidence.kinds import Cut, KeyMade, Place, PolicyInForce
from quietclicks.pipeline.evidence.observe import Known, Seen
from quietclicks.pipeline.policy import Policy, policy_hash
from quietclicks.pipeline.pseudonyms import key_life
from quietclicks.pipeline.pseudonyms.key_life import KeyRecords
from quietclicks.pipeline.topology import lifetime
from quietclicks.pipeline.topology.topics import holds_events, topology
from quietclicks.schemas import topics

_EPOCH = date(1970, 1, 1)


async def look(settings: Settings, policy: Policy, wrapping: Wrapping, known: Known) -> Seen:
    """Raises `KafkaError`, `Failure`; `UsageError` where a key does not open."""
    now_ms = await nudge_keys(settings)
    closed_until, _ = await released(settings, policy.topics.partials_partitions)
    # The cuts first: whatever is destroyed was cut before.
    cuts = await event_cuts(settings, policy)
    keys = await read_keys(settings)
    first, end = await _ends(settings, TopicPartition(topics.KEYS, 0))
    [spec] = [each for each in topology(policy) if each.name == topics.KEYS]
    delay_ms = int(spec.configs["file.delete.delay.ms"])
    return Seen(
        policy=PolicyInForce(
            revision=date.fromisoformat(policy.revision),
            hash=policy_hash(policy),
            key_due_seconds=int(policy.events_end),
        ),
        now_ms=now_ms,
        made={
            day: _made(day, there, wrapping)
            for day, there in keys.living.items()
            if day not in known
        },
        due=min(lifetime.due_by_log(policy, closed_until), lifetime.due_by_broker(policy, now_ms)),
        watermark_ms=closed_until * MILLISECONDS_PER_HOUR,
        cut=min(each.cut for each in cuts),
        cuts=await _begins(settings, policy),
        cut_gone_ms=max(each.gone_ms for each in cuts),
        tombstoned={
            day: _place(at) for day in known.living if (at := keys.ended_at(day)) is not None
        },
        lingering=await _lingering(settings, keys.through),
        first=first,
        end=end,
        gone_after_ms=(await broker_rounds(settings)).compaction_ms + delay_ms,
    )


def _made(day: int, there: key_life.Wrapped, wrapping: Wrapping) -> KeyMade:
    """The commitment shows nothing of the key, for that is random."""
    commitment = hashlib.sha256(wrapping.unwrap(day_text(day), there.sealed)).hexdigest()
    place = Place(offset=there.offset, time=_instant(there.at_ms))
    return KeyMade(day=_EPOCH + timedelta(days=day), commitment=commitment, made=place)


async def _lingering(settings: Settings, through: int) -> frozenset[int]:
    """Destroyed days of which the topic still has a key, of an aborted transaction, too."""
    found = KeyRecords()
    async for records in batches_to_end(settings, topics.KEYS, 0, uncommitted=True):
        for record in records:
            if record.key != key_life.THROUGH:
                found.take(record)
    return frozenset(day for day in found.written if day <= through)


async def _ends(settings: Settings, tp: TopicPartition) -> tuple[int, int]:
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        first, end = await consumer.beginning_offsets([tp]), await consumer.end_offsets([tp])
        return first[tp], end[tp]
    finally:
        await clients.stop(consumer)


async def _begins(settings: Settings, policy: Policy) -> tuple[Cut, ...]:
    """Where each partition of events begins now."""
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        cuts = []
        for spec in filter(holds_events, topology(policy)):
            tps = [TopicPartition(spec.name, number) for number in range(spec.partitions)]
            found = await consumer.beginning_offsets(tps)
            cuts.append(Cut(topic=spec.name, offsets=tuple(found[tp] for tp in tps)))
        return tuple(cuts)
    finally:
        await clients.stop(consumer)


def _place(at: key_life.Place) -> Place:
    return Place(offset=at.offset, time=_instant(at.at_ms))


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)
