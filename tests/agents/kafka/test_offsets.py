"""How far the stages are, and what is moved: a lost place, and nothing else."""

import asyncio
from collections.abc import Mapping

import pytest
from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.offsets import Place, forget, places, reset
from quietclicks.agents.kafka.stages import ANONYMISE, RELEASE
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.schemas import topics
from tests.access_tools import Roles

GROUP = "quietclicks.anonymise"


def write(settings: Settings, topic: str, partition: int, number: int) -> None:
    async def send() -> None:
        producer = clients.producer(settings)
        await clients.start(producer, settings)
        for _ in range(number):
            await producer.send_and_wait(topic, b"{}", key=b"k", partition=partition)
        await clients.stop(producer)

    asyncio.run(send())


def commit(settings: Settings, group: str, topic: str, offsets: Mapping[int, int]) -> None:
    with administration(settings) as client:
        client.alter_group_offsets(
            group,
            {
                TopicPartition(topic, number): OffsetAndMetadata(offset, "m", None)
                for number, offset in offsets.items()
            },
        )


def cut(settings: Settings, topic: str, partition: int, offset: int) -> None:
    with administration(settings) as client:
        client.delete_records({TopicPartition(topic, partition): offset})


def told(roles: Roles, user: str = "operator") -> list[str]:
    return [str(each) for each in places(roles.settings(user))]


@pytest.mark.parametrize(
    ("committed", "first", "end", "lost", "words"),
    [
        (None, 0, 0, False, "nothing committed, of 0 to 0"),
        (None, 3, 7, False, "nothing committed, of 3 to 7"),
        (3, 3, 7, False, "3 of 7, 4 behind"),
        (7, 3, 7, False, "7 of 7, 0 behind"),
        (2, 3, 7, True, "LOST: 2 to 2 were deleted before they were processed"),
        (8, 3, 7, True, "LOST: 8 is committed, and the log ends at 7"),
        (0, 0, 0, False, "0 of 0, 0 behind"),
    ],
)
def test_what_is_lost(committed: int | None, first: int, end: int, lost: bool, words: str) -> None:
    place = Place(ANONYMISE, "t", 1, committed, first, end)
    assert place.is_lost == lost
    assert str(place) == f"anonymise: t[1]: {words}"


def test_only_what_is_lost_is_moved(fresh: Roles) -> None:
    worker = fresh.settings("worker")
    write(fresh.admin, topics.RAW, 0, 5)
    write(fresh.admin, topics.RAW, 1, 5)
    assert told(fresh) == [
        "anonymise: clickstream.raw[0]: nothing committed, of 0 to 5",
        "anonymise: clickstream.raw[1]: nothing committed, of 0 to 5",
        "release: internal.partials[0]: nothing committed, of 0 to 0",
        "rights: privacy.requests[0]: nothing committed, of 0 to 0",
    ]
    commit(worker, GROUP, topics.RAW, {0: 2, 1: 2})
    with pytest.raises(Failure, match=r"no place of quietclicks\.anonymise is lost"):
        reset(worker, ANONYMISE, yes=True)
    cut(fresh.admin, topics.RAW, 1, 4)
    before = told(fresh)
    assert before[:2] == [
        "anonymise: clickstream.raw[0]: 2 of 5, 3 behind",
        "anonymise: clickstream.raw[1]: LOST: 2 to 3 were deleted before they were processed",
    ]
    with pytest.raises(UsageError, match=r"say --yes to go on .*raw\[1\]: LOST") as raised:
        reset(worker, ANONYMISE, yes=False)
    assert "raw[0]" not in str(raised.value)
    assert told(fresh) == before
    [moved] = reset(worker, ANONYMISE, yes=True)
    assert (moved.partition, moved.first) == (1, 4)
    assert told(fresh)[:2] == [before[0], "anonymise: clickstream.raw[1]: 4 of 5, 1 behind"]
    with administration(worker) as client:
        found = client.list_group_offsets(GROUP)[GROUP]
    assert found[TopicPartition(topics.RAW, 0)].metadata == "m", "what is not moved stays whole"
    assert found[TopicPartition(topics.RAW, 1)].metadata == ""


def test_past_the_end_is_lost_too(fresh: Roles) -> None:
    commit(fresh.settings("worker"), "quietclicks.release", topics.PARTIALS, {0: 9})
    [moved] = reset(fresh.settings("worker"), RELEASE, yes=True)
    assert moved.words == "LOST: 9 is committed, and the log ends at 0"
    assert told(fresh)[-2] == "release: internal.partials[0]: 0 of 0, 0 behind"


async def test_nothing_is_moved_while_a_worker_runs(fresh: Roles) -> None:
    worker = fresh.settings("worker")
    member = clients.consumer(worker, topics.RAW, group_id=GROUP)
    await clients.start(member, worker)
    try:
        await member.getmany(timeout_ms=100)
        for attempt in (
            lambda: reset(worker, ANONYMISE, True),
            lambda: forget(fresh.admin, True),
        ):
            with pytest.raises(Failure, match=r"has 1 member\(s\): stop all workers first"):
                await asyncio.to_thread(attempt)
    finally:
        await clients.stop(member)


@pytest.mark.parametrize(
    "user", ["collector", "analyst", "dashboard", "mirror", "dpo", "inspector"]
)
def test_who_may_not_look(fresh: Roles, user: str) -> None:
    with pytest.raises(Failure, match="no right to"):
        told(fresh, user)


def test_who_looks_may_not_move(fresh: Roles) -> None:
    write(fresh.admin, topics.RAW, 0, 2)
    commit(fresh.settings("worker"), GROUP, topics.RAW, {0: 0})
    cut(fresh.admin, topics.RAW, 0, 1)
    before = told(fresh)
    with pytest.raises(Failure, match=f"no right to the group {GROUP}: see"):
        reset(fresh.settings("operator"), ANONYMISE, yes=True)
    assert told(fresh) == before


def test_begin_anew_after_the_state_is_lost(fresh: Roles) -> None:
    write(fresh.admin, topics.RAW, 0, 3)
    write(fresh.admin, topics.CELLS, 0, 1)
    commit(fresh.admin, GROUP, topics.RAW, {0: 2})
    with pytest.raises(Failure, match=r"internal\.cells holds records: delete it"):
        forget(fresh.admin, yes=True)
    cut(fresh.admin, topics.CELLS, 0, 1)
    commit(fresh.admin, "quietclicks.rights", topics.REQUESTS, {0: 0})
    before = told(fresh)
    with pytest.raises(UsageError, match=r"say --yes to delete 3 records of clickstream\.raw"):
        forget(fresh.admin, yes=False)
    with pytest.raises(Failure, match="no right to"):
        forget(fresh.settings("worker"), yes=True)
    assert told(fresh) == before
    assert forget(fresh.admin, yes=True)[0] == "3 records of clickstream.raw"
    assert told(fresh)[0] == "anonymise: clickstream.raw[0]: nothing committed, of 3 to 3"
    # Its commits speak of privacy.restrictions, which may have had to be made anew.
    assert told(fresh)[-1] == "rights: privacy.requests[0]: nothing committed, of 0 to 0"
    assert forget(fresh.admin, yes=True)[0] == "0 records of clickstream.raw", "twice harms nothing"
