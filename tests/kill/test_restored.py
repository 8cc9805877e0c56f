"""A broker whose whole disk is restored from an older copy: a key that was destroyed is back.

The broker cannot know. What lies outside does: the audit log's anchor, how far keys are destroyed,
and the memory of whoever goes on.
"""

import asyncio
import base64
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from quietclicks.agents import kept
from quietclicks.agents.app import build_app
from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys import outside
from quietclicks.agents.keys.destroy import destroy_due
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.watch import KeyWatch
from quietclicks.agents.settings import Settings
from quietclicks.embedded.broker import Broker
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import NAMES
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology.topics import topology
from tests.agents.keys.test_destroy import DAY, POLICY, told_cut
from tests.kafka_tools import unique
from tests.runner_tools import until

KEY = SigningKey("shop.example/audit", bytes(range(32)))


class Site:
    """A broker with the topics as they are, and one machine with its files."""

    def __init__(self, broker: Broker, home: Path) -> None:
        self.broker, self.home = broker, home
        (home / "signing-key").write_text(KEY.private_text() + "\n")
        self.settings = Settings(
            bootstrap=broker.bootstrap,
            app=unique("app"),
            key_encryption_key=base64.b64encode(bytes(range(32))).decode(),
            signing_key_file=str(home / "signing-key"),
            audit_anchor_file=str(home / "anchor"),
        )
        self.running = AuditWriter(self.settings, POLICY, lambda: True)

    async def ring(self, *days: int, known: DayKeys | None = None) -> DayKeys:
        """What a worker has that starts now, or goes on, and needs these days' keys."""
        ring = known or DayKeys()
        if known is None:
            ring.destroy(outside.destroyed_through(self.settings))
        for day in days:
            await KeyStore(self.settings, ring).provide(day)
        return ring

    @asynccontextmanager
    async def watched(self, ring: DayKeys) -> AsyncIterator[None]:
        watch = KeyWatch(self.settings, ring, lambda: None)
        await watch.start()
        try:
            yield
        finally:
            await watch.stop()

    async def log(self) -> list[str]:
        """But for drift: on this broker everybody may do everything."""
        entries = (await read_log(self.settings, pending=True)).entries
        kinds = [NAMES[type(decode(each).body)] for each in entries]
        return [kind for kind in kinds if kind != "drift"]

    def copy(self, there: Path, back: Path) -> None:
        """As of a disk that is pulled out."""
        self.broker.kill()
        shutil.rmtree(back, ignore_errors=True)
        shutil.copytree(there, back)
        self.broker.restart()


async def test_a_key_that_a_copy_brings_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quietclicks.pipeline.topology.lifetime.due_by_log", lambda *_: DAY)
    data, copy = "data", tmp_path / "copy"
    with Broker.start() as broker:
        site = Site(broker, tmp_path)
        settings = site.settings
        await apply(settings, topology(POLICY))
        ring = await site.ring(DAY, DAY + 1)
        keys = dict(ring._keys)
        await told_cut(settings, DAY - 1)
        await site.running.round()
        assert await site.log() == ["policy", "key-made", "key-made", "key-due"]

        await asyncio.to_thread(site.copy, broker.data_dir / data, copy)
        async with site.watched(ring):
            await told_cut(settings, DAY)
            assert await destroy_due(settings, POLICY) == [DAY]
            await until(lambda: outside.destroyed_through(settings) == DAY, "it is kept outside")
        await site.running.round()
        assert (await site.log())[4:] == ["key-cut", "key-tombstoned"]
        anchor = (tmp_path / "anchor").read_bytes()

        await asyncio.to_thread(site.copy, copy, broker.data_dir / data)
        assert set((await read_keys(settings, pending=True)).living) == {DAY, DAY + 1}, (
            "it is alive again"
        )
        assert len(await site.log()) == 4

        caplog.set_level(logging.INFO, "quietclicks")
        for writer in (site.running, AuditWriter(settings, POLICY, lambda: True)):
            caplog.clear()
            await writer.round()
            ours = [each for each in caplog.records if each.name.startswith("quietclicks")]
            [line] = [each.getMessage() for each in ours]
            assert "knew 7 entries: the end is cut off; see 'The audit log' in docs" in line
        assert len(await site.log()) == 4
        assert len((await read_log(settings, pending=True)).notes) == 1, "none signs on"
        assert (tmp_path / "anchor").read_bytes() == anchor

        for worker in (await site.ring(DAY, DAY + 1), await site.ring(DAY, DAY + 1, known=ring)):
            assert worker._keys == {DAY + 1: keys[DAY + 1]}, "the key that came back is not used"
        caplog.clear()
        async with site.watched(await site.ring()):
            await until(lambda: "does not say so: it is older" in caplog.text, "a clear line")
        await told_cut(settings, DAY)
        assert await destroy_due(settings, POLICY) == [DAY], "and it is destroyed again"
        assert await destroy_due(settings, POLICY) == []
        unaware = structs.replace(settings, audit_anchor_file=None)
        lone = DayKeys()
        await KeyStore(unaware, lone).provide(DAY)
        assert not lone._keys, "for everybody"


def test_a_worker_knows_from_its_start_what_was_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = DayKeys()
    monkeypatch.setattr("quietclicks.agents.app.DayKeys", lambda: ring)
    settings = Settings(
        key_encryption_key=base64.b64encode(bytes(32)).decode(),
        audit_anchor_file=str(tmp_path / "anchor"),
    )
    outside.keep(settings, DAY)
    build_app(settings, POLICY)
    assert ring.destroyed_through == DAY


def test_it_never_goes_back(tmp_path: Path) -> None:
    settings = Settings(audit_anchor_file=str(tmp_path / "anchor"))
    assert outside.destroyed_through(settings) == NEVER
    for day in (DAY, DAY - 3, NEVER):
        outside.keep(settings, day)
    assert [each.name for each in tmp_path.iterdir()] == ["anchor" + outside.ENDING]
    assert (tmp_path / ("anchor" + outside.ENDING)).read_text() == f"{day_text(DAY)}\n"
    outside.keep(settings, DAY + 1)
    assert outside.destroyed_through(settings) == DAY + 1


def test_who_was_slow_does_not_bring_an_earlier_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers of a machine, of whom the one has read the file, and not yet written it."""
    settings = Settings(audit_anchor_file=str(tmp_path / "anchor"))
    original = kept.replace

    def overtaken(path: Path, content: bytes) -> None:
        monkeypatch.setattr(kept, "replace", original)
        assert not outside.keep(settings, DAY + 1), "nobody waits for who is at it"
        original(path, content)

    monkeypatch.setattr(kept, "replace", overtaken)
    assert outside.keep(settings, DAY)
    assert outside.keep(settings, DAY + 1)
    assert outside.keep(settings, DAY)
    assert outside.destroyed_through(settings) == DAY + 1


def test_it_is_tried_again_where_somebody_was_at_it(tmp_path: Path) -> None:
    settings = Settings(audit_anchor_file=str(tmp_path / "anchor"))
    watch = KeyWatch(settings, DayKeys(), lambda: None)
    watch._forget(DAY)
    with kept.alone(tmp_path) as mine:
        assert mine
        watch._keep()
        assert watch._kept < watch._through
    watch._keep()
    assert watch._kept == DAY
    assert outside.destroyed_through(settings) == DAY


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22 2026-11-23", "20261122", "\0\xff"])
def test_one_that_cannot_be_read_is_a_clear_stop(tmp_path: Path, text: str) -> None:
    settings = Settings(audit_anchor_file=str(tmp_path / "anchor"))
    (tmp_path / ("anchor" + outside.ENDING)).write_text(text, "latin-1")
    with pytest.raises(Failure, match=r"^[^\n]+ cannot be read: write that day into it[^\n]+$"):
        outside.destroyed_through(settings)


def test_without_a_place_nothing_is_kept() -> None:
    outside.keep(Settings(), DAY)
    assert outside.destroyed_through(Settings()) == NEVER


def test_one_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    settings = Settings(audit_anchor_file=str(tmp_path / "missing" / "anchor"))
    with pytest.raises(Failure, match="cannot be written: No such file or directory"):
        outside.keep(settings, DAY)
