"""The embedded broker, started for real."""

from aiokafka import AIOKafkaProducer, TopicPartition

from tests.kafka_tools import SharedBroker, create_topics, produce, read_all, unique


async def test_what_is_written_is_read_back(broker: SharedBroker) -> None:
    topic = unique("written")
    await create_topics(broker.bootstrap, {topic: 2})
    await produce(broker.bootstrap, topic, [(0, b"k", b"a"), (1, None, b"b", 1000), (0, b"k", None)])
    records = await read_all(broker.bootstrap, topic)
    assert [(r.partition, r.offset, r.key, r.value) for r in records] == [
        (0, 0, b"k", b"a"),
        (0, 1, b"k", None),
        (1, 0, None, b"b"),
    ]
    assert records[2].timestamp == 1000


async def test_only_committed_records_are_read(broker: SharedBroker) -> None:
    topic, source = unique("committed"), unique("source")
    await create_topics(broker.bootstrap, {topic: 1, source: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=unique("tx"))
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted")
        await producer.abort_transaction()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"committed")
        await producer.send_offsets_to_transaction({TopicPartition(source, 0): 5}, unique("group"))
        await producer.commit_transaction()
    finally:
        await producer.stop()
    assert [r.value for r in await read_all(broker.bootstrap, topic)] == [b"committed"]
    assert len(await read_all(broker.bootstrap, topic, "read_uncommitted")) == 2
