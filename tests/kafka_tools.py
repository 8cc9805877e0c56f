"""What tests do with a real broker: make topics, write records, read back all that is there."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.settings import Settings, load
from quietclicks.commands.secure import ADMIN, access_folder


@dataclass(frozen=True)
class SharedBroker:
    """The suite's one broker: use topics and groups of your own (`unique`), and do not stop it."""

    bootstrap: str
    data_dir: Path

    @property
    def access(self) -> Path:
        """Certificates and users' settings files, of a broker that denies by default."""
        return access_folder(self.data_dir)

    def settings(self, user: str = ADMIN) -> Settings:
        """How a user of such a broker reaches it."""
        return load({}, str(self.access / f"{user}.toml"))


@dataclass(frozen=True)
class Stored:
    """A record as it was read back."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


def unique(name: str) -> str:
    """A topic, group or application name that no other test has."""
    return f"{name}-{secrets.token_hex(4)}"


async def create_topics(
    bootstrap: str, topics: Mapping[str, int], configs: Mapping[str, str] | None = None
) -> None:
    """Creates topics (name to number of partitions); raises if any could not be."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [NewTopic(name, n, 1, topic_configs=dict(configs or {})) for name, n in topics.items()]
        )
    finally:
        await admin.close()
    # The client reports errors in its answer and does not raise.
    failed = [(name, error) for name, code, error, *_ in answer.topic_errors if code]
    assert not failed, failed


def create_topics_as(settings: Settings, names: Iterable[str]) -> None:
    """The same for a user who may; topics that are there stay."""
    with administration(settings) as client:
        missing = sorted({*names} - {*client.list_topics()})
        if missing:
            one = {"num_partitions": 1, "replication_factor": 1}
            client.create_topics(dict.fromkeys(missing, one))


async def produce(bootstrap: str, topic: str, records: Iterable[Sequence[Any]]) -> None:
    """Writes `(partition, key, value)` or `(partition, key, value, timestamp in ms)` in order."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await producer.start()
    try:
        pending = [
            await producer.send(
                topic,
                key=key,
                value=value,
                partition=partition,
                timestamp_ms=timestamp[0] if timestamp else None,
            )
            for partition, key, value, *timestamp in records
        ]
        for sent in pending:
            await sent
    finally:
        await producer.stop()


async def end_offsets(
    bootstrap: str, places: Sequence[TopicPartition], isolation: str
) -> dict[TopicPartition, int]:
    """Where partitions end for who reads so."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation)
    await consumer.start()
    try:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    return ends


async def read_all(
    bootstrap: str,
    topic: str,
    isolation: Literal["read_committed", "read_uncommitted"] = "read_committed",
    *,
    waits: bool = True,
) -> list[Stored]:
    """All records up to the end offsets at the time of the call, by partition and offset.

    `waits`: for the end of transactions that are open then. A broker answers a commit before it has
    written the end, and until then its records are none for who reads what is committed.
    """
    # Not `seek_to_beginning`: it races the client's own reset to its default place, the end.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        # partitions_for_topic() knows only subscribed topics.
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            [description] = await admin.describe_topics([topic])
        finally:
            await admin.close()
        partitions = [TopicPartition(topic, p["partition"]) for p in description["partitions"]]
        assert partitions, f"no such topic: {topic}"
        consumer.assign(partitions)
        ends = await end_offsets(bootstrap, partitions, "read_uncommitted" if waits else isolation)
        # By offset: should the client hand records out twice, the log has each once.
        found: dict[tuple[int, int], Stored] = {}
        while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
            for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                for r in records:
                    if r.offset < ends[tp]:
                        stored = Stored(tp.partition, r.offset, r.key, r.value, r.timestamp)
                        found[tp.partition, r.offset] = stored
    finally:
        await consumer.stop()
    return [found[place] for place in sorted(found)]
