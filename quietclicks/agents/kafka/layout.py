"""How many partitions each topic has: as many as the policy says, or nothing is processed.

Keys and sites are routed by these numbers. A topic that has another one would hold a key twice, or
partitions that nobody reads, and nothing would look wrong. It changes no topic.
"""

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaError

from quietclicks.agents.kafka.clients import ANSWER_SECONDS
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.errors import Failure


class Layout:
    """The policy's numbers, by topic."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    def missing(self, cluster: ClusterMetadata) -> list[str]:
        """The topics that the broker does not show."""
        return [topic for topic in self.counts if not cluster.partitions_for_topic(topic)]

    def differs(self, cluster: ClusterMetadata) -> str | None:
        """What to tell of a topic that has another number, if there is one."""
        for topic, wanted in self.counts.items():
            count = len(cluster.partitions_for_topic(topic) or ())
            if count not in (0, wanted):
                return (
                    f"{topic} has {_partitions(count)}, the policy says {wanted}: "
                    "see `quietclicks topics plan`"
                )
        return None

    async def refuse_other(self, consumer: AIOKafkaConsumer) -> None:
        """Ask the broker; raises `Failure` where a topic is missing or has another number."""
        cluster = await described(consumer)
        if told := self.differs(cluster):
            raise Failure(told)
        if missing := self.missing(cluster):
            # A user without rights is told the same where it may not even know the name.
            raise Failure(
                f"there is no topic {missing[0]}, or this user has no right to it: run "
                f"`quietclicks topics apply`, or {SEE}"
            )


async def describe(consumer: AIOKafkaConsumer, seconds: float) -> ClusterMetadata | None:
    """What the broker says of all topics; `None` where it does not answer."""
    try:
        return await asyncio.wait_for(consumer._client.fetch_all_metadata(), seconds)
    except (KafkaError, TimeoutError, OSError):
        return None


async def described(consumer: AIOKafkaConsumer) -> ClusterMetadata:
    """The same; raises `Failure` where it does not answer."""
    cluster = await describe(consumer, ANSWER_SECONDS)
    if cluster is None:
        raise Failure("the broker does not tell which topics it has")
    return cluster


def _partitions(count: int) -> str:
    return "1 partition" if count == 1 else f"{count} partitions"
