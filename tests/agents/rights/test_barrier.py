"""What another transaction hides: it holds up an answer, and is never taken for nothing found.

Here the broker is a fake that hides like one: what is committed is shown late, and only who asks
for the log's own end waits for it.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition

from quietclicks.agents.kafka.committed import Committed, Note
from quietclicks.agents.rights import desk, search
from quietclicks.agents.rights.desk import RightsDesk
from quietclicks.agents.rights.search import Search, Stretch
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.rights.restrictions import Restrictions, erased_key
from quietclicks.pipeline.rights.sealing import BOX_USE, Identity, context, public_of, seal
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Request, Verb
from tests.agents.rights.partition import Partition
from tests.pipeline.rights import desk as office
from tests.pipeline_tools import DAY, MIDNIGHT, SITE, Rec, policy

RULES = policy()
COUNTS = {
    topics.RAW: 2,
    topics.PSEUDONYMISED: 2,
    topics.PARTNERS + "adreach": 2,
    topics.REQUESTS: 1,
}
ENTRY = 4  # where the list's newest entry stands


class Watch:
    """A list whose newest entry is committed, and shown to nobody yet."""

    def __init__(self, restrictions: Restrictions) -> None:
        self.restrictions = restrictions
        self.restrictions.offset = ENTRY

    async def caught_up(self, *, pending: bool = False) -> None:
        if pending:
            self.restrictions.offset = ENTRY + 1

    async def use_key(self, *, make: bool) -> None:
        self.restrictions.use(office.LIST_KEY)


def asked(verb: Verb = "erase", name: str = "request-1", who: Identity = office.WHO) -> Request:
    public = public_of(office.ring().secret(DAY, BOX_USE))
    days = (office.TODAY,)
    bound_to = context(name, verb, SITE, days, office.TODAY)
    box = seal(who, public, office.EPHEMERAL, bound_to)
    return Request(id=name, verb=verb, site=SITE, days=days, boxes={office.TODAY: box}, act=True)


def the_search(restrictions: Restrictions, rules: Any = RULES) -> Search:
    watch: Any = Watch(restrictions)
    return Search(Settings(), rules, office.ring(), restrictions, watch, COUNTS)


@pytest.mark.parametrize(
    ("applied", "passed"), [((ENTRY, ENTRY), []), ((ENTRY + 1, ENTRY), []), ((5, 5), [70, 71])]
)
async def test_nobody_has_passed_an_entry_that_readers_are_not_shown_yet(
    monkeypatch: pytest.MonkeyPatch, applied: tuple[int, int], passed: list[int]
) -> None:
    restrictions = Restrictions()
    watch: Any = Watch(restrictions)
    store: Any = None
    here = RightsDesk(Settings(), RULES, office.ring(), store, restrictions, watch, COUNTS)

    async def committed(*_: object) -> dict[TopicPartition, Committed]:
        return {
            TopicPartition(topics.RAW, at): Committed(70 + at, Note(0, (), f"[0,0,{each}]"))
            for at, each in enumerate(applied)
        }

    monkeypatch.setattr(desk, "committed_offsets", committed)
    assert list(await here._passed()) == passed


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every record lies behind somebody's open transaction."""
    records = office.events_of(office.WHO, 3)

    async def batches(
        settings: Settings, topic: str, partition: int, *, start: int, pending: bool = False
    ) -> AsyncIterator[list[Rec]]:
        theirs = [each for each in records if each.topic == topic] if pending else []
        yield [Rec(at, MIDNIGHT, each.key, each.value) for at, each in enumerate(theirs)]

    async def stretch(self: Search, tp: TopicPartition, day: int) -> Stretch:
        return Stretch(0, 3, None, None)

    monkeypatch.setattr(search, "batches_to_end", batches)
    monkeypatch.setattr(Search, "_stretch", stretch)


@pytest.mark.usefixtures("hidden")
async def test_a_record_behind_an_open_transaction_is_found() -> None:
    [[found]] = (await the_search(Restrictions()).find([asked()])).values()
    assert (found.day, found.number, len(found.matches)) == (DAY, 3, 6)


async def test_a_day_whose_first_record_is_hidden_is_not_called_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Partition(hides=True).serve(monkeypatch)
    here = the_search(Restrictions())
    tp = TopicPartition(topics.PSEUDONYMISED, 0)
    assert await here._stretch(tp, DAY) == Stretch(7, 9, None, None)


@pytest.mark.usefixtures("hidden")
async def test_who_is_erased_just_now_is_known_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    restrictions = Restrictions()
    restrictions.use(office.LIST_KEY)

    async def caught_up(self: Watch, *, pending: bool = False) -> None:
        if pending:
            name = restrictions.name(SITE, office.WHO.address, office.WHO.user_agent)
            restrictions.take(Rec(ENTRY, 0, erased_key(name, DAY), b"{}"))

    monkeypatch.setattr(Watch, "caught_up", caught_up)
    [[found]] = (await the_search(restrictions).find([asked("access")])).values()
    assert found.erased


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("less", [{"sites": ()}, {"fields": ("id", "page")}])
async def test_what_a_partner_got_is_found_though_it_gets_it_no_more(less: Any) -> None:
    partner = msgspec.structs.replace(RULES.partners["adreach"], **less)
    rules = msgspec.structs.replace(RULES, partners={"adreach": partner})
    [[found]] = (await the_search(Restrictions(), rules).find([asked()])).values()
    assert {each.topic for each in found.matches} == {*COUNTS} - {topics.RAW, topics.REQUESTS}
