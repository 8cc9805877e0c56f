"""A thousand visitors, and ten people for each right: what each was promised is what happens.

Days are some back, so that they are due as soon as the log says so; segments last seconds. The
first day's key is dead when people ask; the other two are the days that they ask about. Workers are
killed at each step that can be held from outside; `tests/pipeline/rights/test_stage.py` crashes at
every transaction.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from msgspec.structs import replace

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.keys.destroy import event_cuts
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.commands.rights.person import Asked, verifier
from quietclicks.commands.run.own_policy import SEGMENT, for_a_run
from quietclicks.commands.signing_key import make_signing_key
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import KeyDestroyed
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import visitor_identity
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.pipeline.sketch import packed
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Request, Verb
from tests.kafka.disk import OFTEN
from tests.kafka.officers import PATIENCE, Officers, officers
from tests.kafka.story import (
    DAY_MS,
    HOUR_MS,
    RAW_PARTITIONS,
    SITE,
    Person,
    Visit,
    expected,
    person,
    ten,
    told,
    views,
    visits,
)
from tests.kafka.test_rights import Office
from tests.kafka.world import KEK, Worker, policy_text, until, world
from tests.kafka_tools import Stored, produce, unique

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

POLICY = for_a_run(
    policy_text(
        raw_partitions=RAW_PARTITIONS,
        event_partitions=2,
        partials_partitions=1,
        trends_partitions=1,
    )
).replace(f'"{SEGMENT}"', '"3s"')
PARTNER = topics.PARTNERS + "adreach"
COPIES = (topics.PSEUDONYMISED, PARTNER)
VISITORS = 1000
SEGMENT_MS = 4000  # a little more than what a segment spans
SESSION = {"QUIETCLICKS_SESSION_SECONDS": "6"}  # the shortest that an operator may set
DEAD = (int(time.time() * 1000) // DAY_MS - 9) * DAY_MS
# Between them a day on which nobody comes: when the second one begins, the dead one is due.
FIRST, SECOND = DEAD + 2 * DAY_MS, DEAD + 3 * DAY_MS
DAYS = tuple(day_text(each // DAY_MS) for each in (FIRST, SECOND))

VERBS: tuple[Verb, ...] = (
    *("access", "portability", "rectify"),
    *("erase", "restrict", "object", "lift"),
)
RIGHTS = (*VERBS, "refuse")
ROLES = {right: ten(right, number * 10) for number, right in enumerate(RIGHTS)}
OTHERS = [person(number) for number in range(len(RIGHTS) * 10, VISITORS)]
PEOPLE = [*(each for people in ROLES.values() for each in people), *OTHERS]
PAGES = ("/sale", "/hats")


def late(right: str) -> list[Person]:
    """Those of ten whose day's key is dead: they were there on that day alone."""
    return ROLES[right][2:4]


def alive(right: str) -> list[Person]:
    """The others."""
    return [each for each in ROLES[right] if each not in late(right)]


LATE = [each for right in RIGHTS for each in late(right)]
ALIVE = [each for each in PEOPLE if each not in LATE]
ERASED = alive("erase")


class Story(Office):
    """An office with a copy of what it sent."""

    sent: list[Visit]
    lagged: list[Visit]
    officers: Officers
    traces: "Traces"
    at_ms: int  # what the log was told last

    def work(self) -> None:
        self.world.work(**self._signing, **SESSION)

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
            Asked(verb, _id(right or verb, who), SITE, tuple(days), _identity(who))
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
        """Let its retention pass."""
        [spec] = [each for each in topology(self.world.policy) if each.name == topic]
        configs = {**spec.configs, "retention.ms": "1000"}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs)
        await self.world.admin.alter_configs([resource])

    async def of_two_days(self, topic: str) -> list[Stored]:
        """The events of the days that people ask about."""
        return [each for each in await self.log(topic) if _day(each) in DAYS]

    async def log(self, topic: str) -> list[Stored]:
        """Its records that hold something, each with its place."""
        return [each for each in await self.world.read(topic) if each.value is not None]


def _id(right: str, who: Person) -> str:
    """Of a request: it says nothing of who asks."""
    return f"{right}-{PEOPLE.index(who):04}"


def _identity(who: Person) -> Identity:
    return Identity(who.address, who.browser)


def _name(record: Stored) -> str:
    """Who alone opens that page, if anybody."""
    return str(json.loads(record.value or b"")["page"]).split("/")[1]


def _day(record: Stored) -> str:
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


class Traces:
    """What of people may stand in a file, by kind; and where it does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"
        self._kinds: dict[str, set[bytes]] = {}

    async def add(self, kinds: Mapping[str, Iterable[bytes]]) -> None:
        """All of them stand somewhere now: else that they are gone would tell nothing."""
        self._kinds |= {kind: set(each) for kind, each in kinds.items()}
        there = {trace for _, trace in await self.found()}
        for kind in kinds:
            assert self._kinds[kind], kind
            assert self._kinds[kind] <= there, f"{kind}: not all of them are in a file"

    async def found(self) -> set[tuple[str, bytes]]:
        """Where, and which."""
        return await asyncio.to_thread(lambda: set(self._found()))

    def _found(self) -> Iterator[tuple[str, bytes]]:
        wanted = list(chain.from_iterable(self._kinds.values()))
        for file in self._folder.rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # deleted just now
                if file.is_file():
                    content = file.read_bytes()
                    yield from (
                        (f"{file.parent.name}/{file.name}", t) for t in wanted if t in content
                    )

    def named(self, found: Iterable[tuple[str, bytes]]) -> str:
        """For a person who reads why a test has failed."""
        kinds = {trace: kind for kind, traces in self._kinds.items() for trace in traces}
        return ", ".join(sorted({f"{place}: {kinds[trace]}" for place, trace in found}))


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    key_file = tmp_path / "signing.key"
    verifier_key = make_signing_key("shop.example/audit", key_file)
    properties = {
        **OFTEN,
        "group.min.session.timeout.ms": "1000",
        "log.index.size.max.bytes": "65536",  # not 10 MiB of nothing, in which to look for traces
    }
    with Broker.start(properties=properties, progress=lambda _: None) as broker:
        async with (
            world(tmp_path, POLICY, broker) as made,
            officers(made, made.settings) as at_work,
        ):
            told_of = Story(made, key_file, str(verifier_key))
            told_of.sent, told_of.lagged = [], []
            told_of.officers, told_of.traces = at_work, Traces(broker.data_dir)
            yield told_of


async def test_what_each_was_promised_is_what_happens(story: Story) -> None:
    await three_days(story)
    await what_is_there_is_told(story)
    await left_out_and_nobody_else(story)
    await too_late(story)
    await counted(story)
    await the_deadline(story)


async def three_days(story: Story) -> None:
    """Lived through, and the first day is due: its key dies while people begin to ask."""
    await story.time(DEAD + HOUR_MS)
    await story.browse(visits([*LATE, *OTHERS[:40]], DEAD + 2 * HOUR_MS, PAGES))
    await story.time(DEAD + DAY_MS + HOUR_MS)
    story.work()
    story.work()
    # What comes next is to share no segment with the dead day: else it goes with it.
    await story.is_closed(DEAD, SEGMENT_MS)
    for day in (FIRST, SECOND):
        await story.time(day + HOUR_MS)
        await story.browse(visits(ALIVE, day + 2 * HOUR_MS, PAGES))
    await story.processed()
    await story.box(DAYS[-1])


async def what_is_there_is_told(story: Story) -> None:
    """To each the whole of theirs and nothing of anybody else's, though nobody is left at first."""
    ours = await story.log(topics.PSEUDONYMISED)
    mine = {_name(each): each for each in ours if _day(each) == DAYS[-1]}
    keys = {who: (mine[who.name].key or b"").decode() for who in alive("rectify")}
    requests = [
        *story.requests("access", alive("access")),
        *story.requests("portability", alive("portability")),
        *chain.from_iterable(
            story.requests("rectify", [who], event=key, changes={"language": "en"})
            for who, key in keys.items()
        ),
        *story.requests("erase", alive("refuse"), right="refuse", act=False),
    ]
    one = await story.who_answers()
    one.process.send_signal(signal.SIGSTOP)
    asking = asyncio.create_task(story.officers.ask(requests))
    await until(lambda: _are_asked(story, len(requests)), "all have asked", PATIENCE)
    boxes = chain.from_iterable(each.boxes.values() for each in requests)
    await story.traces.add({"box": [each.encode() for each in boxes]})
    story.kill(one)
    answers = await asking
    eight = len(keys)
    given, corrected, opened = answers[: 2 * eight], answers[2 * eight : -eight], answers[-eight:]

    assert {each.state for each in given} == {"fulfilled"}
    for who, answer in zip([*alive("access"), *alive("portability")], given, strict=True):
        files = story.officers.files(answer)
        theirs = [each for each in story.sent if each.person == who]
        assert told(files["events.ndjson"].splitlines()) == expected(theirs)
        partners = files["partners/adreach.ndjson"].splitlines()
        assert told(partners) == expected(theirs, has_language=False)
        assert ("report.html" in files) == (answer.verb == "access")
    await story.officers.fetched(given)

    assert {each.state for each in corrected} == {"fulfilled"}
    notices = {each.key: json.loads(each.value or b"") for each in await story.log(topics.NOTICES)}
    assert notices == {
        mine[who.name].key: {
            "reason": "corrected",
            "day": DAYS[-1],
            "event": {**json.loads(mine[who.name].value or b""), "language": "en"},
        }
        for who in keys
    }
    told_too = await story.log(topics.notices_of(PARTNER))
    pages = Counter(json.loads(each.value or b"")["event"]["page"] for each in told_too)
    assert pages == {f"/{who.name}/start": 1 for who in keys}

    # What is open and then refused stays refused, with the officer's words.
    assert {each.state for each in opened} == {"open"}
    why = {"ground": "others_rights", "words": "Several people use this connection."}
    refused = await story.officers.ask(
        story.requests("erase", alive("refuse"), right="refuse", act=False, **why)
    )
    for answer in refused:
        assert (answer.state, answer.ground, answer.words) == ("denied", *why.values())


async def _are_asked(story: Story, number: int) -> bool:
    return len(await story.log(topics.REQUESTS)) == number


async def left_out_and_nobody_else(story: Story) -> None:
    """Erased, restricted, objected: from the answer on no visit of theirs is used, whoever dies.

    All others' events, and all numbers, are where they were.
    """
    before = {topic: await story.of_two_days(topic) for topic in COPIES}
    before |= {topic: await story.log(topic) for topic in topics.PUBLISHED}
    async with story.lagging(visits([ERASED[2], *OTHERS[:5]], SECOND + HOUR_MS * 5 // 2, PAGES)):
        await listed(story)

    # Everybody comes again, and what lagged behind comes at last.
    await story.browse(visits(ALIVE, SECOND + 3 * HOUR_MS, PAGES))
    await story.time(SECOND + 6 * HOUR_MS)
    await story.processed()
    for topic, records in before.items():
        now = set(await story.log(topic))
        assert now >= set(records), f"{topic}: records of before are as they were"
    used = story.used()
    await story.holds_what_was_sent([each for each in used if each.day in DAYS])
    entries = [json.loads(each.value or b"") for each in await story.log(topics.REJECTED)]
    reasons = Counter(each["reason"] for each in entries)
    assert reasons == {"restricted": len(story.sent) - len(used)}


async def listed(story: Story) -> None:
    """Erased, restricted or objected; and of that some is taken back."""
    earlier = {topic: await story.log(topics.notices_of(topic)) for topic in COPIES}
    erasures = story.requests("erase", ERASED)
    wanted = [
        *erasures,
        *story.requests("restrict", alive("restrict")),
        *story.requests("object", alive("object")),
        *story.requests("restrict", alive("lift"), right="listed"),
    ]
    one = await story.who_answers()
    other = story.the_other(one)
    # It has a share of what comes in, so nobody can say yet that all go by the list.
    other.process.send_signal(signal.SIGSTOP)
    asking = asyncio.create_task(story.officers.ask([*wanted, *erasures]))
    await story.officers.answer(wanted[0].id, lambda each: each.step == "restricted")
    story.kill(one, other)
    one = await story.who_answers(shared=False)
    await story.officers.noticed(each.id for each in erasures)
    story.kill(one)
    answers = await asking
    erased, others = answers[: len(erasures)], answers[len(erasures) : len(wanted)]
    assert {(each.state, each.step) for each in erased} == {("in_progress", "noticed")}
    assert {each.state for each in others} == {"fulfilled"}
    assert None not in {each.until for each in others}

    copy = story.requests("access", ERASED[:1])
    lifts = story.requests("lift", alive("lift"))
    refused, *answers = await story.officers.ask([*copy, *erasures, *lifts])
    assert (refused.state, refused.reason) == ("denied", "other")
    again, lifted = answers[: len(erasures)], answers[len(erasures) :]
    assert again == [replace(each, retold=True) for each in erased]
    assert {(each.state, each.until) for each in lifted} == {("fulfilled", None)}
    await remember(story, await story.are_noticed(earlier))


async def remember(story: Story, pseudonyms: Iterable[bytes]) -> None:
    """All that could tell that somebody erased was there, while it is."""
    days = tuple(f"/{each}".encode() for each in DAYS)
    listed = [each.key or b"" for each in await story.log(topics.RESTRICTIONS)]
    names = {key for key in listed if key.endswith(days)}
    assert len(names) == len(ERASED) * len(DAYS)
    keys = (await read_keys(story.world.settings)).living
    await story.traces.add(
        {
            "pseudonym": pseudonyms,
            "page": [each.name.encode() for each in ERASED],
            "address": [f'"{each.address}"'.encode() for each in ERASED],
            "entry of the list": names,
            "number in the counts": _numbers(keys[SECOND // DAY_MS].sealed),
            "key": [keys[each // DAY_MS].sealed for each in (FIRST, SECOND)],
        }
    )


def _numbers(sealed: bytes) -> Iterator[bytes]:
    """What tells them apart in the counts of the second day: with the first these have closed."""
    ring = DayKeys()
    ring.put(SECOND // DAY_MS, Wrapping([KEK]).unwrap(DAYS[-1], sealed))
    numberer = ring.of(SECOND // DAY_MS, SITE, []).trends
    for who in ERASED:
        whole = visitor_identity(packed_address(who.address), who.browser)
        yield from (packed([each]) for each in numberer.numbers(whole))


async def too_late(story: Story) -> None:
    """Whose day's key is dead is told so, with the receipt, whatever they ask."""
    day = day_text(DEAD // DAY_MS)
    await story.receipt(day)
    requests = []
    for right in VERBS:
        more: dict[str, Any] = {}
        if right == "rectify":
            more = {"event": f"{'a' * 16}:{'b' * 16}", "changes": {"language": "en"}}
        requests += story.requests(right, late(right), [day], **more)
    for answer in await story.officers.ask(requests):
        assert (answer.state, answer.reason) == ("denied", "key_destroyed")
        assert all(each.receipt for each in answer.days)


async def counted(story: Story) -> None:
    """Each hour's number is that of the visits that may be used."""
    until_ms = SECOND + 5 * HOUR_MS
    await story.world.all_released()
    hours = {
        each.start[:13]: each.views
        for each in await story.world.trends()
        if each.window == "PT1H" and each.site == SITE
    }
    assert hours == views(each for each in story.used() if each.at_ms < until_ms)


async def the_deadline(story: Story) -> None:
    """The days are due: nothing of them is left, in no topic and in no file."""
    await story.time(SECOND + 96 * HOUR_MS)
    await story.is_cut(SECOND)
    story.kill(await story.who_answers())
    for each in ERASED:
        closed = await story.officers.answer(
            _id("erase", each), lambda each: each.state == "fulfilled"
        )
        assert {day.state for day in closed.days} == {"fulfilled"}
    for topic in COPIES:
        assert await story.log(topic) == []

    # What arrived ends by its own 24 hours, which are let pass at once here.
    await story.expire(topics.RAW)
    left: set[tuple[str, bytes]] = set()

    async def gone() -> bool:
        nonlocal left
        story.world.check_workers()
        await story.time(story.at_ms + HOUR_MS)  # it goes on: a segment closes when more is written
        left = await story.traces.found()
        return not left

    try:
        await until(gone, "nothing of who is erased is in any file of the broker", PATIENCE)
    except AssertionError as error:
        raise AssertionError(f"{error}: {story.traces.named(left)}") from None
