"""The ledger: every event of a portion ends as one record, anonymised or rejected with a reason.

Here are the drops that need the log's order and clock, and here what leaves is encoded. It writes
nothing itself: a portion that waits for a day's key has left no trace.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import repeat

from msgspec import field

from quietclicks.pipeline.anonymise.batches import Portion
from quietclicks.pipeline.anonymise.entries import Entries
from quietclicks.pipeline.anonymise.outcomes import Outcomes
from quietclicks.pipeline.anonymise.recent import RecentIds
from quietclicks.pipeline.anonymise.steps import Anonymiser, SiteAnonymiser
from quietclicks.pipeline.anonymise.views import analyst_view, partner_view
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import (
    MILLISECONDS_PER_DAY,
    MILLISECONDS_PER_HOUR,
    all_milliseconds,
    precise_text,
)
from quietclicks.pipeline.columns import Columns
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Row
from quietclicks.pipeline.pseudonyms.key_ring import KeyMissing
from quietclicks.schemas import topics
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.rejection import Reason

_Leaving = tuple[str, Sequence[int], Sequence[Row]]
"""Records for a topic, and the places of their events."""


class _Events(Columns):
    """Of one site, in the log's order."""

    events: list[RawEvent] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)  # their own, ms
    offsets: list[int] = field(default_factory=list)
    appended: list[int] = field(default_factory=list)  # when the broker took them, ms


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
        entries = Entries(self._partition, self._times)
        entries.unlisted = portion.unlisted
        entries.rejected += [(each.offset, each.timestamp, why) for each, why in portion.rejected]
        sites = self._forgetful if portion.is_long else self._sites
        by_site = _by_site(portion)
        for name, columns in by_site.items():
            if site := sites.get(name):
                self._book_site(site, columns, watermark, entries)
            else:
                unknown = repeat(Reason.UNKNOWN_SITE)
                entries.rejected += zip(columns.offsets, columns.appended, unknown, strict=False)
        # Not before all of it is booked: what waits for a key comes again, and repeats nothing.
        self._note(by_site)
        return entries

    def remember(self, portion: Portion) -> None:
        """Events that were booked before a restart: only their ids are of use."""
        self._note(_by_site(portion))

    def _note(self, by_site: Mapping[str, _Events]) -> None:
        """The ids of events, whatever became of them: after a restart nothing else is known."""
        for name, columns in by_site.items():
            if name in self._recent:
                self._recent[name].note(columns.ids, columns.offsets)

    def watermark(self, tick_ms: int) -> int:
        """Where a tick puts it."""
        return max(tick_ms - self._lateness_ms, 0)

    def is_from_the_future(self, at_ms: int, appended_ms: int) -> bool:
        """Whether it lies further ahead of the broker's clock than clocks may differ."""
        return at_ms > appended_ms + self._skew_ms

    def _book_site(
        self, site: SiteAnonymiser, columns: _Events, watermark: int | None, entries: Entries
    ) -> None:
        due = self._due(site, columns, watermark, entries)
        # Each day's under its own key.
        days = {at_ms // MILLISECONDS_PER_DAY for at_ms in due.times}
        for day in sorted(days):
            its = due
            if len(days) > 1:
                its = due.only(at_ms // MILLISECONDS_PER_DAY == day for at_ms in due.times)
            self._anonymise(site, day, its, entries)

    def _due(
        self, site: SiteAnonymiser, columns: _Events, watermark: int | None, entries: Entries
    ) -> _Events:
        """Without those that are late, ahead, or repeated.

        This comes before anything that asks for a key: an event of 1970 mints nothing.
        """
        times, offsets, appended = columns.times, columns.offsets, columns.appended
        repeated = self._recent[site.name].repeated(columns.ids, offsets)
        closed = self._closed(appended, watermark)
        ahead = self.is_from_the_future(max(times), min(appended))
        if not (repeated or ahead or min(times) < max(closed)):
            return columns
        due = []
        for at, (at_ms, closed_ms) in enumerate(zip(times, closed, strict=True)):
            reason = None
            if self.is_from_the_future(at_ms, appended[at]):
                reason = Reason.FROM_THE_FUTURE
            elif at_ms < closed_ms:
                reason = Reason.LATE
            elif at in repeated:
                reason = Reason.DUPLICATE
            if reason:
                entries.rejected.append((offsets[at], appended[at], reason))
            due.append(reason is None)
        return columns.only(due)

    def _closed(self, appended: Sequence[int], watermark: int | None) -> Sequence[int]:
        """For each record, where the hours end that are closed, in ms."""
        if watermark is not None:
            return [_start_of_hour(watermark)] * len(appended)
        # No tick yet: the broker's clock stands in for it.
        return [_start_of_hour(self.watermark(at_ms)) for at_ms in appended]

    def _anonymise(self, site: SiteAnonymiser, day: int, due: _Events, entries: Entries) -> None:
        offsets, appended = due.offsets, due.appended
        leaving: list[_Leaving] | None
        try:
            found = site.anonymise(day, due.events, due.times)
            # All of it is encoded before any is added: a text that cannot be written raises.
            leaving = self._encoded(found)
        except KeyMissing:
            raise
        except Exception:
            leaving = None  # no more in the handler: what is raised later would have it for context
        if leaving is None and len(offsets) == 1:
            entries.rejected.append((offsets[0], appended[0], Reason.ERROR))
            return
        if leaving is None:
            # Some of them: the halves apart, until each is alone.
            half = len(offsets) // 2
            for first in (True, False):
                part = due.only((at < half) is first for at in range(len(offsets)))
                self._anonymise(site, day, part, entries)
            return
        for topic, places, rows in leaving:
            entries.add(topic, [offsets[at] for at in places], rows)
        entries.rejected += [(offsets[at], appended[at], why) for at, why in found.rejected]
        entries.counted += found.counted.items()

    def _encoded(self, found: Outcomes) -> list[_Leaving]:
        places, events = found.passed_on
        leaving: list[_Leaving] = [(topics.ANONYMISED, places, analyst_view(events))]
        for name, (places, events) in found.partners.items():
            leaving.append((topics.PARTNERS + name, places, self._views[name](events)))
        return leaving


def _by_site(portion: Portion) -> Mapping[str, _Events]:
    whole = _Events(
        portion.events,
        [event.event_id for event in portion.events],
        all_milliseconds([event.timestamp for event in portion.events]),
        portion.offsets,
        portion.appended,
    )
    names = {event.site for event in portion.events}
    if len(names) == 1:
        return {names.pop(): whole}
    by_site: defaultdict[str, _Events] = defaultdict(_Events)
    for at, event in enumerate(whole.events):
        its = by_site[event.site]
        its.events.append(event)
        its.ids.append(whole.ids[at])
        its.times.append(whole.times[at])
        its.offsets.append(whole.offsets[at])
        its.appended.append(whole.appended[at])
    return by_site


def _start_of_hour(at_ms: int) -> int:
    return at_ms // MILLISECONDS_PER_HOUR * MILLISECONDS_PER_HOUR
