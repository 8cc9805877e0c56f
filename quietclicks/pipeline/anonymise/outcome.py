"""What becomes of events: what is emitted, rejected and counted of them, until it is written.

The one list of rejections, and the one place where records are put in order: analysts' in the
log's, a partner's in that of the ids it alone knows, so that no order joins two recipients.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress, pairwise
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.visitor import Visitor
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.processor import Outputs, Row
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason, Rejection

UNLISTED = "unlisted_fields"
UNREADABLE_ADDRESS = "unreadable_addresses"
TICK = "tick"
"""What a tally has besides reasons and topics."""

_has_no_address = attrgetter("has_no_address")
_encode = msgspec.json.Encoder().encode

_Places = Sequence[Any]  # offsets, or ids
_Rows = tuple[_Places, Sequence[Row]]
"""What some events' records are put in order by, and the records. Offsets are given in order."""


class Outcome:
    """Of events of one raw partition. It has no effect before it is written.

    Those of a transaction are made one, and written together: what is written apart has an order.
    """

    def __init__(self) -> None:
        # Analysts' records come first.
        self._emitted: dict[str, list[_Rows]] = {topics.PSEUDONYMISED: []}
        # (offset, append time in ms, reason), each event once
        self.rejected: list[tuple[int, int, Reason]] = []
        self.counted: list[tuple[str, Counted]] = []  # by site or stream, in the log's order
        self.unlisted = 0  # events that had fields which nobody listed
        self.unreadable_addresses = 0  # of page views
        self.ticks = 0  # that were believed

    def reject(self, batch: Batch, dropped: Iterable[object], reason: Reason) -> None:
        """Those rows for which there is something true in `dropped`."""
        mask = list(dropped)
        offsets, appended = compress(batch.offsets, mask), compress(batch.appended, mask)
        self.rejected += [(*each, reason) for each in zip(offsets, appended, strict=True)]

    def note_addresses(self, visitors: Iterable[Visitor]) -> None:
        """How many came from an address that could not be read."""
        self.unreadable_addresses += sum(map(_has_no_address, visitors))

    def emit(self, topic: str, places: _Places, rows: Sequence[Row]) -> None:
        """A topic's records, each with what it is put in order by: all offsets, or all ids."""
        self._emitted.setdefault(topic, []).append((places, rows))

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
        self.unlisted += other.unlisted
        self.unreadable_addresses += other.unreadable_addresses
        self.ticks += other.ticks

    @property
    def tally(self) -> Counter[str]:
        """How many became what: a topic that they went to, or a reason."""
        tally = Counter[str](reason for _, _, reason in self.rejected)
        for topic, parts in self._emitted.items():
            tally[topic] = sum(len(rows) for _, rows in parts)
        tally[UNLISTED] = self.unlisted
        tally[UNREADABLE_ADDRESS] = self.unreadable_addresses
        tally[TICK] = self.ticks
        return +tally

    def write(self, outputs: Outputs, partition: int, times: Mapping[int, str]) -> None:
        """One record for each; `times`: an append time (ms) as rejections tell it."""
        for topic, parts in self._emitted.items():
            if parts:
                outputs.extend(topic, _in_order(parts, topic == topics.PSEUDONYMISED))
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


def _in_order(parts: Sequence[_Rows], by_offset: bool) -> Iterable[Row]:
    """One site is decided about after another: of several, rows are put in order."""
    placed = [(places, rows) for places, rows in parts if rows]
    if by_offset and all(one[-1] < next_[0] for (one, _), (next_, _) in pairwise(placed)):
        return chain.from_iterable(rows for _, rows in placed)
    pairs = [pair for places, rows in placed for pair in zip(places, rows, strict=True)]
    return [row for _, row in sorted(pairs, key=itemgetter(0))]
