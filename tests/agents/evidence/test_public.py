"""What leaves the log for others: the public summary, and the checkpoint beside a day's trends."""

import json
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from quietclicks.agents.evidence.audit_log import read_log, signing_keys, write_on
from quietclicks.agents.evidence.beside import anchors_beside
from quietclicks.agents.evidence.newest import NewestCheckpoint
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.agents.web.summary import SummaryReader
from quietclicks.pipeline.evidence.check import check_log
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.evidence.trend_anchor import HEADER, header_of
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.window_hash import Name
from quietclicks.schemas import topics
from tests.agents.evidence.conftest import POLICY
from tests.kafka_tools import produce, read_all, unique
from tests.pipeline.evidence.test_windows import DAY, key
from tests.runner_tools import until

KEY = SigningKey("shop.example/audit", bytes(range(32)))


@pytest.fixture
def signed(own_log: Settings, tmp_path: Any) -> Settings:
    file = tmp_path / "signing-key"
    file.write_text(KEY.private_text())
    return Settings(
        bootstrap=own_log.bootstrap,
        app=own_log.app,
        key_encryption_key=own_log.key_encryption_key,
        signing_key_file=str(file),
    )


async def write(settings: Settings, said: list[str] | None = None) -> None:
    wrapping = Wrapping(key_encryption_keys(settings))
    say = (said if said is not None else []).append
    await write_on(settings, POLICY, wrapping, signing_keys(settings), say=say)


async def summaries(settings: Settings) -> list[dict[str, Any]]:
    found = await read_all(settings.bootstrap, topics.SUMMARY)
    assert {each.key for each in found} <= {b"summary"}
    return [json.loads(each.value or b"") for each in found]


async def test_the_summary_is_written_when_it_is_news(signed: Settings) -> None:
    await write(signed)
    await write(signed)
    [first] = await summaries(signed)
    [note] = (await read_log(signed, pending=True)).notes
    assert (first["policy"], first["k"]) == (POLICY.revision, POLICY.release.k)
    assert first["checkpoint"].encode() == note
    assert (first["last_audit"], first["keys_destroyed"]) == (None, None)
    report = b'{"outcome":"broken","promises":[{"outcome":"held"},{"outcome":"broken"}]}'
    await produce(signed.bootstrap, topics.AUDITS, [(0, None, report)])
    await write(signed)
    *_, last = await summaries(signed)
    audit = last["last_audit"]
    assert (audit["outcome"], audit["held"], audit["broken"]) == ("broken", 1, 1)
    assert last["next_audit"] > audit["at"]


async def test_the_live_page_reads_the_newest_one(signed: Settings) -> None:
    reader = SummaryReader(signed)
    await write(signed)
    await produce(signed.bootstrap, topics.SUMMARY, [(0, b"other", b"{}")])
    async with reader:
        await until(partial(there, reader), "the summary is known")
        assert reader.summary
        assert reader.summary.k == POLICY.release.k
        await produce(signed.bootstrap, topics.SUMMARY, [(0, b"summary", b"nothing")])

        async def gone() -> bool:
            return reader.summary is None

        await until(gone, "what cannot be read is not shown")


async def there(reader: SummaryReader) -> bool:
    return reader.summary is not None


async def test_without_the_topic_the_log_goes_on(
    signed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "SUMMARY", unique("privacy.none"))
    said: list[str] = []
    await write(signed, said)
    assert [each for each in said if "is not brought up to date: there is no topic" in each]
    assert (await read_log(signed, pending=True)).notes


async def test_a_worker_knows_the_newest_checkpoint_that_is_signed(signed: Settings) -> None:
    trend = key(Name((DAY + 1) * 24, True), "/")
    newest = NewestCheckpoint(signed, [KEY.verifier])
    assert newest.stamp(trend) == []
    await write(signed)
    async with newest:

        async def stamped() -> bool:
            return bool(newest.stamp(trend))

        await until(stamped, "the checkpoint is known")
        await produce(signed.bootstrap, topics.AUDITS, [(0, None, b"{}")])
        await write(signed)
        _, second = (await read_log(signed, pending=True)).notes

        async def followed() -> bool:
            return newest.stamp(trend) == [(HEADER, second)]

        await until(followed, "the next one is known")


async def test_one_that_nobody_signed_or_somebody_else_is_none(signed: Settings) -> None:
    trend = key(Name((DAY + 1) * 24, True), "/")
    await write(signed)
    [note] = await read_all(signed.bootstrap, topics.CHECKPOINTS)
    await produce(signed.bootstrap, topics.CHECKPOINTS, [(0, None, b"anything")])
    records = await read_all(signed.bootstrap, topics.CHECKPOINTS)
    other = SigningKey("shop.example/audit", bytes(32))
    for signer, headers in ((KEY, [(HEADER, note.value)]), (other, [])):
        newest = NewestCheckpoint(signed, [signer.verifier])
        newest._newest(records)
        assert newest.stamp(trend) == headers


async def test_what_lies_beside_the_log_anchors_it(
    signed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    assert await anchors_beside(signed, said.append) == []
    await write(signed)
    stored = await read_log(signed, pending=True)
    pages, totals = topics.PUBLISHED
    await published(signed, pages, key(Name((DAY + 1) * 24, True), "/"), stored.notes[0])
    await published(signed, pages, key(Name((DAY + 1) * 24, True), "/a"), stored.notes[0])
    await produce(signed.bootstrap, totals, [(0, key(Name((DAY + 1) * 24, True), ""), b"{}")])
    found = await anchors_beside(signed, said.append)
    assert found == [(pages, stored.notes[0]), (topics.SUMMARY, stored.notes[0])]
    assert said == []
    report = check_log(stored.entries, stored.notes, [KEY.verifier], found)
    assert report.findings["anchored"].verdict is Verdict.HOLDS
    cut = check_log(stored.entries[:1], stored.notes[:0], [KEY.verifier], found)
    assert cut.findings["anchored"].verdict is Verdict.BROKEN
    monkeypatch.setattr(topics, "SUMMARY", unique("privacy.none"))
    assert await anchors_beside(signed, said.append) == found[:1]
    [line] = said
    assert line.startswith("no checkpoint from privacy.none")


async def published(settings: Settings, topic: str, name: bytes, note: bytes) -> None:
    """As the release stage writes a day's trend."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"{}", name, headers=header_of(name, note))
    finally:
        await producer.stop()
