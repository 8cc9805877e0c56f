"""Cuts a topic of events by the day: what a day's events leave on the broker is nothing.

`cut` is one attempt, safe to repeat and to break off anywhere. What it must know of earlier ones
lies in Kafka: `lifetime.Progress`, committed on the topic's first partition for a group that nobody
is a member of. It ends a day in this order, and a crash in between only means once more:

1. The day is closed: all partitions have passed it, and their events are written. The broker's time
   at which that was seen is noted.
2. It is due, by the log's time and by the broker's.
3. Each partition is cut at the first offset that was appended more than what a segment spans after
   that time, so that no segment holds both; a nudge makes sure that there is one. What lies in
   between is read before: none of it may be of that day.
4. What is left is read to its end, aborted records, too: none of them may be of that day either.
5. Only then is the day cut.
"""

import contextlib
import logging
import time
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import committed_offset
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.rounds import broker_rounds
from quietclicks.agents.kafka.stages import CUTS, group_of
from quietclicks.agents.kafka.topics import refuse_drift
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology import lifetime
from quietclicks.pipeline.topology.topics import TopicSpec, segment_seconds

log = logging.getLogger(__name__)


class Cut(Struct, frozen=True):
    """Every event up to `day` (since 1970) is cut from `topic`; a partition begins at its offset.

    From `off_disk_ms` on, by the broker's clock, the bytes are off its disk, too.
    """

    topic: str
    day: int
    offsets: dict[int, int]
    off_disk_ms: int


class _Told(Struct):
    """What an event tells of its time; a partner's need not."""

    timestamp: str = ""


_told = msgspec.json.Decoder(_Told)


async def cut(settings: Settings, policy: Policy, spec: TopicSpec, closed_until: int) -> Cut | None:
    """Cut what is due, where every hour (since 1970) before `closed_until` is closed and released.

    None: nothing is due, or not all that it takes has happened yet. Raises `KafkaError`, `Failure`.
    """
    home = TopicPartition(spec.name, 0)
    group = group_of(settings, CUTS)
    progress = lifetime.progress_of((await committed_offset(settings, group, home)).note.metadata)
    closed = lifetime.closed_day(closed_until)
    due = lifetime.due_by_log(policy, closed_until)
    is_news = closed >= 0 and progress.is_news(closed)
    if not is_news and (due <= progress.cut or progress.closed_by(due) is None):
        return None
    consumer = clients.consumer(settings, group_id=group, uncommitted=True)
    await clients.start(consumer, settings)
    try:
        tps = [TopicPartition(spec.name, number) for number in range(spec.partitions)]
        consumer.assign(tps)
        began = time.monotonic()
        nudged = (await nudge(settings, tps)).values()
        # Brokers' clocks differ: each of them was past the earliest, and none past the latest.
        now = min(nudged)
        if is_news:
            progress.closed[closed] = max(nudged)
            await _keep(consumer, home, 0, progress)
        due = min(due, lifetime.due_by_broker(policy, now))
        closed_ms = progress.closed_by(due)
        if due <= progress.cut or closed_ms is None:
            return None
        after = closed_ms + int(segment_seconds(spec) * 1000)
        if now <= after:
            return None  # no record is young enough yet
        offsets = await _first_after(consumer, tps, after)
        if offsets is None:
            return None
        await refuse_drift(settings, spec)
        found_within_ms = (await broker_rounds(settings)).deletion_ms
        # Nothing of the day came after it was closed, if all is well. What did, and would be cut
        # now, could lie in one segment with what stays: the bytes would be there on.
        since = await _first_after(consumer, tps, closed_ms) or {}
        late = await _last_of(settings, due, {tp: (since.get(tp), offsets[tp]) for tp in tps})
        if late is None:
            await delete_before(settings, offsets)
            took = time.monotonic() - began
            late = await _last_of(settings, due, dict.fromkeys(tps, (None, None)))
        if late is not None:  # somebody else's, or a fault of ours: it goes with a later cut
            log.error("%s: records of %s came after it was closed", spec.name, day_text(due))
            progress.closed[due] = late
            for day in [each for each in progress.closed if each > due]:
                progress.closed[day] = max(progress.closed[day], late)
            await _keep(consumer, home, 0, progress)
            return None
        begins = {tp.partition: offset for tp, offset in offsets.items()}
        delay_ms = found_within_ms + int(spec.configs["file.delete.delay.ms"])
        gone_ms = max(nudged) + int(took * 1000) + delay_ms
        await _keep(consumer, home, begins[0], progress.done(due, gone_ms))
    finally:
        await clients.stop(consumer)
    return Cut(spec.name, due, begins, gone_ms)


async def nudge(settings: Settings, tps: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Append a record without key and value to each; the broker's time of it, in ms.

    A segment closes only when something is written. Raises `KafkaError`, `Failure`.
    """
    producer: AIOKafkaProducer = clients.producer(settings, enable_idempotence=True)
    await clients.start(producer, settings)
    try:
        found = {}
        for tp in tps:
            batch = producer.create_batch()
            batch.append(timestamp=None, key=None, value=None)
            async with clients.in_time(f"taken a record of {tp.topic}"):
                sent = await producer.send_batch(batch, tp.topic, partition=tp.partition)
                found[tp] = (await sent).timestamp
        return found
    finally:
        await clients.stop(producer)


async def delete_before(settings: Settings, offsets: Mapping[TopicPartition, int]) -> None:
    """Nothing before these can be read any more. Raises `KafkaError`, `Failure`.

    One partition after another: the client gives up at the first that a broker refuses.
    """
    admin = clients.admin(settings)
    await clients.start(admin, settings)
    refused: KafkaError | None = None
    try:
        for tp, at in offsets.items():
            async with clients.in_time(f"deleted what is to be cut of {tp.topic}"):
                try:
                    await admin.delete_records({tp: RecordsToDelete(at)})
                except KafkaError as error:
                    refused = error
    finally:
        await clients.stop(admin)
    if refused is not None:
        raise refused


async def _first_after(
    consumer: AIOKafkaConsumer, tps: Sequence[TopicPartition], at_ms: int
) -> dict[TopicPartition, int] | None:
    """The broker finds none, for a while, where a segment that is still to go has one below a cut.

    Else there is one, of nudges at the least.
    """
    async with clients.in_time("told which record came next"):
        found = await consumer.offsets_for_times(dict.fromkeys(tps, at_ms + 1))
    if None in found.values():
        return None
    return {tp: place.offset for tp, place in found.items()}


async def _last_of(
    settings: Settings, day: int, spans: Mapping[TopicPartition, tuple[int | None, int | None]]
) -> int | None:
    """When the last record that tells a time of that day, or one before, was appended, in ms.

    Of each partition it reads from the first offset to before the second; None: all there is.
    """
    text = day_text(day)
    last = None
    for tp, (start, end) in spans.items():
        place = tp.topic, tp.partition
        reading = batches_to_end(settings, *place, uncommitted=True, start=start)
        async with contextlib.aclosing(reading) as batches:
            async for records in batches:
                wanted = [each for each in records if end is None or each.offset < end]
                for record in wanted:
                    if record.value is not None and "" < _day_of(record.value) <= text:
                        last = max(last or 0, record.timestamp)
                if len(wanted) < len(records):
                    break
    return last


def _day_of(value: bytes) -> str:
    """`2026-11-22`; empty where it tells none."""
    try:
        return _told.decode(value).timestamp[:10]
    except (ValueError, RecursionError):
        return ""


async def _keep(
    consumer: AIOKafkaConsumer, home: TopicPartition, offset: int, progress: lifetime.Progress
) -> None:
    async with clients.in_time("kept how far events are cut"):  # the client would try for ever
        await consumer.commit({home: OffsetAndMetadata(offset, progress.encode())})
