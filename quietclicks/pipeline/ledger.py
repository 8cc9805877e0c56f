"""The ledger: every event of a portion ends as one record, anonymised or rejected with a reason.

Here are the drops that need the log's order and clock, and here what leaves is encoded. It writes
nothing itself: a portion that waits for a day's key has left no trace.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from zlib import crc32

import msgspec

from quietclicks.pipeline.anonymise import Anonymiser, SiteAnonymiser
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, all_milliseconds, precise_text
from quietclicks.pipeline.day_keys import KeyMissing
from quietclicks.pipeline.outcomes import Counted, Outcomes, PassedOn
from quietclicks.pipeline.partners import View, analyst_view, partner_view
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.portions import Portion
from quietclicks.pipeline.recent import RecentIds
from quietclicks.pipeline.step import Outputs, Row
from quietclicks.schemas import topics
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.rejection import Reason, Rejection

_encode = msgspec.json.Encoder().encode

_Rows = tuple[Sequence[int], Sequence[Row]]
"""Records to write, and the offsets of their events."""


_Leaving = tuple[str, Sequence[int], Sequence[Row]]
"""Records for a topic, and the places of their events."""


_Columns = tuple[str, list[RawEvent], list[int], list[int]]
"""A site, its events, their offsets and their append times."""


class Entries:
    """What is to be written of a portion, and what of it is counted."""

    def __init__(self) -> None:
        self._leaving: defaultdict[str, list[_Rows]] = defaultdict(list)
        self._rejected: list[Row] = []
        self.counted: defaultdict[str, list[Counted]] = defaultdict(list)
        self.tally: Counter[str] = Counter()

    def add(self, topic: str, offsets: Sequence[int], rows: Sequence[Row]) -> None:
        """Some of one site's events, for analysts or for a partner."""
        self._leaving[topic].append((offsets, rows))
        self.tally[topic] += len(rows)

    def reject(self, offset: int, reason: Reason, value: bytes) -> None:
        """One event, for good."""
        self._rejected.append((offset, None, value))
        self.tally[reason] += 1

    def write(self, outputs: Outputs) -> None:
        """In the order of the log."""
        for topic, parts in self._leaving.items():
            outputs.extend(topic, _in_order(parts))
        if self._rejected:
            outputs.extend(topics.REJECTED, sorted(self._rejected, key=itemgetter(0)))


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

    def book(self, portion: Portion, watermark: int | None) -> Entries:
        """All of a portion but its tick; `watermark` in ms. Raises `KeyMissing`."""
        entries = Entries()
        if portion.unlisted:
            entries.tally["unlisted_fields"] = portion.unlisted
        for record, reason in portion.rejected:
            self.reject(record.offset, record.timestamp, reason, entries)
        sites = self._forgetful if portion.is_long else self._sites
        by_site = _by_site(portion)
        for name, events, offsets, appended in by_site:
            if site := sites.get(name):
                self._book_site(site, events, offsets, appended, watermark, entries)
            else:
                for offset, appended_ms in zip(offsets, appended, strict=True):
                    self.reject(offset, appended_ms, Reason.UNKNOWN_SITE, entries)
        # Not before all of it is booked: what waits for a key comes again, and repeats nothing.
        self._note(by_site)
        return entries

    def remember(self, portion: Portion) -> None:
        """Events that were booked before a restart: only their ids are of use."""
        self._note(_by_site(portion))

    def _note(self, by_site: Collection[_Columns]) -> None:
        """The ids of events, whatever became of them: after a restart nothing else is known."""
        for name, events, offsets, _ in by_site:
            if name in self._recent:
                self._recent[name].note([event.event_id for event in events], offsets)

    def watermark(self, tick_ms: int) -> int:
        """Where a tick puts it."""
        return max(tick_ms - self._lateness_ms, 0)

    def is_from_the_future(self, at_ms: int, appended_ms: int) -> bool:
        """Whether it lies further ahead of the broker's clock than clocks may differ."""
        return at_ms > appended_ms + self._skew_ms

    def reject(self, offset: int, appended_ms: int, reason: Reason, entries: Entries) -> None:
        """One record that goes no further."""
        appended = self._times[appended_ms]
        rejection = Rejection(reason, topics.RAW, self._partition, offset, appended)
        entries.reject(offset, reason, _encode(rejection))

    def _book_site(
        self,
        site: SiteAnonymiser,
        events: Sequence[RawEvent],
        offsets: Sequence[int],
        appended: Sequence[int],
        watermark: int | None,
        entries: Entries,
    ) -> None:
        repeated = self._recent[site.name].repeated([each.event_id for each in events], offsets)
        times = all_milliseconds([event.timestamp for event in events])
        due = []
        columns = zip(times, appended, self._closed(appended, watermark), strict=False)
        # Lateness comes before anything that asks for a key: an event of 1970 mints nothing.
        for at, (at_ms, appended_ms, closed_ms) in enumerate(columns):
            if at_ms > appended_ms + self._skew_ms:
                self.reject(offsets[at], appended_ms, Reason.FROM_THE_FUTURE, entries)
            elif at_ms < closed_ms:
                self.reject(offsets[at], appended_ms, Reason.LATE, entries)
            elif at in repeated:
                self.reject(offsets[at], appended_ms, Reason.DUPLICATE, entries)
            else:
                due.append(at)
        if len(due) < len(events):
            events = [events[at] for at in due]
            times = [times[at] for at in due]
            offsets = [offsets[at] for at in due]
            appended = [appended[at] for at in due]
        if due:
            self._anonymise(site, events, times, offsets, appended, entries)

    def _closed(self, appended: Sequence[int], watermark: int | None) -> Iterable[int]:
        """For each record, where the hours end that are closed, in ms."""
        if watermark is not None:
            return repeat(_start_of_hour(watermark))
        # No tick yet: the broker's clock stands in for it.
        return [_start_of_hour(self.watermark(at_ms)) for at_ms in appended]

    def _anonymise(
        self,
        site: SiteAnonymiser,
        events: Sequence[RawEvent],
        times: Sequence[int],
        offsets: Sequence[int],
        appended: Sequence[int],
        entries: Entries,
    ) -> None:
        leaving: list[_Leaving] | None
        try:
            found = site.anonymise(events, times)
            # All of it is encoded before any is added: a text that cannot be written raises.
            leaving = self._encoded(found)
        except KeyMissing:
            raise
        except Exception:
            leaving = None  # no more in the handler: what is raised later would have it for context
        if leaving is None and len(events) == 1:
            self.reject(offsets[0], appended[0], Reason.ERROR, entries)
            return
        if leaving is None:
            # Some of them: the halves apart, until each is alone.
            half = len(events) // 2
            for part in (slice(half), slice(half, None)):
                columns = events[part], times[part], offsets[part], appended[part]
                self._anonymise(site, *columns, entries)
            return
        for topic, places, rows in leaving:
            entries.add(topic, [offsets[at] for at in places], rows)
        for at, reason in found.rejected:
            self.reject(offsets[at], appended[at], reason, entries)
        for name, counted in found.counted.items():
            entries.counted[name] += counted

    def _encoded(self, found: Outcomes) -> list[_Leaving]:
        """What leaves; each visitor's to one partition."""
        views: list[tuple[str, View, PassedOn]] = [
            (topics.ANONYMISED, analyst_view, found.passed_on)
        ]
        for name, passed_on in found.partners.items():
            views.append((topics.PARTNERS + name, self._views[name], passed_on))
        return [
            (topic, places, [(crc32(event.visitor.encode()), *view(event)) for event in events])
            for topic, view, (places, events) in views
            if events
        ]


def _in_order(parts: Sequence[_Rows]) -> Sequence[Row]:
    """One site is booked after another: of several, the records are put in the log's order."""
    if len(parts) == 1:
        return parts[0][1]
    placed = [pair for offsets, rows in parts for pair in zip(offsets, rows, strict=True)]
    return [row for _, row in sorted(placed, key=itemgetter(0))]


def _by_site(portion: Portion) -> Collection[_Columns]:
    events, offsets, appended = portion.events, portion.offsets, portion.appended
    names = {event.site for event in events}
    if len(names) == 1:
        return [(names.pop(), events, offsets, appended)]
    by_site: dict[str, _Columns] = {}
    for event, offset, appended_ms in zip(events, offsets, appended, strict=True):
        its = by_site.get(event.site)
        if its is None:
            its = by_site[event.site] = event.site, [], [], []
        its[1].append(event)
        its[2].append(offset)
        its[3].append(appended_ms)
    return by_site.values()


def _start_of_hour(at_ms: int) -> int:
    return at_ms // MILLISECONDS_PER_HOUR * MILLISECONDS_PER_HOUR
