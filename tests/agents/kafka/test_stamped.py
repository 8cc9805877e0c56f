"""A stage's records get the headers that are made of their keys; another stage's get none."""

from aiokafka.record.memory_records import MemoryRecords

from quietclicks.agents.kafka.stamped import Headers, Stamp, batches
from quietclicks.agents.kafka.transactions import Batches


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
