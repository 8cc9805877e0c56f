"""Destroys the keys of days that are over: only when no event of theirs is left on the broker.

One attempt, safe to repeat and to break off anywhere: tombstones and how far keys are destroyed are
one transaction. What it goes by lies in Kafka: how far events are cut (`agents/kafka/cut.py`), and
from when on the broker's disk is rid of them. The broker's compaction takes the wrapped keys off
the disk later (docs/topics.md).
"""

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import committed_offset
from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.kafka.stages import CUTS, group_of
from quietclicks.agents.keys.topic import key_writer, read_keys
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import NUDGE, THROUGH
from quietclicks.pipeline.topology.lifetime import Progress, progress_of
from quietclicks.pipeline.topology.topics import holds_events, topology
from quietclicks.schemas import topics


async def destroy_due(settings: Settings, policy: Policy) -> list[int]:
    """The days whose keys it destroyed. Raises `KafkaError`, `Failure`."""
    cuts = await event_cuts(settings, policy)
    cut = min(each.cut for each in cuts)
    if not (await read_keys(settings)).due(cut):
        return []
    if await nudge_keys(settings) < max(each.gone_ms for each in cuts):
        return []  # the events' bytes may still be there
    try:
        async with key_writer(settings) as writer:
            if due := (await read_keys(settings, pending=True)).due(cut):
                through = THROUGH, day_text(due[-1]).encode()
                await writer.write(
                    topics.KEYS, [*((day_text(day).encode(), None) for day in due), through]
                )
            return due
    except Rival:
        return []  # who came made a key, or did this


async def nudge_keys(settings: Settings) -> int:
    """Let the broker close a segment; its time, in ms. Raises as `destroy_due`.

    A segment closes, its tombstones with it, only when something is written; and in a topic that is
    compacted every record has a key.
    """
    producer = clients.producer(settings, enable_idempotence=True)
    await clients.start(producer, settings)
    try:
        async with clients.in_time(f"taken a record of {topics.KEYS}"):
            sent = await producer.send_and_wait(topics.KEYS, None, NUDGE, partition=0)
            at_ms: int = sent.timestamp
            return at_ms
    finally:
        await clients.stop(producer)


async def event_cuts(settings: Settings, policy: Policy) -> list[Progress]:
    """How far each topic of events is cut."""
    names = [spec.name for spec in topology(policy) if holds_events(spec)]
    return [await event_cut(settings, name) for name in names]


async def event_cut(settings: Settings, topic: str) -> Progress:
    """How far one is."""
    home = TopicPartition(topic, 0)
    told = await committed_offset(settings, group_of(settings, CUTS), home)
    return progress_of(told.note.metadata)
