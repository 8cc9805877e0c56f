"""A followed log, a real broker and a worker: killed at each point, each view counts once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from quietclicks.agents.follow.growing import MAX_LINES
from quietclicks.agents.follow.state import load
from quietclicks.embedded.broker import Broker
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.agents.follow.followed import FIREFOX
from tests.commands.typed import PATIENCE
from tests.kafka.test_worker import processed
from tests.kafka.world import World, policy_text, until, world
from tests.kafka_tools import read_all
from tests.paths import ROOT

TWO = policy_text(raw_partitions=2, partials_partitions=1, event_partitions=1)
POINTS = ("sending", "acknowledged", "saved", "acknowledged", "sending")
CHILD = (sys.executable, "-m", "tests.kafka.follow_child")
LINES = 40  # between two deaths


def lines(first: int) -> bytes:
    """Page views of now, in the combined format."""
    at = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return b"".join(
        f'8.8.{n // 256}.{n % 256} - - [{at}] "GET /p{n} HTTP/1.1" 200 7 "-" "{FIREFOX}"\n'.encode()
        for n in range(first, first + LINES)
    )


class Following:
    """The log, and the process that follows it."""

    def __init__(self, made: World) -> None:
        self.made = made
        self.log = made.folder / "access.log"
        self.state = made.folder / "state" / "follow.json"
        self.said = made.folder / "follow.txt"
        self.written = 0

    def write(self) -> None:
        with self.log.open("ab") as file:
            file.write(lines(self.written))
        self.written += LINES

    def start(self, point: str = "never") -> subprocess.Popen[bytes]:
        options = ("--state", str(self.state), "--site", "shop.example", "--consent", "analytics")
        with self.said.open("ab") as output:
            return subprocess.Popen(
                [*CHILD, point, "follow", *options, str(self.log)],
                env={**self.made.environment, "PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stderr=output,
            )

    async def pages(self) -> Counter[str]:
        """Of what the raw topic holds."""
        records = await read_all(self.made.settings.bootstrap, topics.RAW)
        return Counter(json.loads(each.value or b"")["url"] for each in records)

    async def sent(self) -> bool:
        return len(await self.pages()) == self.written

    async def says(self, what: str) -> None:
        """Wait for it."""

        async def said() -> bool:
            return self.said.is_file() and what in self.said.read_text()

        await until(said, what)

    def position(self) -> int:
        """As it is on the disk."""
        return sum(each.position for each in load(self.state)[str(self.log)])


async def test_killed_at_each_point_each_view_counts_once(tmp_path: Path) -> None:
    async with world(tmp_path, TWO) as made:
        following = Following(made)
        process = following.start(POINTS[0])
        try:
            await following.says(f"{following.log}: No such file or directory; waiting for it")
            for number, point in enumerate(POINTS):
                if number:
                    process = following.start(point)
                following.write()
                assert process.wait(PATIENCE) == -signal.SIGKILL, following.said.read_text()
                if number == 1:
                    following.log.rename(following.log.with_name("access.log.1"))
                if number == 2:
                    following.log.with_name("access.log.2").write_bytes(following.log.read_bytes())
                    os.truncate(following.log, 0)
            process = following.start()
            following.write()
            await until(following.sent, "all is sent")
            process.terminate()
            assert process.wait(PATIENCE) == 0, following.said.read_text()
        finally:
            process.kill()
            process.wait()

        raw = await following.pages()
        made.work()
        await processed(made, raw.total())
        rejected = [json.loads(each.value or b"") for each in await made.read(topics.REJECTED)]
        counted = [json.loads(each.value or b"") for each in await made.read(topics.PSEUDONYMISED)]
        assert {each["reason"] for each in rejected} == {Reason.DUPLICATE}
        assert len(rejected) == raw.total() - following.written
        # What was acknowledged and not saved came twice.
        assert 0 < len(rejected) <= POINTS.count("acknowledged") * MAX_LINES
        assert Counter(each["page"] for each in counted) == Counter(
            f"/p{number}" for number in range(following.written)
        )
        said = following.said.read_text()
        assert "8.8." not in said
        assert "Traceback" not in said


async def test_while_the_broker_is_away_it_waits_and_ends_when_it_is_told(tmp_path: Path) -> None:
    with Broker.start(progress=lambda _: None) as broker:
        async with world(tmp_path, TWO, broker) as made:
            following = Following(made)
            process = following.start()
            try:
                await following.says("waiting for it")
                following.write()
                await until(following.sent, "what came before")
                position = following.position()
                await asyncio.to_thread(broker.kill)
                following.write()
                await following.says("the broker does not answer: waiting for it")
                assert following.position() == position
                await asyncio.to_thread(broker.restart)
                await until(following.sent, "what came meanwhile")
                await following.says("the broker answers again")

                await asyncio.to_thread(broker.kill)
                position = following.position()
                following.write()
                process.terminate()
                assert process.wait(PATIENCE) == 0, following.said.read_text()
                assert following.position() == position
                await asyncio.to_thread(broker.restart)
                process = following.start()
                await until(following.sent, "all")
            finally:
                process.kill()
                process.wait()
            assert {*(await following.pages()).values()} == {1}
            assert len(following.said.read_text().splitlines()) == 3, "each said once, and no more"
