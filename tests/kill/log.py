"""The audit log, written on by two who race, one of whom is killed: a key's life to its receipt.

The log knows that the key was made; all that came afterwards is to be told.
"""

import base64
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quietclicks.agents.evidence import look
from quietclicks.agents.evidence.anchor import Anchor
from quietclicks.agents.evidence.audit_log import Stored, read_log, signing_keys, write_on
from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys.destroy import destroy_due, nudge_keys
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence import checkpoints, folder, receipts
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import NAMES, KeyDestroyed
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology import lifetime, rounds
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import DAY, EVENTS, POLICY, SHORT, told_cut
from tests.kafka_tools import create_topics, produce, unique
from tests.runner_tools import until

KEY = SigningKey("shop.example/audit", bytes(range(32)))
LIFE = ["key-made", "key-due", "key-cut", "key-tombstoned", "key-absent", "key-destroyed"]
COMMON = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "message.timestamp.type": "LogAppendTime",
}


@dataclass(frozen=True)
class Story:
    """What all cases begin with: keys in a topic of their own, and what the log says of them."""

    keys: str
    stored: Stored


async def story(bootstrap: str, home: Path) -> Story:
    """A key that was made, told of, destroyed, and has left the topic."""
    [spec] = [each for each in topology(POLICY) if each.name == topics.KEYS]
    keys = TopicSpec(unique("keys"), 1, 1, {**spec.configs, **SHORT})
    topics.KEYS = keys.name  # in this process, which is the cases' own
    vars(look).update(topology=lambda policy: [*EVENTS, keys], look_at_drift=_no_drift)
    rounds.WORK_MS = 500  # of a broker that compacts every half second
    # The log's time is not the pipeline's here: what is due is what is cut.
    lifetime.due_by_log = lambda *_: DAY
    (home / "signing-key").write_text(KEY.private_text() + "\n")
    work = LogWork(bootstrap, home)
    await apply(work.settings, [keys])
    await work.empty()
    await KeyStore(work.settings, DayKeys()).provide(DAY)
    await work.once()
    await told_cut(work.settings, DAY)
    assert await destroy_due(work.settings, POLICY) == [DAY]

    async def absent() -> bool:
        await nudge_keys(work.settings)
        return not (await read_keys(work.settings)).lingering

    await until(absent, "the key has left the topic")
    return Story(keys.name, await read_log(work.settings, pending=True))


async def _no_drift(*_: object) -> None:
    """Nearly all of this broker is otherwise than the policy asks."""


class LogWork:
    """Topics, an application and an anchor of its own."""

    def __init__(self, bootstrap: str, home: Path, told: Story | None = None) -> None:
        self._told = told
        self._audit, self._checkpoints = unique("audit"), unique("checkpoints")
        self.settings = Settings(
            bootstrap=bootstrap,
            app=unique("app"),
            key_encryption_key=base64.b64encode(bytes(range(32))).decode(),
            signing_key_file=str(home / "signing-key"),
            audit_anchor_file=str(_new_folder(home) / "anchor"),
        )

    async def empty(self) -> None:
        topics.AUDIT, topics.CHECKPOINTS = self._audit, self._checkpoints
        await create_topics(
            self.settings.bootstrap, {topics.AUDIT: 1, topics.CHECKPOINTS: 1}, COMMON
        )

    async def prepare(self) -> None:
        assert self._told is not None
        await self.empty()
        stored = self._told.stored
        for topic, values in ((topics.AUDIT, stored.entries), (topics.CHECKPOINTS, stored.notes)):
            records = [(0, None, value) for value in values]
            await produce(self.settings.bootstrap, topic, records)
        await told_cut(self.settings, DAY)

    async def once(self) -> None:
        wrapping = Wrapping(key_encryption_keys(self.settings))
        with suppress(Rival):
            await write_on(
                self.settings, POLICY, wrapping, signing_keys(self.settings), say=lambda line: None
            )

    async def found(self) -> None:
        await self._look()

    async def to_the_end(self) -> None:
        while LIFE[-1] not in await self._look():
            await self.once()

    async def check(self) -> None:
        await self.once()
        assert await self._look() == ["policy", *LIFE]
        stored = await read_log(self.settings, pending=True)
        sizes = [checkpoints.read(each, [KEY.verifier]).size for each in stored.notes]
        assert sizes == sorted(set(sizes)), "none is signed twice"
        [(_, anchor)] = Anchor(self.settings).notes()
        assert anchor == stored.notes[-1], "what is kept outside is the newest"
        report = verify(stored.entries, stored.notes, [KEY.verifier], [("anchor", anchor)])
        found = report.intact, report.consistent, report.anchored, report.complete
        assert {each.verdict for each in found} == {Verdict.HOLDS}, found
        files = folder.write(stored.entries, stored.notes, [KEY.verifier], b"")
        receipt = receipts.read(files[f"receipts/{day_text(DAY)}.tlog-proof"])
        assert receipt.check([KEY.verifier]).size == len(stored.entries)
        assert isinstance(decode(receipt.entry).body, KeyDestroyed)

    async def _look(self) -> list[str]:
        """What is committed just now: no signature of what is not there, no step twice."""
        # What is signed first: it must not be of anything that is written later.
        notes, entries = await self._values(topics.CHECKPOINTS), await self._values(topics.AUDIT)
        report = verify(entries, notes, [KEY.verifier])
        for each in (report.intact, report.consistent):
            assert each.verdict is not Verdict.BROKEN, each
        kinds = [NAMES[type(decode(each).body)] for each in entries]
        assert kinds == ["policy", *LIFE][: len(kinds)]
        return kinds

    async def _values(self, topic: str) -> list[bytes]:
        return [each.value or b"" async for each in read_to_end(self.settings, topic, 0)]


def _new_folder(home: Path) -> Path:
    """A case's own: who keeps an anchor waits for nobody who is at it."""
    made = home / unique("case")
    made.mkdir()
    return made
