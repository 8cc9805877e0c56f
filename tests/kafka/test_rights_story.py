"""A thousand visitors, and ten people for each right: what each was promised is what happens.

Days are some back, so that they are due as soon as the log says so; segments last seconds. The
first day's key is dead when people ask; the other two are the days that they ask about. Workers are
killed at each step that can be held from outside; `tests/pipeline/rights/test_stage.py` crashes at
every transaction.
"""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.commands.run.own_policy import SEGMENT, for_a_run
from quietclicks.commands.signing_key import make_signing_key
from quietclicks.embedded.broker import Broker
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import visitor_identity
from quietclicks.pipeline.sketch import packed
from quietclicks.schemas import topics
from tests.kafka.disk import OFTEN, Traces
from tests.kafka.officers import PATIENCE, officers
from tests.kafka.story import (
    ALIVE,
    DAY_MS,
    DAYS,
    DEAD,
    DEAD_DAY,
    ERASED,
    FIRST,
    HOUR_MS,
    LATE,
    OTHERS,
    PAGES,
    RAW_PARTITIONS,
    SECOND,
    SITE,
    VERBS,
    alive,
    expected,
    late,
    told,
    views,
    visits,
)
from tests.kafka.story_office import COPIES, PARTNER, Story, day_of, id_of, name_of
from tests.kafka.world import KEK, policy_text, until, world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

POLICY = for_a_run(
    policy_text(
        raw_partitions=RAW_PARTITIONS,
        event_partitions=2,
        partials_partitions=1,
        trends_partitions=1,
    )
).replace(f'"{SEGMENT}"', '"3s"')
SEGMENT_MS = 4000  # a little more than what a segment spans


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
    story.work()
    story.work()
    await story.time(DEAD + HOUR_MS)
    await story.browse(visits([*LATE, *OTHERS[:40]], DEAD + 2 * HOUR_MS, PAGES))
    await story.time(DEAD + DAY_MS + HOUR_MS)
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
    mine = {name_of(each): each for each in ours if day_of(each) == DAYS[-1]}
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
    await story.receipt(DEAD_DAY)
    requests = []
    for right in VERBS:
        more: dict[str, Any] = {}
        if right == "rectify":
            more = {"event": f"{'a' * 16}:{'b' * 16}", "changes": {"language": "en"}}
        requests += story.requests(right, late(right), [DEAD_DAY], **more)
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
            id_of("erase", each), lambda each: each.state == "fulfilled"
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
