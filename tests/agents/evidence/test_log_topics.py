"""The log's topics deleted, made anew, cut, copied back or written to by others.

Each is one line that says what to do. Nothing is written on, nothing is signed, and nothing else
stops: keys go on being made.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from msgspec import structs

from quietclicks.agents.evidence.audit_log import Stored, read_log
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.kafka.cut import nudge
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from quietclicks.schemas import topics
from tests.agents.evidence.test_audit_log import (
    KEY,
    NAME,
    anchor_of,
    broker,
    remake,
    settings,
    with_key,
    write,
)
from tests.agents.keys.test_destroy import DAY, POLICY
from tests.kafka_tools import produce

__all__ = ["broker", "settings"]  # fixtures

Damage = Callable[[Settings, Stored], Awaitable[None]]
SEE = r"; see 'The audit log' in docs/operating\.md$"
OTHER = r"^the audit log is not the one that was signed, and nothing is written to it: "


async def delete(settings: Settings, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


async def without_audit(settings: Settings, stored: Stored) -> None:
    await delete(settings, topics.AUDIT)


async def without_checkpoints(settings: Settings, stored: Stored) -> None:
    await delete(settings, topics.CHECKPOINTS)


async def without_both(settings: Settings, stored: Stored) -> None:
    await delete(settings, topics.AUDIT, topics.CHECKPOINTS)


async def audit_anew(settings: Settings, stored: Stored) -> None:
    await remake(settings.bootstrap, topics.AUDIT)


async def both_anew(settings: Settings, stored: Stored) -> None:
    await remake(settings.bootstrap, topics.AUDIT, topics.CHECKPOINTS)


async def older_copy(settings: Settings, stored: Stored) -> None:
    await both_anew(settings, stored)
    await produce(
        settings.bootstrap, topics.AUDIT, [(0, None, each) for each in stored.entries[:2]]
    )
    await produce(settings.bootstrap, topics.CHECKPOINTS, [(0, None, stored.notes[0])])


async def cut_in_front(settings: Settings, stored: Stored) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topics.AUDIT, 0): RecordsToDelete(1)})
    finally:
        await admin.close()


def appended(topic: str) -> Damage:
    async def append(settings: Settings, stored: Stored) -> None:
        await produce(settings.bootstrap, getattr(topics, topic), [(0, None, b"hello")])

    return append


def empty(topic: str) -> Damage:
    async def append(settings: Settings, stored: Stored) -> None:
        await nudge(settings, [TopicPartition(getattr(topics, topic), 0)])

    return append


async def a_truncated_checkpoint(settings: Settings, stored: Stored) -> None:
    await produce(settings.bootstrap, topics.CHECKPOINTS, [(0, None, stored.notes[-1][:-9])])


async def an_entry_twice(settings: Settings, stored: Stored) -> None:
    await produce(settings.bootstrap, topics.AUDIT, [(0, None, stored.entries[-1])])


def put_anchor(settings: Settings, value: bytes) -> None:
    Path(settings.audit_anchor_file or "").write_bytes(value)


async def no_anchor(settings: Settings, stored: Stored) -> None:
    put_anchor(settings, b"")


async def half_an_anchor(settings: Settings, stored: Stored) -> None:
    put_anchor(settings, stored.notes[-1][:40])


APPLY = r": run `quietclicks topics apply`$"
DAMAGES: dict[str, tuple[Damage, str]] = {
    "audit deleted": (without_audit, r"^there is no topic audit-\w+" + APPLY),
    "checkpoints deleted": (without_checkpoints, r"^there is no topic checkpoints-\w+" + APPLY),
    "both deleted": (without_both, r"^there is no topic audit-\w+" + APPLY),
    "audit made anew": (audit_anew, OTHER + r"checkpoint 0 is of 2 entries: the end is cut"),
    "both made anew": (both_anew, OTHER + r"\S.* knew 3 entries: the end is cut off" + SEE),
    "an older copy": (older_copy, OTHER + r"\S.* knew 3 entries: the end is cut off" + SEE),
    "cut in front": (cut_in_front, OTHER + r"where entry 0 should be, there is number 1" + SEE),
    "an entry twice": (an_entry_twice, OTHER + r"where entry 3 should be, there is number 2" + SEE),
    "a foreign entry": (appended("AUDIT"), OTHER + r"entry 3: .* be read" + SEE),
    "an empty entry": (empty("AUDIT"), OTHER + r"entry 3: .* be read" + SEE),
    "a foreign note": (appended("CHECKPOINTS"), OTHER + r"checkpoint 2: .*" + SEE),
    "an empty note": (empty("CHECKPOINTS"), OTHER + r"checkpoint 2: .*" + SEE),
    "a truncated note": (a_truncated_checkpoint, OTHER + r"checkpoint 2: .*" + SEE),
    "an empty anchor": (no_anchor, OTHER + r"the anchor file: .*" + SEE),
    "half an anchor": (half_an_anchor, OTHER + r"the anchor file: .*" + SEE),
}


async def one_line(writer: AuditWriter, caplog: pytest.LogCaptureFixture, pattern: str) -> None:
    caplog.clear()
    await writer.round()
    ours = [each for each in caplog.records if each.name.startswith("quietclicks")]
    assert [each.levelno for each in ours] == [logging.ERROR], caplog.text
    caplog.clear()
    line = ours[0].getMessage()
    assert "\n" not in line
    assert re.search(pattern, line), line


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_not_the_log_is_not_written_on(
    settings: Settings, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """By a worker that starts, and by one that runs."""
    running = AuditWriter(settings, POLICY, lambda: True)
    await with_key(settings, DAY)
    await write(settings)
    await with_key(settings, DAY + 1)
    await running.round()
    stored = await read_log(settings, pending=True)
    assert (len(stored.entries), len(stored.notes)) == (3, 2)
    anchor = anchor_of(settings)
    act, pattern = DAMAGES[damage]
    await act(settings, stored)
    deleted = "deleted" in damage
    before = None if deleted else await read_log(settings, pending=True)
    kept = anchor_of(settings)
    for writer in (AuditWriter(settings, POLICY, lambda: True), running):
        await one_line(writer, caplog, pattern)
    assert deleted or await read_log(settings, pending=True) == before
    assert anchor_of(settings) == kept
    assert deleted or "anchor" in damage or kept == anchor
    assert len(await with_key(settings, DAY + 2)) == 32, "keys go on"


@pytest.mark.parametrize("damage", [both_anew, older_copy])
async def test_a_running_worker_needs_no_file_to_know(
    settings: Settings, caplog: pytest.LogCaptureFixture, damage: Damage
) -> None:
    running = AuditWriter(structs.replace(settings, audit_anchor_file=None), POLICY, lambda: True)
    await with_key(settings, DAY)
    await running.round()
    await with_key(settings, DAY + 1)
    await running.round()
    await damage(settings, await read_log(settings, pending=True))
    before = await read_log(settings, pending=True)
    await one_line(running, caplog, OTHER + "this worker knew 3 entries: the end is cut off" + SEE)
    assert await read_log(settings, pending=True) == before


async def test_checkpoints_alone_made_anew_are_no_other_log(settings: Settings) -> None:
    """The entries are those that the anchor knows; who kept an earlier checkpoint has it."""
    await with_key(settings, DAY)
    await write(settings)
    before = await read_log(settings, pending=True)
    await remake(settings.bootstrap, topics.CHECKPOINTS)
    await with_key(settings, DAY + 1)
    assert await write(settings) == 1
    stored = await read_log(settings, pending=True)
    assert stored.entries[:2] == before.entries
    report = verify(
        stored.entries, stored.notes, [KEY.verifier], [("kept", each) for each in before.notes]
    )
    assert {report.consistent.verdict, report.anchored.verdict} == {Verdict.HOLDS}


def signing(settings: Settings, *keys: SigningKey) -> Settings:
    path = Path(f"{settings.signing_key_file}-{len(keys)}-{keys[0].verifier.name[:4]}")
    path.write_text("".join(f"{key.private_text()}\n" for key in keys))
    return structs.replace(settings, signing_key_file=str(path))


@pytest.mark.parametrize("anchored", [True, False])
async def test_another_signing_key_does_not_sign_what_it_cannot_read(
    settings: Settings, caplog: pytest.LogCaptureFixture, anchored: bool
) -> None:
    """Else a key that is changed would let a fork pass."""
    await with_key(settings, DAY)
    await write(settings)
    first = settings if anchored else structs.replace(settings, audit_anchor_file=None)
    new = SigningKey(NAME, bytes(32))
    stranger = SigningKey("other.example/audit", bytes(32))
    await with_key(settings, DAY + 1)
    for key in (new, stranger):
        writer = AuditWriter(signing(first, key), POLICY, lambda: True)
        await one_line(writer, caplog, "^none of the signing keys has signed what .* until both")
    assert len((await read_log(settings, pending=True)).notes) == 1
    assert await write(signing(first, new, KEY)) == 1
    await with_key(settings, DAY + 2)
    assert await write(signing(first, new)) == 1
    assert len((await read_log(settings, pending=True)).notes) == 3


async def test_another_key_does_not_sign_beside_an_anchor_that_it_cannot_read(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await with_key(settings, DAY)
    await write(settings)
    await remake(settings.bootstrap, topics.AUDIT, topics.CHECKPOINTS)
    writer = AuditWriter(signing(settings, SigningKey(NAME, bytes(32))), POLICY, lambda: True)
    await one_line(writer, caplog, "^none of the signing keys has signed what the anchor file has")
    assert (await read_log(settings, pending=True)).entries == []
