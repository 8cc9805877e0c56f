"""Where a day's stretch of the log begins, on a real broker that is slow to delete."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from quietclicks.agents.rights.search import Search, Stretch
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.rights.restrictions import Restrictions
from tests.agents.rights.test_barrier import COUNTS, RULES, Watch
from tests.kafka_tools import Stored, create_topics, produce, read_all
from tests.pipeline.rights import desk as office

HOURLY = {"log.retention.check.interval.ms": "3600000"}  # what is cut stays on the disk
SEGMENT_MS = 1
CONFIGS = {"message.timestamp.type": "LogAppendTime", "segment.ms": str(SEGMENT_MS)}
DAY = 1  # long ago: all that is on the broker was written since
PLACE = TopicPartition("events", 0)


@pytest.mark.slow
async def test_after_a_cut_what_is_left_is_found_though_the_broker_is_slow_to_delete() -> None:
    with Broker.start(properties=HOURLY, progress=lambda _: None) as broker:
        await create_topics(broker.bootstrap, {PLACE.topic: 1}, CONFIGS)
        left: list[Stored] = []
        while not left:  # what came later than a segment spans lies in another one
            await produce(broker.bootstrap, PLACE.topic, [(0, b"key", b"value")])
            cut, *later = await read_all(broker.bootstrap, PLACE.topic)
            left = [each for each in later if each.timestamp > cut.timestamp + SEGMENT_MS]
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        await admin.delete_records({PLACE: RecordsToDelete(left[0].offset)})
        await admin.close()
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap)
        await consumer.start()
        by_time = await consumer.offsets_for_times({PLACE: cut.timestamp})
        await consumer.stop()
        assert by_time == {PLACE: None}  # the broker's own answer, for which all of this is

        settings = Settings(bootstrap=broker.bootstrap)
        watch = Watch(Restrictions())
        search = Search(settings, RULES, office.ring(), watch.restrictions, watch, COUNTS)  # type: ignore[arg-type]
        found = await search._stretch(PLACE, DAY)
        assert found == Stretch(left[0].offset, left[-1].offset + 1, None, left[0].timestamp)
