"""Every operation that Kafka knows a right for, each as one real request that does no harm.

`attempt` sends it as a user and says whether the broker let it: by the error codes in the answer,
wherever they stand.
"""

import time
from collections.abc import Iterator
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.protocol.admin import (
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteAclsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DescribeAclsRequest,
    DescribeConfigsRequest,
    DescribeTransactionsRequest,
    IncrementalAlterConfigsRequest,
)
from kafka.protocol.consumer import FetchRequest, LeaveGroupRequest, OffsetFetchRequest
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.record.memory_records import MemoryRecordsBuilder

# Of a topic, a group, the cluster, a transactional id.
REFUSED = {29, 30, 31, 53}
# What an allowed request of ours meets: nothing, a topic that is there, and what is not there: a
# member, a group, a transaction, a replica of that number, a first record that was cut since.
EXPECTED = {0, 1, 6, 25, 36, 69, 105}
NOT_YET = {14, 15, 16}  # a new broker makes the topics of groups and transactions when first asked
ATTEMPTS = 200
TOPIC, BROKER = 2, 4  # of resources that have a configuration
MILLISECONDS = 10_000


def attempt(client: KafkaAdminClient, request: Any) -> bool:
    """Whether the broker did it. Fails where it says anything else than yes or no."""
    for _ in range(ATTEMPTS):
        answer = client._manager.run(client._manager.send, request)
        codes = set(_codes(answer.to_dict()))
        if not codes & NOT_YET:
            break
        time.sleep(0.1)  # a bound against hanging: 20 s
    if codes & REFUSED:
        return False
    assert codes <= EXPECTED, answer
    return True


def _codes(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "error_code":
                yield each
            else:
                yield from _codes(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _codes(each)


def make_coordinators(client: KafkaAdminClient) -> None:
    """Have a new broker make the topics of groups and of transactions."""
    for kind in (0, 1):
        attempt(client, FindCoordinatorRequest(key="any", key_type=kind, max_version=3))


def on_topic(operation: str, name: str) -> Any:
    """What needs that operation on a topic, and no other right."""
    if operation == "Describe":
        return MetadataRequest(topics=[(None, name)], allow_auto_topic_creation=False)
    if operation == "DescribeConfigs":
        return DescribeConfigsRequest(resources=[(TOPIC, name, ["retention.ms"])])
    if operation == "AlterConfigs":
        change = [("retention.ms", 0, "86400000")]
        return IncrementalAlterConfigsRequest(resources=[(TOPIC, name, change)], validate_only=True)
    if operation == "Alter":
        return CreatePartitionsRequest(
            topics=[(name, 99, None)], timeout_ms=MILLISECONDS, validate_only=True
        )
    if operation == "Create":
        return CreateTopicsRequest(
            topics=[(name, 1, 1, [], [])], timeout_ms=MILLISECONDS, validate_only=True
        )
    if operation == "Delete":
        return DeleteRecordsRequest(topics=[(name, [(0, 0)])], timeout_ms=MILLISECONDS)
    if operation == "Read":
        return fetch(name, as_replica=-1)
    if operation == "Write":
        records = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1000)
        records.append(timestamp=0, key=b"k", value=b"v")
        records.close()
        topic = ProduceRequest.TopicProduceData
        partition = topic.PartitionProduceData(index=0, records=records.buffer())
        data = topic(name=name, partition_data=[partition])
        return ProduceRequest(
            acks=-1, timeout_ms=MILLISECONDS, topic_data=[data], max_version=12, min_version=3
        )
    raise AssertionError(operation)


def fetch(name: str, as_replica: int) -> Any:
    """A reader's request; with a number it pretends to be a broker, which needs ClusterAction."""
    topic = FetchRequest.FetchTopic
    partition = topic.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
    return FetchRequest(
        replica_id=as_replica,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=1000,
        session_epoch=-1,
        topics=[topic(topic=name, partitions=[partition])],
        max_version=12,
    )


def on_group(operation: str, name: str) -> Any:
    """What needs that operation on a consumer group, and no other right."""
    if operation == "Read":
        return LeaveGroupRequest(group_id=name, members=[("nobody", None, None)])
    if operation == "Describe":
        return OffsetFetchRequest(group_id=name, topics=None, max_version=7)
    if operation == "Delete":
        return DeleteGroupsRequest(groups_names=[name])
    raise AssertionError(operation)


def on_transactional_id(operation: str, name: str) -> Any:
    """What needs that operation on a transactional id, and no other right."""
    if operation == "Write":
        return InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=1000)
    if operation == "Describe":
        return DescribeTransactionsRequest(transactional_ids=[name])
    raise AssertionError(operation)


def on_cluster(operation: str) -> Any:
    """What needs that operation on the cluster, and no other right."""
    nobody = (1, None, 1, "User:nobody", None, 1, 1)
    if operation == "Describe":
        return DescribeAclsRequest(
            resource_type_filter=1, pattern_type_filter=1, operation=1, permission_type=1
        )
    if operation == "Alter":
        return DeleteAclsRequest(filters=[nobody], min_version=1)
    if operation == "DescribeConfigs":
        return DescribeConfigsRequest(resources=[(BROKER, "1", ["log.retention.ms"])])
    if operation == "AlterConfigs":
        change = [("log.retention.ms", 0, "86400000")]
        return IncrementalAlterConfigsRequest(resources=[(BROKER, "1", change)], validate_only=True)
    if operation == "Create":
        return on_topic("Create", "nobodys.topic")
    if operation == "ClusterAction":
        return fetch("trends.totals", as_replica=2)
    raise AssertionError(operation)
