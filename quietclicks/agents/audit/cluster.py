"""What a broker says of itself and its topics, without reading one: rights, spans, ages, sizes.

It blocks, as the admin client does: `asyncio.to_thread` where a loop runs. It changes nothing.
"""

from collections.abc import Sequence

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from msgspec import Struct, field

from quietclicks.agents.access import live
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.access.diff import LiveAccess
from quietclicks.pipeline.topology.topics import TopicSpec


class Span(Struct, frozen=True):
    """A partition: from its first offset to its end."""

    first: int
    end: int
    oldest_ms: int | None = None  # when its first record was appended; None where there is none


class Cluster(Struct):
    """`spans` of the topics that were asked for and are there, by topic and partition."""

    access: LiveAccess
    spans: dict[str, dict[int, Span]] = field(default_factory=dict)
    newest_ms: int = 0  # the youngest record of all of them
    disk: dict[str, int] = field(default_factory=dict)  # bytes, of all replicas
    version: str = ""

    @property
    def oldest(self) -> dict[str, int]:
        """When the oldest record of each topic that has one was appended."""
        found = {}
        for topic, spans in self.spans.items():
            times = [span.oldest_ms for span in spans.values() if span.oldest_ms is not None]
            if times:
                found[topic] = min(times)
        return found


def look(settings: Settings, specs: Sequence[TopicSpec]) -> Cluster:
    """Raises `Failure`, `UsageError`."""
    with administration(settings) as client:
        cluster = Cluster(live.look(client), version=_version(client))
        there = client.list_topics()
        names = [spec.name for spec in specs if spec.name in there]
        tps = [
            TopicPartition(each["name"], part["partition_index"])
            for each in client.describe_topics(names)
            for part in each["partitions"]
        ]
        if tps:
            _spans(client, tps, cluster)
            _sizes(client, names, cluster)
        return cluster


def _spans(client: KafkaAdminClient, tps: list[TopicPartition], cluster: Cluster) -> None:
    def ask(what: int) -> dict[TopicPartition, tuple[int, int]]:
        answer = client.list_partition_offsets(dict.fromkeys(tps, what))
        return {tp: (answer[tp].offset, answer[tp].timestamp) for tp in tps}

    first, oldest, end = ask(OffsetSpec.EARLIEST), ask(0), ask(OffsetSpec.LATEST)
    newest = ask(OffsetSpec.MAX_TIMESTAMP)
    for tp in tps:
        # The broker finds none for a while after a cut, where the first segment has none above it.
        found, at_ms = oldest[tp]
        span = Span(first[tp][0], end[tp][0], at_ms if found >= 0 and at_ms >= 0 else None)
        cluster.spans.setdefault(tp.topic, {})[tp.partition] = span
    cluster.newest_ms = max(at_ms for _, at_ms in newest.values())


def _sizes(client: KafkaAdminClient, names: list[str], cluster: Cluster) -> None:
    for broker in client.describe_log_dirs(names):
        for folder in broker["log_dirs"]:
            for topic in folder["topics"]:
                size = sum(part["partition_size"] for part in topic["partitions"])
                cluster.disk[topic["name"]] = cluster.disk.get(topic["name"], 0) + size


def _version(client: KafkaAdminClient) -> str:
    """As far as a client can tell by what it understands: a broker does not say its own."""
    brokers = client.describe_cluster()["brokers"]
    known = {client.get_broker_version_data(each["broker_id"]).broker_version for each in brokers}
    return ", ".join(".".join(map(str, version)) for version in sorted(known))
