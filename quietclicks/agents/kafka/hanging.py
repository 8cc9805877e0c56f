"""A transaction that is over, and open in a partition all the same.

A broker that is killed while it ends a transaction can leave the end out of a partition
(docs/reliability.md). Who reads committed records waits there, until the same producer's next
transaction in that partition, which would decide about both. So it is ended first, as it was meant.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, LeaderNotAvailableError, for_code

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.committed import Committed
from quietclicks.agents.kafka.describe_producers import DescribeProducers
from quietclicks.errors import Failure

LOOK_SECONDS = 60  # between two looks: no transaction of ours may take so long
RETRIES, RETRY_SECONDS = 150, 0.2  # half a minute
NO_TRANSACTION = -1

log = logging.getLogger(__name__)


class Open(NamedTuple):
    """Where it begins, and when its last batch was written (ms, by the broker's clock)."""

    since: int
    written_ms: int


class Hanging:
    """Those of one producer's transactions."""

    def __init__(self, producer: AIOKafkaProducer, counts: Mapping[str, int]) -> None:
        """`counts`: how many partitions each topic has."""
        self._producer = producer
        self._counts = counts
        self._looked = time.monotonic()
        self._open: dict[TopicPartition, Open] = {}  # when it was last looked

    async def settle(self, committed: Committed) -> None:
        """End them, when the producer has started: by then each is over. Raises `KafkaError`.

        What was committed was written no later than what the offset tells of. What was not was the
        last one of its owner, for which such a thing is the end: so it was written later, and this
        is the first start after it.
        """
        hanging = await open_transactions(self._producer, self._counts)
        if hanging and committed.note.written_ms is None:
            [(tp, first), *_] = hanging.items()
            raise Failure(
                f"{tp.topic}[{tp.partition}]: a transaction of ours hangs since {first.since}, and "
                "no commit tells how it ended: see 'A transaction that hangs' in docs/operating.md"
            )
        last = committed.note.written_ms or 0
        done = {tp: each for tp, each in hanging.items() if each.written_ms <= last}
        given_up = {tp: each for tp, each in hanging.items() if each.written_ms > last}
        await self._end(done, self._producer.commit_transaction, "was committed")
        await self._end(given_up, self._producer.abort_transaction, "was given up")

    async def commit(self) -> None:
        """The same for a producer of whose transactions each may be committed."""
        hanging = await open_transactions(self._producer, self._counts)
        await self._end(hanging, self._producer.commit_transaction, "may be committed")

    async def refuse(self) -> None:
        """Look once a minute, between two transactions; raises `Failure` where one hangs.

        The broker may be about to end the last one. Not for so long.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        before = self._open
        try:
            self._open = await open_transactions(self._producer, self._counts)
        except KafkaError:  # a broker that is away is noticed by others
            self._open = {}
        for tp, each in self._open.items():
            if before.get(tp) == each:
                raise Failure(
                    f"{tp.topic}[{tp.partition}]: a transaction of ours hangs since {each.since}: "
                    "the next start ends it"
                )

    async def _end(
        self,
        hanging: Mapping[TopicPartition, Open],
        end: Callable[[], Awaitable[None]],
        what: str,
    ) -> None:
        """By a transaction that writes nothing to these partitions but its end."""
        if not hanging:
            return
        await self._producer.begin_transaction()
        for tp in hanging:
            self._producer._txn_manager.maybe_add_partition_to_txn(tp)
        await end()
        for _ in range(RETRIES):  # the broker answers before it has written what it was told to
            if not hanging.keys() & await open_transactions(self._producer, self._counts):
                break
            await asyncio.sleep(RETRY_SECONDS)
        else:
            raise Failure("the broker does not end a transaction that hangs")
        _warn(hanging, f"{what}, and hung: it has its end now")


def _warn(hanging: Mapping[TopicPartition, Open], what: str) -> None:
    for tp, each in hanging.items():
        log.warning("%s[%d]: the transaction since %d %s", *tp, each.since, what)


async def open_transactions(
    producer: AIOKafkaProducer, counts: Mapping[str, int]
) -> dict[TopicPartition, Open]:
    """Those of this producer and of who had its id before. Raises `KafkaError`."""

    async def ask() -> dict[TopicPartition, Open]:
        by_leader: dict[int, dict[str, list[int]]] = {}
        for topic, count in counts.items():
            await producer.partitions_for(topic)  # its leaders are known then
            for number in range(count):
                leader = producer.client.cluster.leader_for_partition(TopicPartition(topic, number))
                if leader is None or leader < 0:
                    raise LeaderNotAvailableError(topic)
                by_leader.setdefault(leader, {}).setdefault(topic, []).append(number)
        found: dict[TopicPartition, Open] = {}
        for leader, topics in by_leader.items():
            answer = await producer.client.send(leader, DescribeProducers(topics))
            found.update(_of(producer._txn_manager.producer_id, answer))
        return found

    return await clients.asked(producer, ask)


def _of(producer_id: int, answer: Any) -> dict[TopicPartition, Open]:
    found = {}
    for topic, partitions, _ in answer.topics:
        for number, code, _, producers, _ in partitions:
            if code:
                raise for_code(code)(topic)
            for each_id, _, _, written_ms, _, since, _ in producers:
                if each_id == producer_id and since != NO_TRANSACTION:
                    found[TopicPartition(topic, number)] = Open(since, written_ms)
    return found
