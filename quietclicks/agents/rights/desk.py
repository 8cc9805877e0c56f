"""What the rights stage is told between its steps: how all stands, and what a search has found.

A search runs beside the stage, one at a time: the stage keeps house meanwhile, and can be given
back. Any fault that is not the broker's ends the worker.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from mode import Service
from msgspec.structs import replace

from quietclicks.agents.evidence.audit_log import signing_keys
from quietclicks.agents.kafka.committed import Committed, committed_offsets
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
from quietclicks.pipeline.rights.looked_up import Searched, Seen
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, public_of, published
from quietclicks.pipeline.rights.stage import RightsProcessor
from quietclicks.pipeline.topology.topics import segment_seconds, topology
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Notice

HOUSE_SECONDS = 60.0  # a new day's box key is there so soon
MIN_HOUSE_SECONDS = 0.5  # where segments are short, as in tests
TOGETHER = 20  # requests to a search: at most so often `MAX_EVENTS` are in memory
LOOK_SECONDS = 0.2  # so long the stage waits for a search that may end soon
TELL_SECONDS = 2.0  # a search that takes longer says how far it is, so often

log = logging.getLogger(__name__)


class RightsDesk(Service):
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
        super().__init__()
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
        self._searching: asyncio.Future[None] | None = None
        self._found: list[Searched] = []  # by the last search
        self._ids: Sequence[str] = ()  # of the requests that are searched for
        self._waiting: set[str] = set()  # those that the last search could not answer
        self._next_told = 0.0

    async def prepare(self, processor: RightsProcessor) -> None:
        """Give it what it has answered, and be up to date with the list."""
        async for records in batches_to_end(self._settings, topics.RESPONSES, 0):
            processor.restore(records)
        await self._watch.caught_up()
        self._next_house = self._next_nudge = 0.0
        self._swept = NEVER  # what was found for another may not be written
        if self._searching is not None:  # for a processor that is given back
            self._searching.cancel()
            self._searching = None

    async def look(self, processor: RightsProcessor) -> None:
        """What it waits for: how all stands, or what was found."""
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
        if processor.has_found:
            return
        if self._searching is None:
            await self._begin(processor)
        if self._searching is not None:
            await asyncio.wait([self._searching], timeout=LOOK_SECONDS)
            if self._searching.done():
                self._searching = None
                processor.found(self._found)
            elif time.monotonic() >= self._next_told:
                self._next_told = time.monotonic() + TELL_SECONDS
                processor.searching(self._ids, int(100 * self._search.share))

    async def _begin(self, processor: RightsProcessor) -> None:
        """Search for those at their turn, oldest first, what could not be looked up last."""
        ready = list(processor.open)
        passed: Sequence[int] = ()
        if any(work.restricted for work in ready):
            passed = await self._passed()
        if not passed:
            ready = [work for work in ready if not work.restricted]
        ready.sort(key=lambda work: work.request.id in self._waiting)
        works = [
            Searched(each.request, each.restricted, [], tuple(passed) if each.restricted else ())
            for each in ready[:TOGETHER]
        ]
        if works:
            self._found = []
            self._ids = [each.request.id for each in works]
            self._next_told = time.monotonic() + TELL_SECONDS
            self._searching = self.add_future(self._find(works))

    async def _find(self, wanted: Sequence[Searched]) -> None:
        try:
            # Whose key another worker has made is no day that nobody visited.
            await self._store.living()
            found = await self._search.find([each.request for each in wanted])
        except (KafkaError, Failure, TimeoutError) as error:
            log.warning("nothing was looked up for requests: %s", type(error).__name__)
            found = {}
        self._waiting = {each.request.id for each in wanted} - found.keys()
        self._found = [
            replace(each, found=found[each.request.id])
            for each in wanted
            if each.request.id in found
        ]

    async def _passed(self) -> Sequence[int]:
        """From which offset on each partition goes by the list as it stands; none: not all do."""
        await self._watch.caught_up(pending=True)
        raw = [TopicPartition(topics.RAW, n) for n in range(self._counts[topics.RAW])]
        there = await committed_offsets(self._settings, group_of(self._settings, ANONYMISE), raw)
        offsets = []
        for each in (there.get(tp, Committed()) for tp in raw):
            if restrictions_applied(each.note.metadata) < self._restrictions.offset:
                return ()
            offsets.append(each.offset or 0)
        return offsets

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
