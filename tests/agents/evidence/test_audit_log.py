"""The audit log on a broker: written once, by one, signed when committed, and never forked."""

import asyncio
import base64
import hashlib
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from click.testing import CliRunner, Result
from msgspec import structs

from quietclicks.agents.evidence import audit_log as module
from quietclicks.agents.evidence.anchor import Anchor
from quietclicks.agents.evidence.audit_log import read_log, signing_keys, write_on
from quietclicks.agents.evidence.look import look
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys.destroy import destroy_due, nudge_keys
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.commands.audit.command import audit
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import NAMES, KeyMade
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import DAY, EVENTS, POLICY, SHORT, told_cut
from tests.kafka_tools import create_topics, produce, unique
from tests.runner_tools import until

NAME = "shop.example/audit"
KEY = SigningKey(NAME, bytes(range(32)))
COMMON = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "message.timestamp.type": "LogAppendTime",
}


@pytest.fixture(scope="module")
def broker(own_broker: Broker) -> Broker:
    specs = [each for each in topology(POLICY) if each.name == topics.PARTIALS]
    settings = Settings(bootstrap=own_broker.bootstrap, app="first")
    asyncio.run(apply(settings, [*EVENTS, *specs]))
    asyncio.run(told_cut(settings, DAY))  # a new broker's first group is on its way for a while
    return own_broker


@pytest.fixture
async def settings(broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Topics of the test's own, a signing key and an anchor."""
    [spec] = [each for each in topology(POLICY) if each.name == topics.KEYS]
    for name in ("KEYS", "AUDIT", "CHECKPOINTS"):
        monkeypatch.setattr(topics, name, unique(name.lower()))
    file = tmp_path / "signing-key"
    file.write_text(KEY.private_text() + "\n")
    made = Settings(
        bootstrap=broker.bootstrap,
        app=unique("app"),
        key_encryption_key=base64.b64encode(bytes(range(32))).decode(),
        signing_key_file=str(file),
        audit_anchor_file=str(tmp_path / "anchor"),
    )
    await apply(made, [TopicSpec(topics.KEYS, 1, 1, {**spec.configs, **SHORT})])
    monkeypatch.setattr(
        "quietclicks.agents.evidence.look.topology",
        lambda policy: [*EVENTS, TopicSpec(topics.KEYS, 1, 1, {**spec.configs, **SHORT})],
    )
    monkeypatch.setattr("quietclicks.pipeline.topology.rounds.WORK_MS", 500)
    # Of this broker nearly everything differs; `test_drift.py` looks at that.
    monkeypatch.setattr(
        "quietclicks.agents.evidence.look.look_at_drift", AsyncMock(return_value=None)
    )
    await create_topics(broker.bootstrap, {topics.AUDIT: 1, topics.CHECKPOINTS: 1}, COMMON)
    for name in ("BOOTSTRAP", "APP", "KEY_ENCRYPTION_KEY", "SIGNING_KEY_FILE"):
        monkeypatch.setenv(f"QUIETCLICKS_{name}", str(getattr(made, name.lower())))
    return made


async def write(settings: Settings) -> int:
    """A round, as by a worker that has just started."""
    wrapping = Wrapping(key_encryption_keys(settings))
    while True:
        try:
            return (await write_on(settings, POLICY, wrapping, signing_keys(settings))).new
        except Failure as error:
            # A broker says that a topic is made before it has heard of it everywhere.
            unknown = "NotLeaderForPartitionError", "there is no topic"
            if not any(each in str(error) for each in unknown):
                raise
            await asyncio.sleep(0.1)


async def with_key(settings: Settings, day: int) -> bytes:
    ring = DayKeys()
    await KeyStore(settings, ring).provide(day)
    return ring._keys[day]


async def kinds(settings: Settings) -> list[str]:
    return [
        NAMES[type(decode(each).body)] for each in (await read_log(settings, pending=True)).entries
    ]


async def destroyed(settings: Settings) -> None:
    """A day's key, from its making to its receipt."""
    await with_key(settings, DAY)
    await write(settings)
    await told_cut(settings, DAY)
    assert await destroy_due(settings, POLICY) == [DAY]

    async def ended() -> bool:
        await nudge_keys(settings)
        await write(settings)
        return "key-destroyed" in await kinds(settings)

    await until(ended, "the receipt")


def anchor_of(settings: Settings) -> bytes:
    return Path(settings.audit_anchor_file or "").read_bytes()


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments)


async def test_what_is_seen_is_written_once_and_signed(settings: Settings) -> None:
    key = await with_key(settings, DAY)
    assert await write(settings) == 2
    assert await write(settings) == 0
    stored = await read_log(settings, pending=True)
    policy, made = (decode(each) for each in stored.entries)
    assert isinstance(made.body, KeyMade)
    assert (NAMES[type(policy.body)], made.body.commitment) == (
        "policy",
        hashlib.sha256(key).hexdigest(),
    )
    assert len(stored.notes) == 1
    assert anchor_of(settings) == stored.notes[0]
    assert key not in b"".join(stored.entries + stored.notes)


async def test_a_life_has_a_receipt_that_a_stranger_can_check(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The log's time is not the pipeline's here: what is due is what is cut.
    monkeypatch.setattr("quietclicks.pipeline.topology.lifetime.due_by_log", lambda *_: DAY)
    await destroyed(settings)
    assert await kinds(settings) == [
        "policy",
        "key-made",
        "key-due",
        "key-cut",
        "key-tombstoned",
        "key-absent",
        "key-destroyed",
    ]
    name = day_text(DAY)

    def commands() -> None:
        receipt = typed("receipt", name)
        assert receipt.exception is None, receipt.output
        assert receipt.output.startswith("c2sp.org/tlog-proof@v1\n")
        folder = tmp_path / "pack"
        assert typed("pack", str(folder)).stdout == f"{folder}: 7 entries, 1 receipts\n"
        assert (folder / "receipts" / f"{name}.tlog-proof").read_text() == receipt.output
        anchor = settings.audit_anchor_file or ""
        checked = typed("verify", str(folder), "--key", str(KEY.verifier), "--anchor", anchor)
        assert checked.exit_code == 0, checked.output
        assert "1 of 1 keys ended step by step" in checked.output
        shown = typed("log").output.splitlines()
        assert len(shown) == 7
        assert f"day {name}" in shown[-1]
        assert "key-destroyed" in shown[-1]
        assert len(typed("log", "--kind", "key-made").output.splitlines()) == 1
        assert len(typed("log", "--day", name).output.splitlines()) == 6
        assert typed("log", "--until", name).output == ""
        assert len(typed("log", "--since", name, "--json").output.splitlines()) == 7
        assert isinstance(typed("log", "--day", "2026-1-1").exception, UsageError)
        live = typed("verify", "--anchor", anchor)
        assert live.exit_code == 0, live.output
        assert [each.split()[:2] for each in live.stdout.splitlines()] == [
            [each, "holds"] for each in ("intact", "consistent", "anchored", "complete")
        ]
        assert isinstance(typed("receipt", "2020-01-01").exception, Failure)
        assert isinstance(typed("receipt", "yesterday").exception, UsageError)

    await asyncio.to_thread(commands)


async def test_of_two_writers_one_writes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_key(settings, DAY)
    original = look

    async def overtaken(*arguments: object) -> object:
        monkeypatch.setattr(module, "look", original)
        assert await write(settings) == 2
        return await original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "look", overtaken)
    with pytest.raises(Rival):
        await write(settings)
    assert await kinds(settings) == ["policy", "key-made"]
    assert await write(settings) == 0


@pytest.mark.parametrize("at", ["entries", "checkpoint", "anchor"])
async def test_a_crash_anywhere_means_once_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    await with_key(settings, DAY)

    class Crash(BaseException):
        pass

    original = AIOKafkaProducer.commit_transaction

    async def crashes(self: AIOKafkaProducer) -> None:
        wanted = topics.AUDIT if at == "entries" else topics.CHECKPOINTS
        if any(tp.topic == wanted for tp in self._txn_manager.txn_partitions):
            raise Crash
        await original(self)

    with monkeypatch.context() as patched:
        if at == "anchor":
            patched.setattr(Anchor, "keep", lambda *_: (_ for _ in ()).throw(Crash))
        else:
            patched.setattr(AIOKafkaProducer, "commit_transaction", crashes)
        with pytest.raises(Crash):
            await write(settings)
    assert await write(settings) == (2 if at == "entries" else 0)
    stored = await read_log(settings, pending=True)
    assert (len(stored.entries), len(stored.notes)) == (2, 1)
    assert anchor_of(settings) == stored.notes[0], "who comes next makes up for it"


async def test_without_a_key_nothing_is_signed_and_with_one_all_is(settings: Settings) -> None:
    unsigned = structs.replace(settings, signing_key_file=None)
    await with_key(settings, DAY)
    assert await write(unsigned) == 2
    assert (await read_log(settings, pending=True)).notes == []
    assert await write(settings) == 0
    assert len((await read_log(settings, pending=True)).notes) == 1
    # From now on a worker that was forgotten to be given the key could write on an older copy.
    await with_key(settings, DAY + 1)
    with pytest.raises(Failure, match="this worker no signing key"):
        await write(unsigned)
    assert len((await read_log(settings, pending=True)).entries) == 2
    assert await write(settings) == 1


async def test_a_log_made_anew_is_not_signed(settings: Settings) -> None:
    """As of a broker that was restored from an older copy: the anchor lies elsewhere."""
    await with_key(settings, DAY)
    await write(settings)
    await remake(settings.bootstrap, topics.AUDIT, topics.CHECKPOINTS)
    with pytest.raises(Failure, match="the anchor file knew 2 entries: the end is cut off"):
        await write(settings)
    assert await kinds(settings) == []
    assert (await read_log(settings, pending=True)).notes == []


async def test_a_tail_that_was_cut_off_is_not_signed(settings: Settings) -> None:
    await with_key(settings, DAY)
    await write(settings)
    await with_key(settings, DAY + 1)
    await write(settings)
    stored = await read_log(settings, pending=True)
    await remake(settings.bootstrap, topics.AUDIT, topics.CHECKPOINTS)
    for topic, values in (
        (topics.AUDIT, stored.entries[:2]),
        (topics.CHECKPOINTS, stored.notes[:1]),
    ):
        await produce(settings.bootstrap, topic, [(0, None, value) for value in values])
    with pytest.raises(Failure, match="the anchor file knew 3 entries: the end is cut off"):
        await write(settings)


async def test_an_entry_that_was_changed_is_found(settings: Settings) -> None:
    await with_key(settings, DAY)
    await write(settings)
    stored = await read_log(settings, pending=True)
    await remake(settings.bootstrap, topics.AUDIT)
    changed = stored.entries[1].replace(b'"offset":', b'"offset":1', 1)
    assert changed != stored.entries[1]
    await produce(
        settings.bootstrap, topics.AUDIT, [(0, None, stored.entries[0]), (0, None, changed)]
    )
    with pytest.raises(Failure, match="not the one that was signed"):
        await write(settings)


@pytest.mark.parametrize("text", ["", "no key", "PRIVATE+KEY+x+00000000+AAAA"])
def test_a_signing_key_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    if not text:
        file.unlink()
    with pytest.raises(UsageError, match="quietclicks keys new-signing-key"):
        signing_keys(Settings(signing_key_file=str(file)))


async def remake(bootstrap: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))

        async def gone() -> bool:
            return not set(names) & set(await admin.list_topics())

        await until(gone, "the topics are gone")
    finally:
        await admin.close()
    await create_topics(bootstrap, dict.fromkeys(names, 1), COMMON)

    async def there() -> bool:  # the broker hears of them from its controller
        try:
            for name in names:
                await clients.partitions(Settings(bootstrap=bootstrap), name)
        except Failure:
            return False
        return True

    await until(there, "the topics are there again")
