"""What becomes of events: what is emitted, rejected and counted of them, until it is written.

The one list of rejections, and the one place where the log's order is put back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from operator import itemgetter

import msgspec

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.processor import Outputs, Row
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason, Rejection

UNLISTED = "unlisted_fields"
TICK = "tick"
"""What a tally has besides reasons and topics."""

_encode = msgspec.json.Encoder().encode

_Rows = tuple[Sequence[int], Sequence[Row]]
"""The offsets of some events, and their records."""


class Outcome:
    """Of events of one raw partition. It has no effect before it is written."""

    def __init__(self) -> None:
        # Analysts' records come first.
        self._emitted: dict[str, list[_Rows]] = {topics.PSEUDONYMISED: []}
        # (offset, append time in ms, reason), each event once
        self.rejected: list[tuple[int, int, Reason]] = []
        self.counted: list[tuple[str, Counted]] = []  # by site or stream, in the log's order
        self.unlisted = 0  # events that had fields which nobody listed
        self.ticks = 0  # that were believed

    def reject(self, batch: Batch, dropped: Iterable[object], reason: Reason) -> None:
        """Those rows for which there is something true in `dropped`."""
        mask = list(dropped)
        offsets, appended = compress(batch.offsets, mask), compress(batch.appended, mask)
        self.rejected += [(*each, reason) for each in zip(offsets, appended, strict=True)]

    def emit(self, topic: str, batch: Batch, rows: Sequence[Row]) -> None:
        """A record for each row of the batch."""
        self._emitted.setdefault(topic, []).append((batch.offsets, rows))

    def count(self, name: str, counted: Counted) -> None:
        """In the trends of a site, or of one of its streams."""
        if counted:
            self.counted.append((name, counted))

    def extend(self, other: "Outcome") -> None:
        """Take over what became of later events, or of other sites."""
        for topic, parts in other._emitted.items():
            self._emitted.setdefault(topic, []).extend(parts)
        self.rejected += other.rejected
        self.counted += other.counted

    @property
    def tally(self) -> Counter[str]:
        """How many became what: a topic that they went to, or a reason."""
        tally = Counter[str](reason for _, _, reason in self.rejected)
        for topic, parts in self._emitted.items():
            tally[topic] = sum(len(rows) for _, rows in parts)
        tally[UNLISTED] = self.unlisted
        tally[TICK] = self.ticks
        return +tally

    def write(self, outputs: Outputs, partition: int, times: Mapping[int, str]) -> None:
        """One record for each; `times`: an append time (ms) as rejections tell it."""
        for topic, parts in self._emitted.items():
            if parts:
                outputs.extend(topic, _in_order(parts))
        if self.rejected:
            outputs.extend(
                topics.REJECTED,
                [
                    (
                        offset,
                        None,
                        _encode(Rejection(why, topics.RAW, partition, offset, times[at])),
                    )
                    for offset, at, why in sorted(self.rejected)
                ],
            )


def _in_order(parts: Sequence[_Rows]) -> Sequence[Row]:
    """One site is decided about after another: of several, rows are put in the log's order."""
    if len(parts) == 1:
        return parts[0][1]
    placed = [pair for offsets, rows in parts for pair in zip(offsets, rows, strict=True)]
    return [row for _, row in sorted(placed, key=itemgetter(0))]
