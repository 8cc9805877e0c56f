"""The entries of a portion in the ledger: what is to be written of its events, and counted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter

import msgspec

from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.processor import Outputs, Row
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason, Rejection

_encode = msgspec.json.Encoder().encode

_Rows = tuple[Sequence[int], Sequence[Row]]
"""Records to write, and the offsets of their events."""


class Entries:
    """Of events of one raw partition, added site by site and written in the log's order."""

    def __init__(self, partition: int, times: Mapping[int, str]) -> None:
        """`times`: an append time (ms) as rejections tell it."""
        self._partition = partition
        self._times = times
        self._leaving: defaultdict[str, list[_Rows]] = defaultdict(list)
        # (offset, append time in ms, reason), each once
        self.rejected: list[tuple[int, int, Reason]] = []
        self.counted: list[tuple[str, Counted]] = []  # by site or stream, in the log's order
        self.unlisted = 0  # events that had fields which nobody listed
        self.ticks = 0  # that were believed

    def add(self, topic: str, offsets: Sequence[int], rows: Sequence[Row]) -> None:
        """Some of one site's events, for analysts or for a partner."""
        self._leaving[topic].append((offsets, rows))

    @property
    def tally(self) -> Counter[str]:
        """How many became what: a topic that they went to, or a reason."""
        tally = Counter[str](reason for _, _, reason in self.rejected)
        for topic, parts in self._leaving.items():
            tally[topic] = sum(len(rows) for _, rows in parts)
        tally["unlisted_fields"] = self.unlisted
        tally["tick"] = self.ticks
        return +tally

    def write(self, outputs: Outputs) -> None:
        """One record for each."""
        for topic, parts in self._leaving.items():
            outputs.extend(topic, _in_order(parts))
        if self.rejected:
            outputs.extend(topics.REJECTED, list(map(self._rejection, sorted(self.rejected))))

    def _rejection(self, rejected: tuple[int, int, Reason]) -> Row:
        offset, appended_ms, reason = rejected
        appended = self._times[appended_ms]
        return (
            offset,
            None,
            _encode(Rejection(reason, topics.RAW, self._partition, offset, appended)),
        )


def _in_order(parts: Sequence[_Rows]) -> Sequence[Row]:
    """One site is booked after another: of several, the records are put in the log's order."""
    if len(parts) == 1:
        return parts[0][1]
    placed = [pair for offsets, rows in parts for pair in zip(offsets, rows, strict=True)]
    return [row for _, row in sorted(placed, key=itemgetter(0))]
