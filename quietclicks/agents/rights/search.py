"""Finds one person's records: of each day asked for, in that day's stretch of the log alone.

It opens the boxes, in the worker, and tells nobody what was in them. What is found is streamed, and
no more than a bound is kept.
"""

import contextlib
from collections.abc import Mapping

from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.keys.destroy import event_cut
from quietclicks.agents.rights.list_watch import ListWatch
from quietclicks.agents.rights.receipt import receipt_of
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.answers import LISTS, Found
from quietclicks.pipeline.rights.matching import (
    MAX_EVENTS,
    Match,
    Target,
    matches,
    targets,
)
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, BoxError, Identity, context, unseal
from quietclicks.schemas.rights import Request


class Search:
    """Of requests that are at their turn."""

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

    async def find(self, request: Request) -> list[Found]:
        """Of each day. Raises `KafkaError`, `Failure`."""
        # Whose name is made goes on the list, or is looked for there.
        await self._watch.use_key(make=request.act and request.verb in LISTS)
        await self._watch.caught_up()
        return [await self._of_day(request, day_of(day.encode())) for day in request.days]

    async def _of_day(self, request: Request, day: int) -> Found:
        if day <= self._ring.destroyed_through:
            return Found(day, "destroyed", receipt=await receipt_of(self._settings, day))
        if day not in self._ring:
            return Found(day, "none")
        identity = self._opened(request, day)
        if identity is None:
            return Found(day, "living")
        name, erased = b"", False
        if self._restrictions.has_key:
            whole = request.site, identity.address, identity.user_agent
            name = self._restrictions.name(*whole)
            entry = self._restrictions.entry(*whole)
            erased = entry is not None and day in entry.erased
        found = Found(day, "living", True, name, erased)
        # Of every partner, whatever the policy gives it now: it may have given more that day.
        keys = self._ring.of(day, request.site, self._partners)
        for target in targets(identity, keys, self._partners):
            mine, number = await self._matches(target, day)
            found.matches += mine
            found.number = max(found.number, number)
            found.whole = found.whole and len(mine) == number
        return found

    def _opened(self, request: Request, day: int) -> Identity | None:
        """Whom it is about; None where that cannot be told, or is told of too many."""
        name = next(each for each in request.days if day_of(each.encode()) == day)
        bound_to = context(request.id, request.verb, request.site, request.days, name)
        if request.site not in self._policy.sites or name not in request.boxes:
            return None
        try:
            identity = unseal(request.boxes[name], self._ring.secret(day, BOX_USE), bound_to)
        except BoxError:
            return None
        return identity if packed_address(identity.address) is not None else None

    async def _matches(self, target: Target, day: int) -> tuple[list[Match], int]:
        partition = target.route % self._counts[target.topic]
        stretch = await self._stretch(TopicPartition(target.topic, partition), day)
        found: list[Match] = []
        number = 0
        if stretch is None:
            return found, number
        start, until_ms = stretch
        # Up to the log's own end: another worker's transaction that is open hides what lies behind.
        reading = batches_to_end(self._settings, target.topic, partition, start=start, pending=True)
        async with contextlib.aclosing(reading) as batches:
            async for records in batches:
                for match in matches(target, records):
                    number += 1
                    if number <= MAX_EVENTS:
                        found.append(match)
                if until_ms is not None and records and records[-1].timestamp > until_ms:
                    break
        return found, number

    async def _stretch(self, tp: TopicPartition, day: int) -> tuple[int, int | None] | None:
        """The first offset that may be of that day, and until when one was written (ms), if known.

        An event is never ahead of the broker's clock by more than the skew, so neither is a day.
        """
        starts_ms = day * MILLISECONDS_PER_DAY - self._policy.time.allowed_skew * 1000
        consumer = clients.consumer(self._settings)
        await clients.start(consumer, self._settings)
        try:
            found = (await consumer.offsets_for_times({tp: starts_ms}))[tp]
        finally:
            await clients.stop(consumer)
        closed_ms = (await event_cut(self._settings, tp.topic)).closed_by(day)
        return None if found is None else (found.offset, closed_ms)
