"""Finds people's records: of each day asked for, in that day's stretch of the log alone.

It opens the boxes, in the worker, and tells nobody what was in them. Several requests are searched
for together, so that a stretch is read once. What is read is streamed, and no more is kept of it
than a bound.
"""

import contextlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import Struct

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.keys.destroy import event_cut
from quietclicks.agents.rights.list_watch import ListWatch
from quietclicks.agents.rights.receipt import receipts_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.answers import LISTS, Found
from quietclicks.pipeline.rights.matching import MAX_EVENTS, Match, targets, whose
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, BoxError, Identity, context, unseal
from quietclicks.schemas.rights import Request

log = logging.getLogger(__name__)


class Place(Struct, frozen=True):
    """Where a day's records of some people lie."""

    day: int
    topic: str
    partition: int


class Stretch(Struct, frozen=True):
    """Of a partition, what may be of a day.

    From `start` on and before `end`, as far as one knew when the search began; what was appended
    after `until_ms` is of later days. `since_ms`: when the first record was appended that an
    earlier cut has left; None: no cut has come so far.
    """

    start: int
    end: int
    until_ms: int | None
    since_ms: int | None


class Tally:
    """What one topic has of somebody's day, for one request."""

    def __init__(self, request: str, found: Found) -> None:
        self.request = request
        self._found = found
        self._number = 0

    def take(self, topic: str, record: Record) -> None:
        """One more of theirs."""
        self._number += 1
        found = self._found
        found.number = max(found.number, self._number)
        if self._number <= MAX_EVENTS:
            found.matches.append(Match(topic, record.key or b"", record.value or b""))
        else:
            found.whole = False

    def cut_before(self, since_ms: int | None) -> None:
        """What was appended before is gone; None: nothing is."""
        if since_ms is not None:
            self._found.since_ms = max(since_ms, self._found.since_ms or 0)


People = dict[bytes, list[Tally]]  # pseudonym → whoever asks for what it bears


class Search:
    """For requests that are at their turn; `share` of it is done."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        ring: DayKeys,
        restrictions: Restrictions,
        watch: ListWatch,
        counts: Mapping[str, int],
    ) -> None:
        """`counts`: how many partitions each topic has."""
        self._settings = settings
        self._policy = policy
        self._ring = ring
        self._restrictions = restrictions
        self._watch = watch
        self._counts = counts
        self._partners = sorted(policy.partners)
        self.share = 0.0

    async def find(self, requests: Sequence[Request]) -> dict[str, list[Found]]:
        """Request id → what there is of each of its days; without those that have to wait.

        Raises `KafkaError`, `Failure`.
        """
        self.share = 0.0
        # Whose name is made goes on the list, or is looked for there.
        make = any(each.act and each.verb in LISTS for each in requests)
        await self._watch.use_key(make=make)
        await self._watch.caught_up(pending=True)  # who was erased just now is given nothing
        dead = {day for each in requests for day in _days(each) if self._is_dead(day)}
        receipts = await receipts_of(self._settings, dead)
        found: dict[str, list[Found]] = {}
        places: defaultdict[Place, People] = defaultdict(lambda: defaultdict(list))
        for request in requests:
            found[request.id] = []
            for day in _days(request):
                mine = self._of_day(request, day, receipts, places)
                found[request.id].append(mine)
        for number, (place, people) in enumerate(places.items()):
            try:
                await self._read(place, people, number / len(places), 1 / len(places))
            except (KafkaError, Failure, TimeoutError) as error:  # it stops no other
                told = str(error) if isinstance(error, Failure) else type(error).__name__
                log.warning("some requests have to wait: %s", told)
                for tally in (each for some in people.values() for each in some):
                    found.pop(tally.request, None)
        return found

    def _is_dead(self, day: int) -> bool:
        return day <= self._ring.destroyed_through

    def _of_day(
        self, request: Request, day: int, receipts: Mapping[int, str], places: dict[Place, People]
    ) -> Found:
        """What is known before anything is read, and in `places` where to read."""
        if self._is_dead(day):
            return Found(day, "destroyed", receipt=receipts.get(day))
        if day not in self._ring:
            return Found(day, "none")
        identity = self._opened(request, day)
        if identity is None:
            return Found(day, "living")
        found = Found(day, "living", opened=True)
        if self._restrictions.has_key:
            whole = request.site, identity.address, identity.user_agent
            found.name = self._restrictions.name(*whole)
            entry = self._restrictions.entry(*whole)
            found.erased = entry is not None and day in entry.erased
        # Of every partner, whatever the policy gives it now: it may have given more that day.
        keys = self._ring.of(day, request.site, self._partners)
        for target in targets(identity, keys, self._partners):
            partition = target.route % self._counts[target.topic]
            people = places[Place(day, target.topic, partition)]
            people[target.pseudonym.encode()].append(Tally(request.id, found))
        return found

    def _opened(self, request: Request, day: int) -> Identity | None:
        """Whom it is about; None where that cannot be told, or is told of too many."""
        name = day_text(day)
        bound_to = context(request.id, request.verb, request.site, request.days, name)
        if request.site not in self._policy.sites or name not in request.boxes:
            return None
        try:
            identity = unseal(request.boxes[name], self._ring.secret(day, BOX_USE), bound_to)
        except BoxError:
            return None
        return identity if packed_address(identity.address) is not None else None

    async def _read(self, place: Place, people: People, before: float, share: float) -> None:
        tp = TopicPartition(place.topic, place.partition)
        stretch = await self._stretch(tp, place.day)
        if stretch is None:
            return
        for tally in (each for some in people.values() for each in some):
            tally.cut_before(stretch.since_ms)
        # Up to the log's own end: another worker's transaction that is open hides what lies behind.
        reading = batches_to_end(self._settings, *tp, start=stretch.start, pending=True)
        async with contextlib.aclosing(reading) as batches:
            async for records in batches:
                for record in records:
                    for tally in people.get(whose(record), ()):
                        tally.take(place.topic, record)
                if not records:
                    continue
                read = (records[-1].offset - stretch.start) / max(1, stretch.end - stretch.start)
                self.share = before + share * min(1.0, read)
                if stretch.until_ms is not None and records[-1].timestamp > stretch.until_ms:
                    break

    async def _stretch(self, tp: TopicPartition, day: int) -> Stretch | None:
        """None: there is nothing.

        An event is never ahead of the broker's clock by more than the skew, so neither is a day.
        """
        starts_ms = day * MILLISECONDS_PER_DAY - self._policy.time.allowed_skew * 1000
        until_ms = (await event_cut(self._settings, tp.topic)).closed_by(day)
        # One of committed records is told of none that lies behind an open transaction.
        consumer = clients.consumer(self._settings, uncommitted=True)
        await clients.start(consumer, self._settings)
        try:
            found = (await consumer.offsets_for_times({tp: starts_ms}))[tp]
            first = (await consumer.beginning_offsets([tp]))[tp]
            end = (await consumer.end_offsets([tp]))[tp]
            if until_ms is not None:
                later = (await consumer.offsets_for_times({tp: until_ms + 1}))[tp]
                end = end if later is None else later.offset
        finally:
            await clients.stop(consumer)
        if found is None:
            # Until the broker's next round: it looks in a segment that lies below a cut and is
            # still to go, and no further.
            found = await self._first_of(tp, first)
        if found is None:
            return None
        # After a cut there is always a record: what made sure that a segment is closed.
        is_cut = 0 < first == found.offset and starts_ms <= found.timestamp
        return Stretch(found.offset, end, until_ms, found.timestamp if is_cut else None)

    async def _first_of(
        self, tp: TopicPartition, start: int
    ) -> ConsumerRecord[bytes, bytes] | None:
        reading = batches_to_end(self._settings, *tp, uncommitted=True, start=start)
        async with contextlib.aclosing(reading) as batches:
            async for records in batches:
                if records:
                    return records[0]
        return None


def _days(request: Request) -> list[int]:
    return [day_of(each.encode()) for each in request.days]
