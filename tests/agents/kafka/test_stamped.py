"""A stage's records get the headers that are made of their keys; another stage's get none."""

import pytest
from aiokafka.record.memory_records import MemoryRecords

from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.kafka.stamped import Headers, Stamp, batches
from quietclicks.agents.kafka.transactions import Batches
from tests.kafka_tools import SharedBroker, produce
from tests.runner_tools import Pipe, light_records, until


def marked(key: bytes | None) -> Headers:
    return [("mark", b"it is " + key)] if key else []


def written(stamp: Stamp | None) -> list[tuple[bytes | None, bytes | None, Headers]]:
    outputs = Batches(batches(stamp), {"numbers": 1})
    outputs.extend("numbers", [(0, b"a", b"1"), (0, None, b"2"), (0, b"b", b"3")])
    [(_, _, batch)] = outputs.all()
    batch.close()
    batch._builder.set_producer_state(1, 0, 0)
    records = MemoryRecords(bytes(batch._build()))
    return [(each.key, each.value, list(each.headers)) for each in records.next_batch()]


def test_each_record_has_its_own() -> None:
    assert written(marked) == [
        (b"a", b"1", [("mark", b"it is a")]),
        (None, b"2", []),
        (b"b", b"3", [("mark", b"it is b")]),
    ]


def test_where_nobody_asks_for_them_there_are_none() -> None:
    assert [headers for *_, headers in written(None)] == [[], [], []]


@pytest.mark.parametrize("stamp", [None, marked], ids=["none", "marked"])
async def test_a_stage_writes_them(broker: SharedBroker, stamp: Stamp | None) -> None:
    with light_records():
        pipe = Pipe(broker)
        pipe.stamp = stamp
        await pipe.topics()
        await produce(pipe.bootstrap, pipe.source, [(0, b"a", b"1"), (0, None, b"2")])
        async with pipe.running():

            async def copied() -> bool:
                return len(await pipe.copied()) == 2

            await until(copied, "copied")
        found = [
            (record.key, list(record.headers))
            async for record in read_to_end(pipe.settings, pipe.target, 0)
        ]
    assert found == [(b"a", marked(b"a") if stamp else []), (None, [])]
