"""The supervisor starts again what may end, and blames what may not. No broker is needed."""

import asyncio
import base64
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from quietclicks.embedded.ports import HOST, free_port
from tests.chaos import supervisor
from tests.chaos.supervisor import Supervisor

PATIENCE = 120  # seconds; a bound against hanging, on a machine that does much else


@asynccontextmanager
async def supervised(folder: Path, **environment: str) -> AsyncIterator[Supervisor]:
    made = Supervisor(folder, {"PATH": os.environ["PATH"], **environment}, 1)
    watching = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        watching.cancel()
        made.stop()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(0.02)


def lonely() -> dict[str, str]:
    """Nobody is at this address."""
    return {
        "QUIETCLICKS_BOOTSTRAP": f"{HOST}:{free_port()}",
        "QUIETCLICKS_KEY_ENCRYPTION_KEY": base64.b64encode(bytes(32)).decode(),
    }


async def test_starts_again_what_ended_with_a_reason(tmp_path: Path) -> None:
    async with supervised(tmp_path, **lonely()) as made:
        await until(lambda: len(list(made.logs())) > 1)
        [(reason, number)] = made.ends.items()
        assert reason.startswith("quietclicks: no Kafka broker answers at N.N.N.N:N")
        assert number == 1
        assert made.found == []
        [worker] = made.workers
        assert worker.status is None
        assert worker.health() == "does not answer"


async def test_blames_wrong_use(tmp_path: Path) -> None:
    async with supervised(tmp_path) as made:
        await until(lambda: made.found)
        assert "worker-0.log ended with status 2: quietclicks: " in str(made.found[0])


async def test_blames_an_end_without_a_reason(tmp_path: Path) -> None:
    made = Supervisor(tmp_path, {"PATH": os.environ["PATH"], **lonely()}, 1)
    [worker] = made.workers
    await until(lambda: worker.status == 1)
    with worker.log.open("a") as said:
        said.write("one more line\n")
    watching = asyncio.create_task(made.run())
    await until(lambda: made.found)
    watching.cancel()
    made.stop()
    assert "its last line is no reason" in str(made.found[0])


async def test_starts_again_what_was_killed_but_not_who_leaves(tmp_path: Path) -> None:
    async with supervised(tmp_path, **lonely()) as made:
        made.workers[0].signal(signal.SIGKILL)
        guest = made.add()
        guest.leaves = True
        guest.signal(signal.SIGKILL)
        await until(lambda: made.ends["killed"] == 2 and len(made.workers) == 1)
        assert made.workers[0].log.name == "worker-2.log"
        assert made.found == []


async def test_blames_who_does_not_stop(tmp_path: Path) -> None:
    async with supervised(tmp_path, **lonely()) as made:
        [worker] = made.workers
        worker.signal(signal.SIGSTOP)
        stat = Path(f"/proc/{worker.pid}/stat")
        await until(lambda: " T " in stat.read_text("ascii"))
        worker.signal(signal.SIGTERM)
        assert worker.stopping is not None
        worker.stopping -= supervisor.STOPPING_SECONDS
        await until(lambda: made.found)
        assert "has not stopped" in str(made.found[0])
