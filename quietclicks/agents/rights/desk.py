"""What the rights stage is told between its steps: how all stands, and what a search has found.

One thing at a time, so that a request never holds up the worker's other stages for long.
"""

import contextlib
import logging
import time
from collections.abc import Mapping

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from quietclicks.agents.evidence.audit_log import signing_keys
from quietclicks.agents.kafka.committed import committed_notes
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.kafka.stages import ANONYMISE, group_of
from quietclicks.agents.keys.destroy import event_cuts
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.rights.list_watch import ListWatch
from quietclicks.agents.rights.search import Search
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.anonymise.stage import restrictions_applied
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import NEVER, day_of
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, public_of, published
from quietclicks.pipeline.rights.stage import RightsProcessor, Seen
from quietclicks.pipeline.topology.topics import segment_seconds, topology
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Notice

HOUSE_SECONDS = 60.0  # a new day's box key is there so soon
MIN_HOUSE_SECONDS = 0.5  # where segments are short, as in tests

log = logging.getLogger(__name__)


class RightsDesk:
    """Prepares the stage's processor, and looks up what it asks for."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        ring: DayKeys,
        store: KeyStore,
        restrictions: Restrictions,
        watch: ListWatch,
        counts: Mapping[str, int],
    ) -> None:
        """Raises `UsageError` where a signing key is set and cannot be read."""
        self._settings = settings
        self._ring = ring
        self._store = store
        self._policy = policy
        self._restrictions = restrictions
        self._watch = watch
        self._counts = counts
        self._keys = signing_keys(settings)
        self._search = Search(settings, policy, ring, restrictions, watch, counts)
        [spec] = [each for each in topology(policy) if each.name == topics.REQUESTS]
        self._roll = segment_seconds(spec) / 2
        self._house = max(MIN_HOUSE_SECONDS, min(HOUSE_SECONDS, self._roll))
        self._next_house = self._next_nudge = 0.0
        self._swept = NEVER  # up to that day no notice is left

    async def prepare(self, processor: RightsProcessor) -> None:
        """Give it what it has answered, and be up to date with the list."""
        async for records in batches_to_end(self._settings, topics.RESPONSES, 0):
            processor.restore(records)
        await self._watch.caught_up()
        self._next_house = self._next_nudge = 0.0

    async def look(self, processor: RightsProcessor) -> None:
        """One thing that it waits for, if there is one."""
        try:
            await self._look(processor)
        except (KafkaError, Failure, TimeoutError) as error:
            # The next time makes up for it; whether the broker is gone, the runner watches.
            log.warning("nothing was looked up for requests: %s", type(error).__name__)

    async def _look(self, processor: RightsProcessor) -> None:
        if time.monotonic() >= self._next_house:
            self._next_house = time.monotonic() + self._house
            processor.see(await self._seen(processor.awaits_cut))
            return
        all_know: bool | None = None
        for work in processor.open:
            if work.restricted and all_know is None:
                all_know = await self._all_know()
            if work.restricted and not all_know:
                continue
            try:
                found = await self._search.find(work.request)
            except Failure as error:  # what stops one request stops no other
                log.warning("a request has to wait: %s", error)
                continue
            processor.found(work.request.id, found)
            return

    async def _all_know(self) -> bool:
        """Whether every partition goes by the list as it stands, in all that it will write."""
        await self._watch.caught_up(pending=True)
        raw = [TopicPartition(topics.RAW, n) for n in range(self._counts[topics.RAW])]
        notes = await committed_notes(self._settings, group_of(self._settings, ANONYMISE), raw)
        known = [restrictions_applied(notes[tp].metadata) if tp in notes else -1 for tp in raw]
        return min(known) >= self._restrictions.offset

    async def _seen(self, is_awaited: bool) -> Seen:
        living, through = await self._store.living()
        boxes = {day: self._box(day) for day in living}  # at once: a key may be destroyed meanwhile
        cuts = await event_cuts(self._settings, self._policy)
        return Seen(
            cut=min(each.cut for each in cuts),
            gone_ms=max(each.gone_ms for each in cuts),
            destroyed_through=through,
            boxes=boxes,
            old_notices=await self._old_notices(through),
            nudges=self._nudges(is_awaited),
        )

    def _box(self, day: int) -> bytes:
        public = public_of(self._ring.secret(day, BOX_USE))
        return published(day_text(day), public, self._keys)

    def _nudges(self, is_awaited: bool) -> dict[str, int]:
        """Twice in what a segment spans; of requests also where their time is waited for."""
        if time.monotonic() >= self._next_nudge:
            self._next_nudge = time.monotonic() + self._roll
            ours = (topics.REQUESTS, topics.RESPONSES, topics.RESTRICTIONS, *self._notices)
            return {topic: self._counts[topic] for topic in ours}
        return {topics.REQUESTS: 1} if is_awaited else {}

    @property
    def _notices(self) -> list[str]:
        return [topic for topic in self._counts if topics.holds_notices(topic)]

    async def _old_notices(self, through: int) -> list[tuple[str, int, bytes]]:
        """Of days whose keys are destroyed; asked once for each."""
        found: dict[tuple[str, int, bytes], None] = {}
        if through <= self._swept:
            return []
        for topic in self._notices:
            for number in range(self._counts[topic]):
                async for records in batches_to_end(self._settings, topic, number):
                    for record in records:
                        place = topic, number, record.key or b""
                        if record.value is not None and _day_of(record.value) <= through:
                            found[place] = None
                        else:
                            found.pop(place, None)
        self._swept = through
        return list(found)


def _day_of(value: bytes) -> int:
    """What cannot be read is old."""
    with contextlib.suppress(ValueError):
        return day_of(msgspec.json.decode(value, type=Notice).day.encode())
    return NEVER
