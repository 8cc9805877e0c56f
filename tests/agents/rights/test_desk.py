"""Searches run beside the stage: they hold nothing up, say how far they are, and stop no other."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from quietclicks.agents.rights import desk, search
from quietclicks.agents.rights.desk import RightsDesk
from quietclicks.agents.rights.search import Search, Stretch
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.rights.answers import Found
from quietclicks.pipeline.rights.looked_up import Searched
from quietclicks.pipeline.rights.queue import Work
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Request
from tests.agents.rights.test_barrier import COUNTS, RULES, Watch, asked, the_search
from tests.pipeline.rights import desk as office
from tests.pipeline_tools import DAY, Rec, day_key

OTHER = Identity("203.0.113.3", "Another browser")  # on other partitions than WHO, by both topics
NOT_YET, ANSWERED = 0.0, 60.0  # how long the stage waits for a search here


class Stage:
    """Two requests, and what the stage hears of them."""

    has_found = False

    def __init__(self) -> None:
        self.open = [Work(at, at, asked(name=f"request-{at}")) for at in (1, 2)]
        self.got: list[str] = []
        self.told: list[tuple[Sequence[str], int]] = []

    def found(self, searched: Sequence[Searched]) -> None:
        self.got += [each.request.id for each in searched]
        self.open = [each for each in self.open if each.request.id not in self.got]

    def searching(self, requests: Sequence[str], percent: int) -> None:
        self.told.append((requests, percent))

    def restore(self, records: object) -> None:
        """Nothing was answered before."""


class Keys:
    """What the ring gets when it is asked for: nothing but what it has."""

    async def living(self) -> tuple[list[int], int]:
        return [], -1


class Slow:
    """A search that ends when it may, without those that cannot be answered."""

    share = 0.4

    def __init__(self, stuck: Sequence[str] = ()) -> None:
        self.may_end = asyncio.Event()
        self.stuck = stuck
        self.cancelled = False

    async def find(self, requests: Sequence[Request]) -> dict[str, list[Found]]:
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if len(self.stuck) > 1:
            raise Failure("the broker hands out nothing more")
        return {each.id: [] for each in requests if each.id not in self.stuck}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> RightsDesk:
    restrictions = Restrictions()
    watch: Any = Watch(restrictions)
    store: Any = Keys()
    made = RightsDesk(Settings(), RULES, office.ring(), store, restrictions, watch, COUNTS)
    made._next_house = float("inf")
    monkeypatch.setattr(desk, "TELL_SECONDS", 0.0)
    return made


async def look(here: RightsDesk, stage: Any, seconds: float, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk, "LOOK_SECONDS", seconds)
    await here.look(stage)


async def test_a_long_search_holds_nothing_up_and_says_how_far_it_is(
    here: RightsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, slow = Stage(), Slow()
    monkeypatch.setattr(here, "_search", slow)
    await look(here, stage, NOT_YET, monkeypatch)
    assert (stage.got, stage.told) == ([], [(["request-1", "request-2"], 40)])
    slow.may_end.set()
    await look(here, stage, ANSWERED, monkeypatch)
    assert stage.got == ["request-1", "request-2"]
    assert len(stage.told) == 1


async def test_a_day_is_not_called_empty_since_another_worker_made_its_key(
    here: RightsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = DayKeys()
    restrictions = Restrictions()
    watch: Any = Watch(restrictions)

    async def living() -> None:
        ring.put(DAY, day_key(DAY))

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(here._store, "living", living)
    monkeypatch.setattr(
        here, "_search", Search(Settings(), RULES, ring, restrictions, watch, COUNTS)
    )
    monkeypatch.setattr(Search, "_stretch", nothing)
    await here._find([Searched(asked(), False, [])])
    [searched] = here._found
    assert [each.key for each in searched.found] == ["living"]


@pytest.mark.parametrize("stuck", [["request-1"], ["request-1", "both, since it is given up"]])
async def test_what_could_not_be_answered_waits_behind_the_others(
    here: RightsDesk, monkeypatch: pytest.MonkeyPatch, stuck: list[str]
) -> None:
    stage, slow = Stage(), Slow(stuck)
    slow.may_end.set()
    monkeypatch.setattr(here, "_search", slow)
    monkeypatch.setattr(desk, "TOGETHER", 1)
    await look(here, stage, ANSWERED, monkeypatch)
    assert stage.got == []
    slow.stuck = ["request-1"]
    await look(here, stage, ANSWERED, monkeypatch)
    assert stage.got == ["request-2"]


async def test_who_takes_the_stage_over_is_given_nothing_of_an_earlier_search(
    here: RightsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, slow = Stage(), Slow()
    monkeypatch.setattr(here, "_search", slow)
    await look(here, stage, NOT_YET, monkeypatch)

    async def nothing(*_: object) -> AsyncIterator[list[Rec]]:
        yield []

    monkeypatch.setattr(desk, "batches_to_end", nothing)
    next_owner: Any = Stage()
    await here.prepare(next_owner)
    assert here._searching is None
    await asyncio.sleep(0)  # what was cancelled hears of it
    assert slow.cancelled


async def test_notices_of_a_dead_day_are_looked_for_by_each_who_has_the_stage(
    here: RightsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looked before may have been given back before it wrote."""
    key = office.events_of(office.WHO, 1)[0].key
    notice = json.dumps({"reason": "erased", "day": office.TODAY}).encode()

    async def batches(_: object, topic: str, *__: object) -> AsyncIterator[list[Rec]]:
        yield [Rec(0, 0, key, notice)] if topic == topics.NOTICES else []

    monkeypatch.setattr(desk, "batches_to_end", batches)
    monkeypatch.setattr(here, "_counts", {topics.NOTICES: 1})
    assert await here._old_notices(DAY) == [(topics.NOTICES, 0, key)]
    assert await here._old_notices(DAY) == []
    next_owner: Any = Stage()
    await here.prepare(next_owner)
    assert await here._old_notices(DAY) == [(topics.NOTICES, 0, key)]


async def test_a_partition_that_is_silent_holds_up_only_who_is_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = asked(name="request-1"), asked(name="request-2", who=OTHER)
    read: list[tuple[str, int]] = []

    async def batches(
        settings: Settings, topic: str, partition: int, *, start: int, pending: bool
    ) -> AsyncIterator[list[Rec]]:
        read.append((topic, partition))
        if len(read) == 1:
            raise Failure("the broker hands out nothing more")
        yield []

    async def stretch(self: Search, *_: object) -> Stretch:
        return Stretch(0, 3, None, None)

    monkeypatch.setattr(search, "batches_to_end", batches)
    monkeypatch.setattr(Search, "_stretch", stretch)
    found = await the_search(Restrictions()).find([one, other])
    assert list(found) == ["request-2"]
    assert len(set(read)) == len(read) == 4


async def test_people_on_one_partition_are_found_in_one_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = office.events_of(office.WHO, 3)
    read: list[tuple[str, int]] = []

    async def batches(
        settings: Settings, topic: str, partition: int, *, start: int, pending: bool
    ) -> AsyncIterator[list[Rec]]:
        read.append((topic, partition))
        yield [Rec(at, 0, each.key, each.value) for at, each in enumerate(log)]

    async def stretch(self: Search, *_: object) -> Stretch:
        return Stretch(0, 6, None, 1000)

    monkeypatch.setattr(search, "batches_to_end", batches)
    monkeypatch.setattr(Search, "_stretch", stretch)
    asked_for = [asked("access", "request-1"), asked("erase", "request-2")]
    found = await the_search(Restrictions()).find(asked_for)
    assert [(each.day, each.number, each.since_ms) for [each] in found.values()] == [
        (DAY, 3, 1000)
    ] * 2
    assert len(read) == 2
