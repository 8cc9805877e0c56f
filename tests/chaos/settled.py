"""Waits until workers have done all there is to do, and reads what the topics hold then."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quietclicks.agents.keys.wrapping import NONCE_BYTES
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, milliseconds
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.chaos.checks import Found
from tests.chaos.rig import Rig
from tests.kafka_tools import Stored, read_all

SETTLE_SECONDS = 180  # a worker that died in a transaction may hold its readers up for 60
LOOK_SECONDS = 0.5
OFFSETS = "__consumer_offsets"

Ends = dict[str, dict[int, int]]


async def settle(rig: Rig) -> Sequence[Found]:
    """Wait until all is processed, released and committed, and the workers are well."""
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.settings.bootstrap)
    await admin.start()
    deadline = time.monotonic() + SETTLE_SECONDS
    try:
        for behind in (_anonymise_behind, _release_behind, _unwell):
            while lacking := await behind(rig, admin):
                if time.monotonic() > deadline:
                    return [Found("settles", f"not within {SETTLE_SECONDS} s: {lacking}")]
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        await admin.close()
    return []


async def stable_and_all(rig: Rig) -> tuple[Ends, Ends]:
    """Where each partition's committed records end, and where all do; once they are the same, or
    for good."""
    names = [spec.name for spec in topology(rig.policy)] + [OFFSETS]
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        stable = await _ends(rig, names, "read_committed")
        ends = await _ends(rig, names, "read_uncommitted")
        if stable == ends or time.monotonic() > deadline:
            return stable, ends
        await asyncio.sleep(LOOK_SECONDS)


async def read_topics(rig: Rig) -> dict[str, list[Stored]]:
    """The committed records of every topic."""
    return {
        spec.name: await read_all(rig.settings.bootstrap, spec.name, waits=False)
        for spec in topology(rig.policy)
    }


def day_keys(settings: Settings, records: Sequence[Stored]) -> dict[int, bytes]:
    """The first key of each day, opened."""
    cipher = AESGCM(key_encryption_keys(settings)[0])
    keys: dict[int, bytes] = {}
    for record in records:
        name, value = record.key or b"", record.value or b""
        if not value:
            continue  # a nudge
        key = cipher.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], name)
        keys.setdefault(_day(name.decode()), key)
    return keys


def _day(name: str) -> int:
    midnight = datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC)
    return milliseconds(midnight) // MILLISECONDS_PER_DAY


async def _anonymise_behind(rig: Rig, admin: AIOKafkaAdminClient) -> str:
    """What it has committed, if that is not all of the raw topic."""
    wanted = {number: len(values) for number, values in enumerate(rig.feeder.sent)}
    return await _behind(rig, admin, "anonymise", topics.RAW, wanted)


async def _release_behind(rig: Rig, admin: AIOKafkaAdminClient) -> str:
    """The same of the partials. While a day is open, its first record is not committed."""
    records = await read_all(rig.settings.bootstrap, topics.PARTIALS, waits=False)
    wanted = {record.partition: record.offset + 1 for record in records}
    return await _behind(rig, admin, "release", topics.PARTIALS, wanted)


async def _behind(
    rig: Rig, admin: AIOKafkaAdminClient, stage: str, source: str, wanted: Mapping[int, int]
) -> str:
    places = [TopicPartition(source, number) for number in wanted]
    try:
        offsets = await admin.list_consumer_group_offsets(
            f"{rig.settings.app}.{stage}", partitions=places
        )
    except KafkaError as error:
        return f"{stage} tells no offsets: {type(error).__name__}"
    found = {place.partition: each.offset for place, each in offsets.items()}
    return "" if found == wanted else f"{stage} has committed {found} of {wanted}"


async def _unwell(rig: Rig, _: AIOKafkaAdminClient) -> str:
    """Which workers do not say that all is well."""
    workers = list(rig.supervisor.workers)
    health = [await asyncio.to_thread(worker.health) for worker in workers]
    unwell = [
        f"{worker.log.name} {said}"
        for worker, said in zip(workers, health, strict=True)
        if said != "ok"
    ]
    return ", ".join(unwell) if workers else "no worker is there"


async def _ends(rig: Rig, names: Sequence[str], isolation: str) -> Ends:
    consumer = AIOKafkaConsumer(bootstrap_servers=rig.settings.bootstrap, isolation_level=isolation)
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.settings.bootstrap)
    await consumer.start()
    await admin.start()
    try:
        ends: Ends = {}
        for description in await admin.describe_topics(list(names)):
            name = description["topic"]
            places = [TopicPartition(name, each["partition"]) for each in description["partitions"]]
            found = await consumer.end_offsets(places)
            ends[name] = {place.partition: end for place, end in found.items()}
    finally:
        await admin.close()
        await consumer.stop()
    return ends
