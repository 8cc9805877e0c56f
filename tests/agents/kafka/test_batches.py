"""What a transaction writes: each record in its partition's batch, in order, whatever its size."""

from collections.abc import Sequence

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from quietclicks.agents.kafka.transactions import Batches

Place = tuple[str, int]


def builder() -> BatchBuilder:
    return BatchBuilder(300, 0, is_transactional=True, key_serializer=None, value_serializer=None)


def values(batch: BatchBuilder) -> list[bytes | None]:
    records = MemoryRecords(bytes(batch._build()))
    found = []
    while records.has_next():
        found += [record.value for record in records.next_batch()]
    return found


def placed(
    counts: dict[str, int], rows: Sequence[tuple[str, int, bytes]]
) -> dict[Place, list[object]]:
    batches = Batches(builder, counts)
    for topic, route, value in rows:
        batches.extend(topic, [(route, None, value)])
    found: dict[Place, list[object]] = {}
    for topic, number, batch in batches.all():
        found.setdefault((topic, number), []).append(values(batch))
    return found


def test_records_lie_in_their_partition_in_order() -> None:
    rows = [(topic, route, b"%d" % route) for route in range(7) for topic in "ab"]
    found = placed({"a": 2, "b": 3}, rows)
    assert found == {
        ("a", 0): [[b"0", b"2", b"4", b"6"]],
        ("a", 1): [[b"1", b"3", b"5"]],
        ("b", 0): [[b"0", b"3", b"6"]],
        ("b", 1): [[b"1", b"4"]],
        ("b", 2): [[b"2", b"5"]],
    }


def test_a_full_batch_goes_before_the_next() -> None:
    large = [b"%d" % n * 100 for n in range(5)]
    found = placed({"a": 1}, [("a", 0, value) for value in large])
    [batches] = found.values()
    assert len(batches) > 2
    assert [value for batch in batches for value in batch] == large  # type: ignore[attr-defined]


def test_a_record_larger_than_a_batch_has_one_of_its_own() -> None:
    rows = [("a", 0, b"small"), ("a", 0, b"x" * 1000), ("a", 0, b"small")]
    found = placed({"a": 1}, rows)
    assert found == {("a", 0): [[b"small"], [b"x" * 1000], [b"small"]]}
