"""The ledger: every event of a portion ends as one record, anonymised or rejected with a reason.

Here are the drops that need the log's order and clock, and here what leaves is encoded. It writes
nothing itself: a portion that waits for a day's key has left no trace.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from zlib import crc32

import msgspec

from quietclicks.pipeline.anonymise import Anonymiser, Counted, Outcomes, SiteAnonymiser
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, milliseconds, precise_text
from quietclicks.pipeline.day_keys import KeyMissing
from quietclicks.pipeline.partners import analyst_view, partner_view
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.portions import Portion
from quietclicks.pipeline.recent import RecentIds
from quietclicks.pipeline.step import Outputs, Record, Row
from quietclicks.schemas import topics
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.rejection import Reason, Rejection

_OFFSET = itemgetter(0)

_encode = msgspec.json.Encoder().encode


_Placed = tuple[int, Row]
"""A record to write with the offset of its event: one site is booked after another."""


class Entries:
    """What is to be written of a portion, and what of it is counted."""

    def __init__(self) -> None:
        self._leaving: defaultdict[str, list[_Placed]] = defaultdict(list)
        self._rejected: list[_Placed] = []
        self.counted: defaultdict[str, list[Counted]] = defaultdict(list)
        self.tally: Counter[str] = Counter()

    def add(self, topic: str, rows: Sequence[_Placed]) -> None:
        """For analysts, or for a partner."""
        self._leaving[topic] += rows
        self.tally[topic] += len(rows)

    def reject(self, reason: Reason, offset: int, value: bytes) -> None:
        """One event, for good."""
        self._rejected.append((offset, (offset, None, value)))
        self.tally[reason] += 1

    def write(self, outputs: Outputs) -> None:
        """In the order of the log."""
        for topic, rows in (*self._leaving.items(), (topics.REJECTED, self._rejected)):
            rows.sort(key=_OFFSET)
            outputs.extend(topic, [row for _, row in rows])


class Ledger:
    """Of one raw partition."""

    def __init__(self, policy: Policy, anonymiser: Anonymiser, partition: int) -> None:
        self._sites = anonymiser.sites
        self._forgetful = anonymiser.forgetful.sites
        self._partition = partition
        self._views = {name: partner_view(rules) for name, rules in policy.partners.items()}
        self._skew_ms = policy.time.allowed_skew * 1000
        self._lateness_ms = policy.time.allowed_lateness * 1000
        self._recent = {site: RecentIds() for site in anonymiser.sites}
        self._times = Cache(precise_text, 1000)  # a batch has one append time

    def remember(self, portion: Portion) -> None:
        """Records that were booked before: only their ids are of use."""
        for record, event in zip(portion.records, portion.events, strict=True):
            if event.site in self._recent:
                self._recent[event.site].is_repeated(event.event_id, record.offset)

    def book(self, portion: Portion, watermark: int | None) -> Entries:
        """All of a portion but its tick; `watermark` in ms. Raises `KeyMissing`."""
        entries = Entries()
        if portion.unlisted:
            entries.tally["unlisted_fields"] = portion.unlisted
        for record, reason in portion.rejected:
            self.reject(record, reason, entries)
        sites = self._forgetful if portion.is_long else self._sites
        by_site: dict[str, tuple[list[Record], list[RawEvent]]] = {}
        for record, event in zip(portion.records, portion.events, strict=True):
            its = by_site.get(event.site)
            if its is None:
                its = by_site[event.site] = [], []
            its[0].append(record)
            its[1].append(event)
        for name, (records, events) in by_site.items():
            if site := sites.get(name):
                self._book_site(site, records, events, watermark, entries)
            else:
                for record in records:
                    self.reject(record, Reason.UNKNOWN_SITE, entries)
        return entries

    def reject(self, record: Record, reason: Reason, entries: Entries) -> None:
        """One record that goes no further."""
        offset = record.offset
        appended = self._times[record.timestamp]
        rejection = Rejection(reason, topics.RAW, self._partition, offset, appended)
        entries.reject(reason, offset, _encode(rejection))

    def is_from_the_future(self, at_ms: int, record: Record) -> bool:
        """Whether a time lies ahead of the broker's by more than its clock may differ."""
        return at_ms > record.timestamp + self._skew_ms

    def _book_site(
        self,
        site: SiteAnonymiser,
        records: Sequence[Record],
        events: Sequence[RawEvent],
        watermark: int | None,
        entries: Entries,
    ) -> None:
        # Noted whatever becomes of them, for that is all that can be noted after a restart.
        offsets = [record.offset for record in records]
        repeated = self._recent[site.name].repeated([each.event_id for each in events], offsets)
        times = [milliseconds(event.timestamp) for event in events]
        closed = self._closed(records, watermark)
        due = []
        # Lateness comes before anything that asks for a key: an event of 1970 mints nothing.
        for at, (record, at_ms, end_ms) in enumerate(zip(records, times, closed, strict=False)):
            if at_ms > record.timestamp + self._skew_ms:
                self.reject(record, Reason.FROM_THE_FUTURE, entries)
            elif at_ms < end_ms:
                self.reject(record, Reason.LATE, entries)
            elif at in repeated:
                self.reject(record, Reason.DUPLICATE, entries)
            else:
                due.append(at)
        if len(due) < len(events):
            records = [records[at] for at in due]
            events = [events[at] for at in due]
            times = [times[at] for at in due]
        self._anonymise(site, records, events, times, entries)

    def _closed(self, records: Sequence[Record], watermark: int | None) -> Iterable[int]:
        """Where the hours end that are closed, for each record."""
        if watermark is not None:
            return repeat(_hour(watermark))
        # No tick yet: the broker's clock stands in for it.
        return [_hour(max(record.timestamp - self._lateness_ms, 0)) for record in records]

    def _anonymise(
        self,
        site: SiteAnonymiser,
        records: Sequence[Record],
        events: Sequence[RawEvent],
        times: Sequence[int],
        entries: Entries,
    ) -> None:
        try:
            found = site.anonymise(events, times)
            # All of it is encoded before any is added: a text that cannot be written raises.
            leaving = self._encoded(found, records)
        except KeyMissing:
            raise
        except Exception:
            if len(events) == 1:
                self.reject(records[0], Reason.ERROR, entries)
                return
            # Some of them: the halves apart, until each is alone.
            half = len(events) // 2
            for part in (slice(half), slice(half, None)):
                self._anonymise(site, records[part], events[part], times[part], entries)
            return
        for topic, rows in leaving.items():
            entries.add(topic, rows)
        for at, reason in found.rejected:
            self.reject(records[at], reason, entries)
        for name, counted in found.counted.items():
            entries.counted[name] += counted

    def _encoded(
        self, found: Outcomes, records: Sequence[Record]
    ) -> Mapping[str, Sequence[_Placed]]:
        """What leaves, by topic; each visitor's on one partition."""
        by_topic: defaultdict[str, list[_Placed]] = defaultdict(list)
        by_topic[topics.ANONYMISED] = [
            (records[at].offset, (crc32(event.visitor.encode()), *analyst_view(event)))
            for at, event in found.events
        ]
        for at, name, event in found.partners:
            row = crc32(event.visitor.encode()), *self._views[name](event)
            by_topic[topics.PARTNERS + name].append((records[at].offset, row))
        return by_topic


def _hour(at_ms: int) -> int:
    return at_ms // MILLISECONDS_PER_HOUR * MILLISECONDS_PER_HOUR
