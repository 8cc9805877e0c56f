"""Whatever a server, a rotation and `kill -9` do in whatever order: each line is told once.

Some are sent twice, by the same ids, and never more than the one portion that was on its way.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.agents.follow import growing
from quietclicks.agents.follow.state import load
from tests.agents.follow.followed import Follower, Log, Topic, line

PORTION = 3  # lines
Act = Literal["write", "begin", "rename", "copy", "step", "hand over", "look", "catch up", "die"]
ACTS: tuple[Act, ...] = get_args(Act)
SENT = ("before it is acknowledged", "before the position is saved")
UNSENT = ("before the generation is saved", "before it is sent")
POINTS = (*UNSENT, *SENT, "after the position is saved")


class Killed(Exception):
    """`kill -9`."""


class Story:
    """A log that is written to, rotated and followed. `deaths`: with a portion on its way."""

    def __init__(self, folder: Path) -> None:
        self.log = Log(folder)
        self.topic = Topic()
        self.follower = Follower(self.log.path, folder / "state.json", self.topic)
        self.written = self.deaths = 0
        self._rest = b""
        self.follower.catch_up()

    def write(self) -> None:
        """What was begun, and two lines more."""
        self.log.write(self._rest)
        self._rest = b""
        for _ in range(2):
            self.log.write(line(self.written))
            self.written += 1

    def begin(self) -> None:
        """Half a line."""
        self.write()
        self.log.write(line(self.written)[:30])
        self._rest = line(self.written)[30:]
        self.written += 1

    def rename(self) -> None:
        """As logrotate does, with a server that opens the new file soon."""
        if self._is_known():
            self.log.rename()
            self.follower.look()
            self.write()
            self.log.reopen()
            self.write()
            self.follower.look()

    def copy(self) -> None:
        """The same with `copytruncate`, which cuts a line that is half written in two."""
        if self._is_known():
            self.write()
            self.log.copy_and_truncate()
            self.write()
            self.follower.look()

    def step(self, point: str | None = None) -> None:
        """A portion, or as far as a point at which it dies."""

        def on_the_way(at: str) -> None:
            if at == point:
                self.deaths += point in SENT
                self.follower.die()
                raise Killed

        self.follower.hear()
        try:
            self.follower.step(on_the_way)
        except Killed:
            return

    def _is_known(self) -> bool:
        """Of a file that nobody has looked at yet, with anything in it, nobody finds a copy."""
        self.follower.look()
        known = load(self.follower.state)[self.follower.name]
        return bool(known) and all(each.head_bytes for each in known)

    def end(self) -> None:
        """All that was written is read."""
        self.follower.hear()
        self.write()
        self.follower.outlast()
        self.follower.die()
        self.log.close()


@contextmanager
def story() -> Iterator[Story]:
    with (
        TemporaryDirectory() as folder,
        mock.patch.object(growing, "MAX_LINES", PORTION),
        mock.patch("os.fsync"),  # the machine goes on, and tests are done sooner
    ):
        made = Story(Path(folder))
        yield made
        made.end()
        everything = Counter(f"/p{number}" for number in range(made.written))
        assert made.topic.told_apart == everything
        assert made.topic.pages.total() <= made.written + PORTION * made.deaths
        assert all(each.endswith("waiting for it") for each in made.follower.said), (
            "none is missing"
        )


def tell(told: Story, act: Act, point: str) -> None:
    match act:
        case "write":
            told.write()
        case "begin":
            told.begin()
        case "rename":
            told.rename()
        case "copy":
            told.copy()
        case "step":
            told.step()
        case "hand over":
            told.follower.hear()
            told.follower.hand_over()
        case "look":
            told.follower.look()
        case "catch up":
            told.follower.hear()
            told.follower.catch_up()
        case "die":
            told.deaths += told.follower.on_its_way is not None
            if told.follower.on_its_way is None:
                told.step(point)
            told.follower.die()


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(POINTS)), max_size=25))
@settings(max_examples=150)
def test_each_line_is_told_once(acts: list[tuple[Act, str]]) -> None:
    with story() as told:
        for act, point in acts:
            tell(told, act, point)


@pytest.mark.parametrize("point", POINTS)
def test_it_may_die_at_each_point(point: str) -> None:
    with story() as told:
        told.write()
        told.step(point)
        assert told.follower.watch is None, "it died there"
        told.rename()
        told.follower.catch_up()


def test_what_was_on_its_way_comes_twice_and_is_told_by_its_ids() -> None:
    with story() as told:
        for _ in range(3):
            told.write()
        told.step("before the position is saved")
        told.follower.catch_up()
        assert told.topic.pages.total() == told.written + PORTION
        assert told.topic.told_apart.total() == told.written
