"""The office of the story: it keeps a copy of what it sent, asks for people, and kills workers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from msgspec.structs import replace

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.keys.destroy import event_cuts
from quietclicks.commands.rights.person import Asked, verifier
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import KeyDestroyed
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Request, Verb
from tests.kafka.disk import Traces
from tests.kafka.officers import PATIENCE, Officers
from tests.kafka.story import (
    DAY_MS,
    DAYS,
    ERASED,
    HOUR_MS,
    PEOPLE,
    SECOND,
    SITE,
    Person,
    Visit,
    alive,
    expected,
    told,
)
from tests.kafka.test_rights import Office
from tests.kafka.world import Worker, until
from tests.kafka_tools import Stored, produce, unique

PARTNER = topics.PARTNERS + "adreach"
COPIES = (topics.PSEUDONYMISED, PARTNER)


class Story(Office):
    """An office with a copy of what it sent."""

    sent: list[Visit]
    lagged: list[Visit]
    officers: Officers
    traces: Traces
    at_ms: int  # what the log was told last

    async def time(self, at_ms: int) -> None:
        self.at_ms = at_ms
        await super().time(at_ms)

    async def browse(self, seen: Sequence[Visit]) -> None:
        """Send these, and keep a copy."""
        rows = [each.raw(number) for number, each in enumerate(seen, len(self.sent))]
        self.sent += seen
        await produce(self.world.settings.bootstrap, topics.RAW, rows)

    def requests(
        self,
        verb: Verb,
        people: Iterable[Person],
        days: Sequence[str] = DAYS,
        *,
        right: str = "",
        **more: Any,
    ) -> list[Request]:
        """Sealed; `right`: for which they ask, where that is another."""
        settings = replace(self.world.settings, verifier_key=self._verifier)
        more = {"act": True, "asked": ("pages", "shared"), **more}
        asked = [
            Asked(verb, id_of(right or verb, who), SITE, tuple(days), _identity(who))
            for who in people
        ]
        return [each.sealed(self.officers.inbox, verifier(settings), **more) for each in asked]

    async def is_closed(self, at_ms: int, since_ms: int = 0) -> None:
        """Wait until it is noted that the day is over, and so long besides."""
        day = at_ms // DAY_MS

        async def noted() -> bool:
            self.world.check_workers()
            cuts = await event_cuts(self.world.settings, self.world.policy)
            passed = [each.closed_by(day) for each in cuts]
            now = time.time() * 1000 - since_ms
            return all(each is not None and each < now for each in passed)

        await until(noted, "the day has ended", PATIENCE)

    async def is_cut(self, at_ms: int) -> None:
        """Wait until no event of the day is left."""

        async def cut() -> bool:
            self.world.check_workers()
            cuts = await event_cuts(self.world.settings, self.world.policy)
            return all(each.cut >= at_ms // DAY_MS for each in cuts)

        await until(cut, "the day is cut", PATIENCE)

    async def receipt(self, day: str) -> None:
        """Wait until the audit log tells that the day's key is destroyed."""

        async def there() -> bool:
            self.world.check_workers()
            entries = (await read_log(self.world.settings)).entries
            bodies = [decode(each).body for each in entries]
            return any(isinstance(each, KeyDestroyed) and str(each.day) == day for each in bodies)

        await until(there, "the receipt of the dead day", PATIENCE)

    async def holds_what_was_sent(self, visits: Sequence[Visit]) -> None:
        """Analysts and partners have exactly these."""
        for topic in COPIES:
            is_ours = topic == topics.PSEUDONYMISED
            got = told(each.value or b"" for each in await self.of_two_days(topic))
            want = expected(visits, has_language=is_ours)
            assert not got - want, f"{topic}: too much"
            assert not want - got, f"{topic}: too little"

    async def are_noticed(self, earlier: Mapping[str, Sequence[Stored]]) -> set[bytes]:
        """One notice for each record of who is erased, under its key, and no other; whose."""
        pages = {f"/{each.name}/start" for each in ERASED}
        found: set[bytes] = set()
        for topic in COPIES:
            records = await self.log(topic)
            theirs = {_visitor(r) for r in records if json.loads(r.value or b"")["page"] in pages}
            keys = [r.key or b"" for r in records if _visitor(r) in theirs]
            notices = await self.log(topics.notices_of(topic))
            new = [each for each in notices if each not in earlier[topic]]
            assert sorted(each.key or b"" for each in new) == sorted(keys)
            assert {json.loads(each.value or b"")["reason"] for each in new} == {"erased"}
            found |= theirs
        assert len(found) == 4 * len(pages)  # on two days, for two recipients
        return found

    async def who_answers(self, *, shared: bool = True) -> Worker:
        """The worker that has the rights stage; once both have a share of what comes in."""

        async def found() -> Worker | None:
            self.world.check_workers()
            at_work = [each for each in self.world.workers if each.process.poll() is None]
            shares = [await asyncio.to_thread(_share, each) for each in at_work]
            if shared and not all(share.get("anonymise") for share in shares):
                return None
            theirs = [w for w, share in zip(at_work, shares, strict=True) if share.get("rights")]
            return theirs[0] if len(theirs) == 1 else None

        one = await until(found, "a worker answers", PATIENCE)
        assert one is not None
        return one

    def the_other(self, one: Worker) -> Worker:
        """Of the two that are at work."""
        [other] = [w for w in self.world.workers if w is not one and w.process.poll() is None]
        return other

    def kill(self, *workers: Worker) -> None:
        """`kill -9`; as many start."""
        for each in workers:
            each.kill()
        for _ in workers:
            self.work()

    @asynccontextmanager
    async def lagging(self, seen: Sequence[Visit]) -> AsyncIterator[None]:
        """These are sent, but no worker gets to see them before it ends."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.world.settings.bootstrap,
            transactional_id=unique("collector"),
            transaction_timeout_ms=600_000,
        )
        await producer.start()
        try:
            async with producer.transaction():
                for number, each in enumerate(seen, len(self.sent)):
                    partition, key, value = each.raw(number)
                    await producer.send_and_wait(topics.RAW, value, key, partition=partition)
                self.sent += seen
                self.lagged += seen
                yield
        finally:
            await producer.stop()

    def used(self) -> list[Visit]:
        """What was sent and may be used, by all that people asked for."""
        listed = {*ERASED, *alive("restrict"), *alive("object")}
        lagged = set(self.lagged)
        return [
            each
            for each in self.sent
            if each.person not in listed
            or (each.at_ms < SECOND + 3 * HOUR_MS and each not in lagged)
        ]

    async def expire(self, topic: str) -> None:
        """Let its retention pass: some seconds, for workers may lag behind what is told of time."""
        [spec] = [each for each in topology(self.world.policy) if each.name == topic]
        configs = {**spec.configs, "retention.ms": "20000"}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs)
        await self.world.admin.alter_configs([resource])

    async def of_two_days(self, topic: str) -> list[Stored]:
        """The events of the days that people ask about."""
        return [each for each in await self.log(topic) if day_of(each) in DAYS]

    async def log(self, topic: str) -> list[Stored]:
        """Its records that hold something, each with its place."""
        return [each for each in await self.world.read(topic) if each.value is not None]


def id_of(right: str, who: Person) -> str:
    """Of a request: it says nothing of who asks."""
    return f"{right}-{PEOPLE.index(who):04}"


def _identity(who: Person) -> Identity:
    return Identity(who.address, who.browser)


def name_of(record: Stored) -> str:
    """Who alone opens that page, if anybody."""
    return str(json.loads(record.value or b"")["page"]).split("/")[1]


def day_of(record: Stored) -> str:
    return str(json.loads(record.value or b"")["timestamp"])[:10]


def _visitor(record: Stored) -> bytes:
    return (record.key or b"").partition(b":")[0]


def _share(worker: Worker) -> Mapping[str, Any]:
    """What a worker has; nothing while it starts or restores."""
    try:
        found: Mapping[str, Any] = json.loads(worker.get("/healthz"))["partitions"]
    except OSError:
        return {}
    return found
