"""What tells a topic from another of the same name: the id that a broker gives it when it is made.

What a group has committed speaks of certain topics. One that was deleted and made anew has all its
records lost, and nothing else would look wrong. It only asks.
"""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from quietclicks.agents.kafka import clients

DIGITS = 8  # of an id's 32: one in four thousand million looks like another


async def topic_ids(client: AIOKafkaProducer | AIOKafkaConsumer, names: Sequence[str]) -> list[str]:
    """The beginning of each one's id, in hexadecimal digits. Raises `KafkaError`."""
    if not names:
        return []

    async def ask() -> list[str]:
        connected = clients.inner(client)
        node = connected.get_random_node()
        answer = await connected.send(node, DescribeIds(names))
        found = {}
        for code, name, high, _, *_ in answer.topics:
            if code:
                raise for_code(code)(name)
            found[name] = f"{high % 2**64:016x}"[:DIGITS]
        if missing := [name for name in names if name not in found]:
            raise UnknownTopicOrPartitionError(missing[0])
        return [found[name] for name in names]

    return await clients.asked(client, ask)


# The client's own request for this is of a version without ids.
class _Answer(Response):  # type: ignore[misc]  # the client has no types
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id_high", Int64),
                ("topic_id_low", Int64),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition_index", Int32),
                        ("leader_id", Int32),
                        ("leader_epoch", Int32),
                        ("replica_nodes", CompactArray(Int32)),
                        ("isr_nodes", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("topic_authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_id_high", Int64),
                ("topic_id_low", Int64),
                ("name", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class DescribeIds(Request[_Question]):  # type: ignore[misc]
    """Of the topics with these names."""

    API_KEY = 3

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_Question]) -> _Question:
        """As it is sent."""
        no_tags: dict[int, bytes] = {}
        topics = [(0, 0, name, no_tags) for name in self._names]
        return request_struct_class(topics, False, False, no_tags)
