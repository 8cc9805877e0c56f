"""The worker as a process: how it ends, and what it says of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from quietclicks.agents.metrics import STEP
from quietclicks.embedded.ports import free_port
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.commands.typed import PATIENCE, one_line, typed
from tests.kafka.world import KEK, Worker, World, page, policy_text, until, world
from tests.kafka_tools import produce
from tests.paths import ROOT

SMALL = policy_text(
    raw_partitions=2, partials_partitions=1, event_partitions=1, allowed_lateness="23h"
)


def event(number: int, at: str) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "site": "shop.example",
            "timestamp": at,
            "url": "/products/1",
            "ip": "198.51.100.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "consent": {"analytics": True},
        }
    ).encode()


def now() -> str:
    return datetime.now(UTC).isoformat()


async def ready(worker: Worker, partitions: int) -> None:
    """Wait until it polls so many raw partitions."""

    async def polls() -> bool:
        assert worker.process.poll() is None, worker.said
        try:
            health = json.loads(worker.get("/healthz"))
        except HTTPError as error:
            state = (error.code, json.loads(error.read())["state"])
        except OSError:  # it does not listen yet, or the port's process is only just starting
            return False
        else:
            return len(health["partitions"]["anonymise"]) == partitions
        assert state in {(503, "joining"), (503, "restoring")}
        return False

    await until(polls, "ready")


def last_line(worker: Worker, status: int) -> str:
    assert worker.process.wait(PATIENCE) == status, worker.said
    assert "Traceback" not in worker.said
    # A client's own tasks may have a last word.
    *_, line = (each for each in worker.said.splitlines() if each.startswith("quietclicks: "))
    return line


async def send(made: World, partition: int, *values: bytes) -> None:
    await produce(made.settings.bootstrap, topics.RAW, [(partition, None, v) for v in values])


async def processed(made: World, number: int) -> None:
    async def so_far() -> bool:
        made.check_workers()
        return await made.processed() == number

    await until(so_far, f"{number} records committed")


async def test_a_life_of_a_worker(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        first = made.work()
        await ready(first, 2)
        await send(made, 0, event(1, now()), b"not JSON")
        await send(made, 1, event(2, now()))
        await processed(made, 3)

        # What it serves.
        async def told() -> dict[tuple[str, str], float]:
            outcomes = await first.outcomes()
            return outcomes if outcomes["anonymise", Reason.NOT_JSON] else {}

        outcomes = await until(told, "the port has been told")
        assert outcomes["anonymise", Reason.NOT_JSON] == 1
        assert outcomes["anonymise", topics.PSEUDONYMISED] in {0, STEP, 2 * STEP}  # rounded
        for path in ("/etc/passwd", "/", "/api/trends"):
            with pytest.raises(HTTPError, match="404"):
                first.get(path)

        # SIGTERM and SIGINT are both orderly.
        assert first.stop() == 0
        assert "Traceback" not in first.said
        second = made.work()
        await ready(second, 2)
        second.process.send_signal(signal.SIGINT)
        assert second.process.wait(PATIENCE) == 0
        assert "Traceback" not in second.said

        # It leaves nothing in the folder it was started in.
        assert not list(ROOT.glob(f"{made.settings.app}*"))

        # Another key-encryption key cannot read the day's key: it stops, and commits nothing.
        await send(made, 0, event(3, now()))
        wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        third = made.work(QUIETCLICKS_KEY_ENCRYPTION_KEY=wrong)
        line = last_line(third, 2)
        assert line.startswith("quietclicks: the key of 20")
        assert "does not open with this key-encryption key" in line
        assert wrong not in third.said
        assert await made.processed() == 3

        # Records that retention took before they were processed are a clear stop.
        await send(made, 0, event(4, now()), event(5, now()))
        await delete_up_to(made.admin, TopicPartition(topics.RAW, 0), 4)
        fourth = made.work()
        line = last_line(fourth, 1)
        assert "clickstream.raw[0]: records 2 to 3 were lost to retention" in line
        assert f"{made.settings.app}.anonymise" in line
        assert [len(await made.read(topics.PSEUDONYMISED)), await made.processed()] == [2, 3]

        # Told so, it goes on without them.
        where = {"bootstrap": made.settings.bootstrap, "app": made.settings.app}
        lost = "clickstream.raw[0]: LOST: 2 to 3 were deleted before they were processed"
        assert lost in typed("offsets", "show", **where).stdout
        assert lost in one_line(typed("offsets", "reset", "anonymise", **where), 2)
        reset = typed("offsets", "reset", "anonymise", "--yes", **where)
        assert reset.stdout == f"reset to 4: anonymise: {lost}\n"
        made.workers.clear()  # they ended as they should
        fifth = made.work()
        await ready(fifth, 2)
        await processed(made, 6)
        running = one_line(typed("offsets", "reset", "anonymise", "--yes", **where), 1)
        assert "has 1 member(s): stop all workers first" in running
        assert fifth.stop() == 0
        nothing = "is lost: nothing is reset"
        assert nothing in one_line(typed("offsets", "reset", "anonymise", "--yes", **where), 1)
        assert len(await made.read(topics.PSEUDONYMISED)) == 3


async def delete_up_to(admin: AIOKafkaAdminClient, place: TopicPartition, offset: int) -> None:
    await admin.delete_records({place: RecordsToDelete(offset)})


async def test_it_says_in_one_line_why_it_cannot_start(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        settings = {
            "bootstrap": made.settings.bootstrap,
            "policy": made.settings.policy or "",
            "key_encryption_key": made.settings.key_encryption_key or "",
        }
        taken = made.work()
        await ready(taken, 2)
        done = typed("worker", "--port", str(taken.port), **settings, app="another")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert f"port {taken.port} is taken" in done.stderr.splitlines()[-1]
        assert taken.stop() == 0

        await made.admin.delete_topics([topics.RAW])

        async def gone() -> bool:
            return topics.RAW not in await made.admin.list_topics()

        await until(gone, "the topic is deleted")
        done = typed("worker", "--port", "0", **settings)
        assert "there is no topic clickstream.raw: run `quietclicks topics apply`" in one_line(
            done, 1
        )
        done = typed("replay", "-", said=event(1, now()), **settings)
        assert "run `quietclicks topics apply`" in one_line(done, 1)


async def test_settings_come_from_a_file_and_the_environment_wins(tmp_path: Path) -> None:
    async with world(tmp_path, SMALL) as made:
        config = tmp_path / "settings.toml"
        key_file = tmp_path / "kek"
        key_file.write_text(made.settings.key_encryption_key or "")
        config.write_text(
            f'bootstrap = "{made.settings.bootstrap}"\nkey_encryption_key_file = "{key_file}"\n'
            f'policy = "{made.settings.policy}"\napp = "{made.settings.app}"\nticks = "none"\n'
            'web_port = 1\nsasl_password = "correct-horse"\n'
        )
        port = free_port()
        worker = from_file(tmp_path, {"CONFIG": str(config), "WEB_PORT": str(port)})
        try:

            async def answers() -> bool:
                assert worker.poll() is None, (tmp_path / "log").read_text()
                try:
                    found = json.loads(page(port, "/healthz"))
                except OSError:
                    return False
                owned: list[int] = found["partitions"]["anonymise"]
                return owned == [0, 1]

            await until(answers, "ready")
        finally:
            worker.terminate()
            assert worker.wait(PATIENCE) == 0
        said = (tmp_path / "log").read_text()
        assert "correct-horse" not in said
        assert KEK.hex() not in said


def from_file(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "quietclicks", "worker"],
            env={
                "PATH": os.environ["PATH"],
                **{f"QUIETCLICKS_{name}": value for name, value in environment.items()},
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
