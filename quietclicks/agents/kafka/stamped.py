"""Records with a header made of their key, for a stage that wants it. No other pays for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from quietclicks.agents.kafka.hot_path import LightBatch

Headers = list[tuple[str, bytes]]
Stamp = Callable[[bytes | None], Headers]
"""A record's key → the headers it is to have; it may be called from another thread."""


class StampedBatch(LightBatch):
    """Asks `stamp` for each record's headers."""

    stamp: Stamp

    def append(
        self, *, timestamp: int, key: bytes | None, value: bytes | None, headers: Any = None
    ) -> Any:
        return super().append(timestamp=timestamp, key=key, value=value, headers=self.stamp(key))


def batches(stamp: Stamp | None) -> Callable[[], LightBatch]:
    """What makes an empty one for a transaction."""
    if stamp is None:
        return LightBatch.transactional
    return partial(_stamped, stamp)


def _stamped(stamp: Stamp) -> StampedBatch:
    batch = StampedBatch.transactional()
    batch.stamp = stamp
    return batch
