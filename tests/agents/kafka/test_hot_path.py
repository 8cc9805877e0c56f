"""Light records and batches rest on what is private to the client: held against its own."""

import asyncio
import gc
import struct
import subprocess
import sys
import weakref
from itertools import islice
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import KafkaError
from aiokafka.producer import message_accumulator
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c_py

from quietclicks.agents.kafka import clients, empty_batches, hot_path
from quietclicks.agents.settings import Settings
from tests.paths import ROOT

PLACE = TopicPartition("t", 0)
READ = ("offset", "timestamp", "key", "value")


def fetched() -> MemoryRecords:
    """Two batches: offsets 0 to 2, and 0 to 2 again, as a broker never sends them."""
    return MemoryRecords(one_batch(0, 0) + one_batch(0, 10))


def one_batch(base: int, first: int = 0) -> bytes:
    """Three records, from the offset `base` on."""
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=10_000,
    )
    for number in range(3):
        value = None if number == 2 else b"v%d" % (first + number)
        batch.append(number, 1000 + first, b"k", value, [])
    return struct.pack(">q", base) + bytes(batch.build())[8:]


def records_of(kind: type, first: int) -> Any:
    return kind(PLACE, fetched(), [], first, None, None, True, fetcher.READ_COMMITTED)


def cleaned(first: int) -> bytes:
    """A transaction's end, as a broker's cleaner leaves it: a header, and no record."""
    checked = struct.pack(">hiqqqhii", 0x30, 0, 1000, 1000, 7, 0, -1, 0)
    head = struct.pack(">qiibI", first, 9 + len(checked), 0, 2, calc_crc32c_py(checked))
    return head + checked


@pytest.mark.parametrize("kind", [hot_path.LightRecords, empty_batches.PatientRecords])
@pytest.mark.parametrize("isolation", [fetcher.READ_COMMITTED, fetcher.READ_UNCOMMITTED])
def test_a_transactions_end_that_was_cleaned_is_passed_over(kind: type, isolation: int) -> None:
    data = MemoryRecords(cleaned(0) + one_batch(1) + cleaned(4))
    records: Any = kind(PLACE, data, [], 0, None, None, True, isolation)
    assert [each.offset for each in records] == [1, 2, 3]
    assert records.next_fetch_offset == 5


def test_the_client_itself_gives_up_there() -> None:
    """Else there is nothing to mend any more."""
    [plain] = empty_batches.PatientRecords.__bases__
    data = MemoryRecords(cleaned(0))
    with pytest.raises(KafkaError, match="did not contain any records"):
        list(plain(PLACE, data, [], 0, None, None, True, fetcher.READ_COMMITTED))


def test_every_consumer_reads_so() -> None:
    """In a process without a hot path, too: a dashboard reads all of topics that are compacted."""
    script = """
from aiokafka.consumer import fetcher
import quietclicks.agents.kafka.clients
print(fetcher.PartitionRecords.__name__)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == empty_batches.PatientRecords.__name__


@pytest.mark.parametrize("first", [0, 1, 3])
@pytest.mark.parametrize("portion", [1, 2, 100])
def test_they_are_the_clients_records(first: int, portion: int) -> None:
    ours, theirs = records_of(hot_path.LightRecords, first), records_of(ORIGINAL, first)
    more = True
    while more:  # as the client polls: it asks no more of what had an end
        got = [list(islice(iter(each), portion)) for each in (ours, theirs)]
        told = [[tuple(getattr(r, name) for name in READ) for r in records] for records in got]
        assert told[0] == told[1]
        assert ours.next_fetch_offset == theirs.next_fetch_offset
        more = len(got[1]) == portion


[ORIGINAL] = hot_path.LightRecords.__bases__


@pytest.mark.parametrize("size", [100, 700, 100_000])
def test_they_are_the_clients_batches(size: int) -> None:
    ours, theirs = (
        kind(size, 0, is_transactional=True, key_serializer=None, value_serializer=None)
        for kind in (hot_path.LightBatch, PLAIN)
    )
    for number in range(20):
        key = None if number % 3 else b"k%d" % number
        value = None if number % 5 == 4 else b"v" * 40
        told = [
            each.append(timestamp=1000, key=key, value=value) is None for each in (ours, theirs)
        ]
        assert told[0] == told[1]
        assert ours.closed() == theirs.closed()
        assert ours.record_count() == theirs.record_count()
    # What is full takes no more, not even what would fit.
    assert (ours.record_count() == 20) is (size == 100_000)
    assert bytes(ours._build()) == bytes(theirs._build())


@pytest.mark.parametrize("built", [False, True])
def test_a_closed_batch_takes_no_more(built: bool) -> None:
    batch = hot_path.LightBatch.transactional()
    assert batch.append(timestamp=1000, key=None, value=b"v") is not None
    before = bytes(batch._build()) if built else b""
    batch.close()
    assert batch.append(timestamp=1000, key=None, value=b"v") is None
    assert batch.record_count() == 1
    assert not built or bytes(batch._build()) == before


def test_the_worker_makes_its_batches_as_the_client_would() -> None:
    settings = Settings()
    made = hot_path.LightBatch.transactional()

    async def of_the_client() -> message_accumulator.BatchBuilder:
        producer = clients.producer(settings, transactional_id="t")
        try:
            return producer.create_batch()
        finally:
            await producer.stop()

    theirs = asyncio.run(of_the_client())
    for batch in (made, theirs):  # full at the same record, and the same bytes
        while batch.append(timestamp=1000, key=None, value=b"v" * 1000) is not None:
            pass
    assert made.record_count() == theirs.record_count() > 1000
    assert bytes(made._build()) == bytes(theirs._build())


def test_no_consumer_may_have_deserialisers() -> None:
    with pytest.raises(TypeError, match="deserialisers"):
        hot_path.LightRecords(PLACE, fetched(), [], 0, None, bytes.decode, True, 1)


@pytest.mark.parametrize("kind", [hot_path.LightRecords, ORIGINAL])
@pytest.mark.parametrize("taken", [0, 2, 100])
async def test_what_was_fetched_ahead_goes_with_its_consumer(kind: type, taken: int) -> None:
    """Left to the collector, which hardly ever comes, each reading would leave some MiB behind."""
    consumer = clients.consumer(Settings())
    assert consumer._fetcher is None  # as it will be, once it is started
    consumer._fetcher = ahead = fetcher.Fetcher(consumer._client, SubscriptionState())
    await asyncio.sleep(0)  # it begins with nothing
    records = records_of(kind, 0)
    list(islice(iter(records), taken))
    ahead._records[PLACE] = fetcher.FetchResult(
        PLACE, assignment=None, partition_records=records, backoff=0
    )
    ahead._records[TopicPartition("t", 1)] = fetcher.FetchError(error=None, backoff=0)
    held = weakref.ref(records)
    del records
    gc.disable()
    try:
        await clients.stop(consumer)
        assert held() is None
    finally:
        gc.enable()


[PLAIN] = hot_path.LightBatch.__bases__
