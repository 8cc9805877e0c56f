"""What a worker does to Python and to the Kafka client for the sake of its hot path.

Once, before the first record. The reasons and the figures are in docs/decisions/hot-path.md.
"""

import gc
from collections.abc import Iterator
from typing import Any, Self

from aiokafka.consumer import fetcher
from aiokafka.producer import message_accumulator

from quietclicks.agents.kafka.empty_batches import PatientRecords
from quietclicks.schemas.raw import MAX_BATCH_BYTES

YOUNG = 1_000_000  # objects made before the collector looks at the young ones
OLDER = 50  # such looks before it looks at the older, and as many of those before at all


class LightRecords(PatientRecords):
    """Hands the decoded record on as it is, without a second object made of it.

    It has `offset`, `timestamp`, `key`, `value` and `headers`, and knows no topic or partition: who
    polls has those. Private to the client, whose version is pinned; a test holds what it relies on.
    """

    def __init__(
        self,
        tp: Any,
        records: Any,
        aborted_transactions: Any,
        fetch_offset: Any,
        key_deserializer: Any,
        value_deserializer: Any,
        *more: Any,
    ) -> None:
        if key_deserializer is not None or value_deserializer is not None:
            raise TypeError("consumers of this process hand out bytes: none may have deserialisers")
        super().__init__(tp, records, aborted_transactions, fetch_offset, None, None, *more)

    def __iter__(self) -> Iterator[Any]:
        records: Iterator[Any] = self._records_iterator  # without a call of ours for each
        return records

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        return record


class LightBatch(message_accumulator.BatchBuilder):  # type: ignore[misc]  # nor has this
    """Appends bytes without asking each time how to make them of something else."""

    _closed: bool
    _relative_offset: int

    @classmethod
    def transactional(cls) -> Self:
        """An empty one, as the client's transactional producer makes them."""
        return cls(MAX_BATCH_BYTES, 0, is_transactional=True)

    def append(
        self, *, timestamp: int, key: bytes | None, value: bytes | None, headers: Any = None
    ) -> Any:
        if self._closed:
            return None
        at = self._relative_offset
        added = self._builder.append(at, timestamp, key, value, headers or [])
        if added is None:
            self.close()
        else:
            self._relative_offset = at + 1
        return added


def tune() -> None:
    """What is made for an event is freed by its reference count: looking for cycles is waste."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)
    fetcher.PartitionRecords = LightRecords
