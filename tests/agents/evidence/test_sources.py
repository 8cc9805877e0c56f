"""What others have written and done, as the log tells it: windows, audits, workers, drift."""

import asyncio
import base64
import json
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from quietclicks.agents.evidence import look as look_module
from quietclicks.agents.evidence import presence
from quietclicks.agents.evidence.audit_log import read_log, write_on
from quietclicks.agents.evidence.presence import Presence
from quietclicks.agents.kafka.committed import Note
from quietclicks.agents.kafka.stages import RELEASE, group_of
from quietclicks.agents.kafka.topics import plan
from quietclicks.agents.keys.rewrap import rewrap
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.pipeline.evidence import windows as windows_module
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import (
    Audit,
    Body,
    Drift,
    KeyMade,
    KeysRewrapped,
    PolicyInForce,
    WindowReleased,
    Withheld,
    Workers,
)
from quietclicks.pipeline.evidence.told import number_of
from quietclicks.pipeline.evidence.window_hash import Name, window_hash
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.metadata import CommitMetadata
from quietclicks.pipeline.release.withheld import Withheld as WithheldDays
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.agents.evidence.conftest import POLICY
from tests.kafka_tools import create_topics, produce, read_all, unique
from tests.pipeline.evidence.test_windows import DAY, key
from tests.runner_tools import until


async def write(settings: Settings, said: list[str] | None = None) -> list[Body]:
    """A round of a worker that has just started, and all that the log says then."""
    wrapping = Wrapping(key_encryption_keys(settings))
    say = (said if said is not None else []).append
    await write_on(settings, POLICY, wrapping, [], say=say)
    return [decode(each).body for each in (await read_log(settings, pending=True)).entries]


async def release_until(
    settings: Settings, hour: int, withheld: WithheldDays | None = None
) -> None:
    """As the release stage commits it, on each of its partitions."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=group_of(settings, RELEASE),
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        tps = [
            TopicPartition(topics.PARTIALS, number)
            for number in range(POLICY.topics.partials_partitions)
        ]
        consumer.assign(tps)
        memo = Note(1, (), CommitMetadata(0, hour, 0, [hour], withheld).encode()).encode()
        await consumer.commit({tp: OffsetAndMetadata(0, memo) for tp in tps})
    finally:
        await consumer.stop()


def trends(topic: str, *names: Name) -> list[tuple[str, bytes, bytes]]:
    return [(topic, key(name, page), b'{"views":20}') for name in names for page in ("/", "/a")]


async def publish(settings: Settings, records: list[tuple[str, bytes, bytes]]) -> None:
    for number, (topic, name, value) in enumerate(records):
        await produce(settings.bootstrap, topic, [(number % 2, name, value)])


def windows_of(bodies: list[Body]) -> list[WindowReleased]:
    return [each for each in bodies if isinstance(each, WindowReleased)]


async def test_windows_that_are_out_with_what_was_published_of_them(
    own_log: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows_module, "MAX_WINDOWS", 7)  # several transactions
    hours = [Name(DAY * 24 + number, False) for number in range(1, 26)]
    pages, totals = topics.PUBLISHED
    early = [*trends(pages, hours[2]), *trends(totals, hours[2], hours[24])]
    await publish(own_log, early)
    assert not windows_of(await write(own_log))
    await release_until(own_log, DAY * 24 + 5)
    told = windows_of(await write(own_log))
    assert [each.records for each in told] == [0, 0, 4, 0, 0]
    assert told[2].hash == window_hash([each for each in early if each[1] in by(hours[2])])
    assert windows_of(await write(own_log)) == told

    late = [*trends(pages, hours[23], Name((DAY + 1) * 24, True), hours[24])]
    await publish(own_log, late)
    await release_until(own_log, DAY * 24 + 25)
    told = windows_of(await write(own_log))
    assert [each.records for each in told] == [0, 0, 4, *[0] * 20, 2, 2, 4]
    assert [each.window for each in told] == ["PT1H"] * 24 + ["P1D", "PT1H"]
    assert told[-1].hash == window_hash([each for each in early + late if each[1] in by(hours[24])])
    assert windows_of(await write(own_log)) == told


def by(name: Name) -> set[bytes]:
    return {key(name, page) for page in ("/", "/a")}


async def test_what_is_withheld_of_a_day_is_told_with_its_window(own_log: Settings) -> None:
    each = WithheldDays(DAY, {DAY: 30, DAY + 1: 10})
    await publish(own_log, trends(topics.PUBLISHED[0], Name(DAY * 24 + 1, False)))
    await release_until(own_log, (DAY + 1) * 24 + 5, each)
    for _ in range(2):
        told = [each for each in await write(own_log) if isinstance(each, Withheld)]
        [only] = told
        number = 30 * POLICY.topics.partials_partitions
        assert (number_of(only.day), only.views_about, only.nearest) == (DAY, number, 10)


async def test_a_window_waits_for_a_transaction_that_is_being_ended(own_log: Settings) -> None:
    """Its offset is committed a moment before its records can be read."""
    hour = Name(DAY * 24 + 1, False)
    producer = AIOKafkaProducer(
        bootstrap_servers=own_log.bootstrap, transactional_id=unique("release")
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        for topic, name, value in trends(topics.PUBLISHED[0], hour):
            await producer.send_and_wait(topic, value, name, partition=1)
        await release_until(own_log, hour.end)
        writing = asyncio.create_task(write(own_log))
        done, _ = await asyncio.wait({writing}, timeout=2)
        assert not done
        await producer.commit_transaction()
        assert [each.records for each in windows_of(await writing)] == [2]
    finally:
        await producer.stop()


async def test_each_audit_once_with_the_hash_of_its_report(own_log: Settings) -> None:
    reports = [b'{"outcome":"held"}', b"?", b'{"outcome":"broken"}']
    await produce(own_log.bootstrap, topics.AUDITS, [(0, None, each) for each in reports[:2]])
    await write(own_log)
    await produce(own_log.bootstrap, topics.AUDITS, [(0, None, reports[2])])
    for _ in range(2):
        told = [each for each in await write(own_log) if isinstance(each, Audit)]
        assert [each.outcome for each in told] == ["held", "not-checked", "broken"]
        assert [each.offset for each in told] == [0, 1, 2]


async def test_the_policy_says_how_often_there_is_an_audit(own_log: Settings) -> None:
    first, *_ = await write(own_log)
    assert isinstance(first, PolicyInForce)
    assert first.audit_every_days == 7


async def test_workers_say_that_they_start_and_stop(
    own_log: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def said(number: int) -> bool:
        return len(await read_all(own_log.bootstrap, topics.WORKERS)) == number

    monkeypatch.setattr(presence, "STOP_SECONDS", 60)
    for failed, number in ((False, 1), (True, 3)):
        async with Presence(own_log, partial(bool, failed)):
            await until(partial(said, number), "its start")
    records = await read_all(own_log.bootstrap, topics.WORKERS)
    assert [json.loads(each.value or b"")["event"] for each in records] == [
        "start",
        "stop",
        "start",
    ]
    hour_ms = records[-1].timestamp // 3_600_000 * 3_600_000
    assert not [each for each in await write(own_log) if isinstance(each, Workers)]

    async def later(settings: Settings) -> int:
        return hour_ms + 2 * 3_600_000

    monkeypatch.setattr(look_module, "nudge_keys", later)
    for _ in range(2):
        told = [each for each in await write(own_log) if isinstance(each, Workers)]
        assert sum(each.starts for each in told) == 2
        assert sum(each.stops for each in told) == 1
    assert told[-1].end == 3


async def test_a_worker_does_not_wait_for_a_topic_that_is_not_there(
    own_log: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(topics, "WORKERS", unique("privacy.none"))
    await asyncio.wait_for(Presence(own_log, lambda: False).say("start", 100), 60)
    assert "does not have this worker's start: there is no topic" in caplog.text


async def test_what_cannot_be_looked_at_does_not_keep_the_rest_from_being_told(
    own_log: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORKERS", "AUDITS"):
        monkeypatch.setattr(topics, name, unique("privacy.none"))
    said: list[str] = []
    await release_until(own_log, DAY * 24 + 1)
    assert windows_of(await write(own_log, said))
    assert {each.partition(":")[0] for each in said} == {
        "the audit log tells nothing of audits",
        "the audit log tells nothing of workers",
    }


async def test_drift_is_told_once_and_when_it_is_over(own_log: Settings) -> None:
    def drifts(bodies: list[Body], of: str) -> list[set[tuple[str | None, str]]]:
        return [
            {(one.topic, one.what) for one in each.differences}
            for each in bodies
            if isinstance(each, Drift) and each.of == of
        ]

    async def named(topic: str) -> list[bool]:
        told = drifts(await write(own_log), "topics")
        return [(topic, "unlisted") in each for each in told]

    bodies = await write(own_log)
    # Without an authorizer everybody may do everything: that is all there is to say of rights.
    assert drifts(bodies, "access") == [{(None, "authorizer")}]
    [before] = drifts(bodies, "topics")
    stray = f"trends.{unique('stray')}"
    await made(own_log, stray)
    assert await named(stray) == [False, True]
    assert await named(stray) == [False, True]
    await deleted(own_log, stray)
    [*_, after] = drifts(await write(own_log), "topics")
    assert after == before


async def made(settings: Settings, name: str) -> None:
    await create_topics(settings.bootstrap, {name: 1})
    await until(lambda: is_there(settings, name), "the topic is there")


async def deleted(settings: Settings, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([name])
    finally:
        await admin.close()

    async def gone() -> bool:
        return not await is_there(settings, name)

    await until(gone, "the topic is gone")


async def is_there(settings: Settings, name: str) -> bool:
    return any(each.topic == name for each in await plan(settings, topology(POLICY)))


async def test_keys_that_were_wrapped_anew_are_told_once(own_log: Settings) -> None:
    for day in (DAY, DAY + 1):
        await KeyStore(own_log, DayKeys()).provide(day)
    await write(own_log)
    new = base64.b64encode(bytes(32)).decode()
    both = Settings(
        bootstrap=own_log.bootstrap,
        app=own_log.app,
        key_encryption_key=f"{new} {own_log.key_encryption_key}",
    )
    assert len(await rewrap(both)) == 2
    for _ in range(2):
        told = await write(both)
        [anew] = [each for each in told if isinstance(each, KeysRewrapped)]
        assert anew.keys == 2
        assert len([each for each in told if isinstance(each, KeyMade)]) == 2


async def test_a_key_that_nobody_opens_does_not_stop_the_log(own_log: Settings) -> None:
    other = base64.b64encode(bytes(32)).decode()
    stranger = Settings(bootstrap=own_log.bootstrap, app=own_log.app, key_encryption_key=other)
    await KeyStore(stranger, DayKeys()).provide(DAY)
    await KeyStore(own_log, DayKeys()).provide(DAY + 1)
    said: list[str] = []
    told = [each for each in await write(own_log, said) if isinstance(each, KeyMade)]
    assert len(told) == 1
    assert [each for each in said if "does not open with this key-encryption key" in each]
