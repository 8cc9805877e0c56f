"""What a search finds of whom; whom it cannot find it says so, and never calls them searched."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from msgspec.structs import replace

from quietclicks.agents.kafka.committed import Committed, Note
from quietclicks.agents.rights import desk, search
from quietclicks.agents.rights.desk import RightsDesk
from quietclicks.agents.rights.search import Search, Stretch
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.queue import Work
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import BOX_USE, Identity, context, public_of, seal
from quietclicks.pipeline.topology.lifetime import Progress
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Request
from tests.agents.rights.partition import Partition
from tests.agents.rights.test_barrier import COUNTS, ENTRY, RULES, Watch, asked, the_search
from tests.pipeline.rights import desk as office
from tests.pipeline_tools import DAY, FIREFOX, MIDNIGHT, Rec, day_key

START = 5  # of the day's stretch
NOTICE = b'{"reason":"erased","day":"%s"}'


class Log:
    """Each partition as it lies there; `read`: how many records of it."""

    def __init__(self, records: Sequence[Any], size: int = 1) -> None:
        self.records = records
        self.size = size
        self.read = 0
        self.since_ms: dict[str, int] = {}
        self.until_ms: int | None = None

    async def batches(
        self, _: object, topic: str, *__: object, **___: object
    ) -> AsyncIterator[Any]:
        mine = [each for each in self.records if each.topic == topic]
        for at in range(0, len(mine), self.size):
            self.read += len(mine[at : at + self.size])
            yield [
                Rec(START + at + n, MIDNIGHT + at + n, each.key, each.value)
                for n, each in enumerate(mine[at : at + self.size])
            ]

    async def stretch(self, tp: TopicPartition, day: int) -> Stretch:
        return Stretch(START, START + 10, self.until_ms, self.since_ms.get(tp.topic))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = Log(office.events_of(office.WHO, 3))

    async def stretch(_: Search, tp: TopicPartition, day: int) -> Stretch:
        return await made.stretch(tp, day)

    monkeypatch.setattr(search, "batches_to_end", made.batches)
    monkeypatch.setattr(Search, "_stretch", stretch)
    return made


async def found_of(request: Request, where: Search | None = None) -> Any:
    [[found]] = (await (where or the_search(Restrictions())).find([request])).values()
    return found


@pytest.mark.parametrize("address", ["", "shop.example", "999.1.1.1", "198.51.100.7, 8.8.8.8"])
async def test_what_is_no_address_is_nobodys_and_not_called_searched(
    log: Log, address: str
) -> None:
    found = await found_of(asked(who=Identity(address, FIREFOX)))
    assert (found.key, found.opened, log.read) == ("living", False, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"site": "blog.example"},
        {"site": "elsewhere.example"},
        {"id": "request-9"},
        {"verb": "access"},
        {"boxes": {}},
        {"boxes": {office.TODAY: "AAAA"}},
        {"boxes": {office.TODAY: "é"}},
    ],
    ids=str,
)
async def test_a_box_opens_for_what_it_was_sealed_for_alone(log: Log, other: Any) -> None:
    found = await found_of(replace(asked(), **other))
    assert (found.opened, log.read) == (False, 0)


async def test_a_website_that_the_policy_has_not_is_not_searched(log: Log) -> None:
    site, days = "elsewhere.example", (office.TODAY,)
    bound_to = context("request-1", "erase", site, days, office.TODAY)
    public = public_of(office.ring().secret(DAY, BOX_USE))
    box = seal(office.WHO, public, office.EPHEMERAL, bound_to)
    found = await found_of(replace(asked(), site=site, boxes={office.TODAY: box}))
    assert (found.opened, log.read) == (False, 0)


async def test_of_very_many_no_more_is_kept_than_a_bound(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_EVENTS", 2)
    found = await found_of(asked())
    assert (found.number, found.whole) == (3, False)
    assert len(found.matches) == 2 * 2, "of each topic"


async def test_what_was_appended_after_the_day_is_not_read(log: Log) -> None:
    log.until_ms = MIDNIGHT + 1
    found = await found_of(asked())
    assert (found.number, log.read) == (3, 2 * 3)  # the third is the first that is too late
    log.records, log.read = office.events_of(office.WHO, 9), 0
    await found_of(asked())
    assert log.read == 2 * 3


async def test_the_latest_cut_of_all_recipients_is_told(log: Log) -> None:
    log.since_ms = {topics.PSEUDONYMISED: MIDNIGHT + 9, topics.PARTNERS + "adreach": MIDNIGHT}
    assert (await found_of(asked())).since_ms == MIDNIGHT + 9


@pytest.mark.parametrize(
    ("through", "key"), [(NEVER, "living"), (DAY - 1, "living"), (DAY, "destroyed")]
)
async def test_what_is_said_of_a_day_goes_by_its_key(log: Log, through: int, key: str) -> None:
    ring, watch = DayKeys(), Watch(Restrictions())
    ring.put(DAY, day_key(DAY))
    ring.destroy(through)
    here = Search(Settings(), RULES, ring, watch.restrictions, watch, COUNTS)  # type: ignore[arg-type]
    assert (await found_of(asked(), here)).key == key
    ahead = replace(asked(), days=(day_text(DAY + 1),))
    assert (await found_of(ahead, here)).key == "none"


@pytest.mark.parametrize(("act", "makes"), [(True, True), (False, False)])
async def test_the_lists_key_is_made_for_an_act_alone(
    log: Log, act: bool, makes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []

    async def use_key(_: Watch, *, make: bool) -> None:
        made.append(make)

    monkeypatch.setattr(Watch, "use_key", use_key)
    await found_of(replace(asked(), act=act))
    assert made == [makes]


@pytest.mark.parametrize(("first", "since"), [(7, MIDNIGHT + 5), (3, None), (0, None)])
async def test_where_a_day_begins_and_whether_a_cut_has_taken_of_it(
    first: int, since: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = Partition(first)
    partition.serve(monkeypatch)
    tp = TopicPartition(topics.PSEUDONYMISED, 0)
    assert await the_search(Restrictions())._stretch(tp, DAY) == Stretch(7, 9, None, since)
    skew_ms = RULES.time.allowed_skew * 1000
    assert partition.asked_ms == [MIDNIGHT - skew_ms], "an event may be ahead of the broker's clock"


# What the stage is told of the whole


def the_desk(store: Any = None) -> RightsDesk:
    restrictions = Restrictions()
    watch: Any = Watch(restrictions)
    return RightsDesk(Settings(), RULES, office.ring(), store, restrictions, watch, COUNTS)


@pytest.mark.parametrize(
    ("applied", "searched"),
    [(ENTRY, {"request-2": ()}), (ENTRY + 1, {"request-1": (70, 71), "request-2": ()})],
)
async def test_who_is_restricted_waits_for_all_partitions_and_nobody_waits_for_them(
    applied: int, searched: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stage:
        open = (Work(1, 1, asked(), True), Work(2, 2, asked(name="request-2")))

    async def committed(*_: object) -> dict[TopicPartition, Committed]:
        note = Note(0, (), f"[0,0,{applied}]")
        return {TopicPartition(topics.RAW, at): Committed(70 + at, note) for at in range(2)}

    here, wanted = the_desk(), []

    async def find(each: Any) -> None:
        wanted.extend(each)

    monkeypatch.setattr(desk, "committed_offsets", committed)
    monkeypatch.setattr(here, "_find", find)
    monkeypatch.setattr(here, "add_future", lambda made: made)
    stage: Any = Stage()
    await here._begin(stage)
    waiting: Any = here._searching
    await waiting
    assert {each.request.id: each.passed for each in wanted} == searched


async def test_a_day_is_cut_when_every_topic_is_and_off_the_disk_when_the_last_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Keys:
        async def living(self) -> tuple[list[int], int]:
            return [], DAY - 2

    async def cuts(*_: object) -> list[Progress]:
        return [Progress(DAY, {}, 100), Progress(DAY - 1, {}, 900)]

    async def notices(_: object, topic: str, *__: object) -> AsyncIterator[list[Rec]]:
        days = [day_text(DAY - 2), day_text(DAY - 1)]
        yield [Rec(0, 0, day.encode(), NOTICE % day.encode()) for day in days]

    monkeypatch.setattr(desk, "event_cuts", cuts)
    monkeypatch.setattr(desk, "batches_to_end", notices)
    here = the_desk(Keys())
    monkeypatch.setattr(
        here, "_counts", COUNTS | {topics.NOTICES: 1, topics.RESPONSES: 1, topics.RESTRICTIONS: 1}
    )
    seen = await here._seen(False)
    assert (seen.cut, seen.gone_ms, seen.destroyed_through) == (DAY - 1, 900, DAY - 2)
    assert seen.old_notices == [(topics.NOTICES, 0, day_text(DAY - 2).encode())]
