"""A week that two workers live through in a minute or two, each process as its own role.

Time is the events': a day is sent within a second, and its key's end takes what the broker needs.
The last days' keys are not due when the week is over.
"""

import asyncio
import base64
import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from click.testing import CliRunner, Result

from quietclicks import children
from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys.destroy import event_cuts
from quietclicks.agents.replay import send
from quietclicks.agents.settings import Settings
from quietclicks.commands.cli import cli
from quietclicks.commands.run.principals import Principals
from quietclicks.commands.secure import admin_settings, prepare
from quietclicks.demo.shop import sample_day
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.ports import free_port
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import NAMES, KeyDestroyed
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.kafka.world import policy_text, until
from tests.paths import ROOT

DAYS = 7
DUE = 5  # of them: the key of a day lives for two days more
VISITORS = 300
PATIENCE = 240
LOG_NAME = "shop.example/audit"


class Week:
    """The broker, the workers, and how each role reaches them."""

    def __init__(self, broker: Broker, folder: Path, text: str) -> None:
        self.broker = broker
        self.folder = folder
        self.policy_file = folder / "policy.toml"
        self.policy_file.write_text(text, "utf-8")
        self.policy: Policy = parse(text, "policy.toml")
        base = Settings(bootstrap=broker.bootstrap, policy=str(self.policy_file), ticks="none")
        self.roles = Principals.of(broker, base, self.policy, True)
        self.admin = admin_settings(broker)
        self.kek = secrets.token_bytes(32)
        self.signing_key = folder / "signing-key"
        signing = SigningKey(LOG_NAME, secrets.token_bytes(32))
        self.signing_key.write_text(signing.private_text() + "\n")
        self.verifier = str(signing.verifier)
        self.anchor = folder / "anchor"
        last = datetime.now(UTC).date() - timedelta(days=2)
        self.days = [last - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
        self.workers: list[subprocess.Popen[bytes]] = []
        self.wrapped: dict[str, bytes] = {}  # each day's key, as it was written
        self.events: dict[str, list[bytes]] = {}  # and its events for analysts

    @property
    def due(self) -> list[date]:
        """The days whose keys end within the week."""
        return self.days[:DUE]

    def environment(self, role: str) -> dict[str, str]:
        """What a command of that role needs."""
        return {**children.environment(), **self.roles.environment(role)}

    def work(self) -> None:
        """Start a worker."""
        with (self.folder / f"worker-{len(self.workers)}.log").open("wb") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "quietclicks", "worker", "--port", str(free_port())],
                env={
                    **self.environment("worker"),
                    "QUIETCLICKS_KEY_ENCRYPTION_KEY": base64.b64encode(self.kek).decode(),
                    "QUIETCLICKS_SIGNING_KEY_FILE": str(self.signing_key),
                    "QUIETCLICKS_AUDIT_ANCHOR_FILE": str(self.anchor),
                },
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(worker)

    def stop_workers(self) -> None:
        """Each finishes its transaction."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(PATIENCE)
        self.workers.clear()

    async def typed(self, role: str, *words: str) -> Result:
        """A command of that role, to its end, by somebody who has the log's anchor."""
        own = {**self.roles.environment(role), "QUIETCLICKS_AUDIT_ANCHOR_FILE": str(self.anchor)}
        invoke = partial(CliRunner().invoke, cli, words, env=own)
        return await asyncio.to_thread(invoke)

    async def record_an_audit(self) -> None:
        """By the auditor's program; over when the log has it."""
        done = await self.typed("auditor", "audit", "run", "--once", "--key", self.verifier)
        assert done.exit_code == 0, (done.output, done.exception)

        async def noted() -> bool:
            return "audit" in await self.kinds()

        await until(noted, "the log has the audit", PATIENCE)

    async def write(self, topic: str, records: Iterable[Sequence[bytes | None]]) -> None:
        """Records, as who may do everything would: key, value and, where wanted, headers."""
        producer = clients.producer(self.admin)
        await clients.start(producer, self.admin)
        try:
            for key, value in records:
                await producer.send(topic, value, key, partition=0)
            await producer.flush()
        finally:
            await clients.stop(producer)

    async def replace(self, topic: str, values: Sequence[bytes]) -> None:
        """Make the topic anew with those values, in their order."""
        await self.delete(topic)
        await apply(self.roles.settings("operator"), topology(self.policy))
        await self.write(topic, ((None, value) for value in values))

    async def delete(self, topic: str) -> None:
        """A topic and all that is in it."""
        client = clients.admin(self.admin)
        await clients.start(client, self.admin)
        try:
            await client.delete_topics([topic])

            async def gone() -> bool:
                return topic not in await client.list_topics()

            await until(gone, "the topic is gone")
        finally:
            await clients.stop(client)

    def restart_broker(self, properties: Mapping[str, str]) -> None:
        """With other settings of its own, as its operator would."""
        file = self.broker.data_dir / "server.properties"
        lines = file.read_text("utf-8").splitlines()
        kept = [each for each in lines if each.partition("=")[0] not in properties]
        added = [f"{name}={value}" for name, value in properties.items()]
        file.write_text("\n".join([*kept, *added, ""]))
        self.broker.restart()

    async def live(self) -> None:
        """Day after day, each seen to end before the next is sent."""
        for day in self.days:
            values = ((value, False) for value in sample_day(1, day, VISITORS))
            await send(self.roles.settings("collector"), values, lambda _: None)
            number = (day - date(1970, 1, 1)).days

            async def over(number: int = number) -> bool:
                self.check_workers()
                cuts = await event_cuts(self.admin, self.policy)
                return all(each.cut >= number or number in each.closed for each in cuts)

            await until(over, f"{day} is over", PATIENCE)
        await until(self.all_destroyed, "the receipts of the days that are due", PATIENCE)

    async def all_destroyed(self) -> bool:
        """Whether the log has the receipt of each day that is due."""
        self.check_workers()
        bodies = [decode(each).body for each in (await read_log(self.admin)).entries]
        told = {each.day for each in bodies if isinstance(each, KeyDestroyed)}
        return told == set(self.due)

    def check_workers(self) -> None:
        """Fails where one has ended."""
        for number, worker in enumerate(self.workers):
            said = (self.folder / f"worker-{number}.log").read_text("utf-8", "replace")
            assert worker.poll() is None, said[-2000:]

    async def follow(self) -> None:
        """Keep what will be destroyed, until cancelled."""
        consumer = clients.consumer(
            self.admin, topics.KEYS, topics.PSEUDONYMISED, auto_offset_reset="earliest"
        )
        await clients.start(consumer, self.admin)
        try:
            while True:
                for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                    for each in records:
                        if tp.topic == topics.PSEUDONYMISED and each.value:
                            day = json.loads(each.value)["timestamp"][:10]
                            self.events.setdefault(day, []).append(each.value)
                        elif each.value and each.key[:2] == b"20":
                            self.wrapped.setdefault(each.key.decode(), each.value)
                await asyncio.sleep(0)
        finally:
            await clients.stop(consumer)

    async def kinds(self) -> list[str]:
        """What the log tells, in order."""
        entries = (await read_log(self.admin)).entries
        return [NAMES[type(decode(each).body)] for each in entries]


@asynccontextmanager
async def week(folder: Path, **numbers: int | str) -> AsyncIterator[Week]:
    """Lived through, with the workers still there; `numbers` as `policy_text` has them."""
    text = policy_text(
        segment="3s", raw_partitions=2, event_partitions=1, partials_partitions=1, **numbers
    )
    with Broker.start(secure=prepare, progress=lambda _: None) as broker:
        made = await asyncio.to_thread(Week, broker, folder, text)
        await apply(made.roles.settings("operator"), topology(made.policy))
        following = asyncio.create_task(made.follow())
        try:
            made.work()
            made.work()
            await made.live()
            yield made
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following
            made.stop_workers()
