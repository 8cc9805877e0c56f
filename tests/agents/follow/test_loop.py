"""The loop: nothing moves on before the broker has it, and it ends when it is told to."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from quietclicks.agents.follow import loop
from quietclicks.agents.follow.loop import follow
from quietclicks.agents.follow.state import load
from quietclicks.errors import Failure
from tests.agents.follow.followed import Follower, Log, Topic, line


class Run:
    """The loop over one log, with a broker that answers when it is let."""

    def __init__(self, folder: Path) -> None:
        self.log, self.topic = Log(folder), Topic()
        self.follower = Follower(self.log.path, folder / "state.json", self.topic)
        self.answers = asyncio.Event()
        self.stopping = asyncio.Event()
        self.saved = asyncio.Event()
        self.lines_wanted = 2
        self.heard = 0

    async def send(self, values: Sequence[bytes]) -> None:
        await self.answers.wait()
        self.topic.values += values
        if len(self.topic.values) == self.lines_wanted:
            self.stopping.set()

    def hear(self, lines: int) -> None:
        self.heard += lines

    async def follow(self, at_most: float = 60) -> None:
        watch = self.follower.begin()
        self.log.write(line(1) + line(2))

        def save() -> None:
            self.follower.save(watch)
            self.saved.set()

        async with asyncio.timeout(at_most):
            await follow([watch], self.send, save, self.stopping, self.hear)
        self.follower.die()
        self.log.close()

    def position(self) -> int:
        """As it is on the disk."""
        return sum(each.position for each in load(self.follower.state)[self.follower.name])


async def test_what_is_acknowledged_is_saved(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.answers.set()
    await run.follow()
    assert run.position() == len(line(1) + line(2))
    assert run.heard == len(run.topic.values) == 2


async def test_without_an_answer_it_ends_when_it_is_told_and_the_position_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "FLUSH_SECONDS", 0)
    run = Run(tmp_path)
    following = asyncio.ensure_future(run.follow())
    await run.saved.wait()
    run.stopping.set()
    await following
    assert run.position() == 0
    assert run.topic.values == []


async def test_an_answer_that_comes_soon_is_waited_for(tmp_path: Path) -> None:
    run = Run(tmp_path)
    following = asyncio.ensure_future(run.follow())
    await run.saved.wait()
    run.stopping.set()
    run.answers.set()
    await following
    assert run.position() == len(line(1) + line(2))


async def test_rotations_are_seen_while_a_broker_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    run = Run(tmp_path)
    run.lines_wanted = 8
    following = asyncio.ensure_future(run.follow())
    await run.saved.wait()
    for number in (3, 5):
        run.saved.clear()
        run.log.rename()
        run.log.reopen()
        run.log.write(line(number) + line(number + 1))
        await run.saved.wait()
    run.saved.clear()
    run.log.copy_and_truncate()
    run.log.write(line(7) + line(8))
    await run.saved.wait()
    run.answers.set()
    await following
    assert run.topic.pages == {f"/p{number}": 1 for number in range(1, 9)}


async def test_what_no_waiting_mends_ends_it(tmp_path: Path) -> None:
    run = Run(tmp_path)

    async def refused(values: Sequence[bytes]) -> None:
        raise Failure("no right")

    run.send = refused  # type: ignore[method-assign]
    with pytest.raises(Failure, match="no right"):
        await run.follow()
    assert run.position() == 0
