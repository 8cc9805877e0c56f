"""What the tests of following share: a log in a folder of its own, and a follower in steps.

A `Topic` stands for the broker: what it took it keeps, whatever becomes of the follower.
"""

import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from quietclicks.agents.follow.growing import Kind, Portion
from quietclicks.agents.follow.state import load, save
from quietclicks.agents.follow.watch import LINGER_SECONDS, Watch
from quietclicks.commands.log_input import Asked, recognised, refuse_unreadable
from quietclicks.pipeline.logs.events import reader
from quietclicks.pipeline.policy import Policy, parse
from tests.paths import ROOT

POLICY: Policy = parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


def line(number: int, agent: str = FIREFOX) -> bytes:
    """A page view in the combined format; its page says which."""
    return (
        f"8.8.{number // 256 % 256}.{number % 256} - - [17/Oct/2026:10:00:00 +0000] "
        f'"GET /p{number} HTTP/1.1" 200 741 "-" "{agent}"\n'
    ).encode()


def recognise(first: Sequence[bytes]) -> Kind:
    """As the command does."""
    kind = recognised(first, Asked(site="shop.example"), POLICY)
    return Kind(reader(kind.format, kind.reading), lambda found: refuse_unreadable(found, kind))


class Log:
    """A log that a server writes to and another program rotates."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.log"
        self._handle: int | None = None

    def write(self, content: bytes) -> None:
        """As servers do: to the file that they have open, at its end."""
        if self._handle is None:
            self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(self._handle, content)

    def _shift(self) -> Path:
        for number in range(99, 0, -1):
            older = self.path.with_name(f"access.log.{number}")
            if older.exists():
                older.rename(older.with_name(f"access.log.{number + 1}"))
        return self.path.with_name("access.log.1")

    def rename(self) -> None:
        """The name goes; the server writes on to the file that it has open."""
        if self.path.exists():
            self.path.rename(self._shift())

    def reopen(self) -> None:
        """The server makes a new one at its next line."""
        self.close()

    def copy_and_truncate(self) -> None:
        """As logrotate's `copytruncate`."""
        if self.path.exists():
            shutil.copyfile(self.path, self._shift())
            os.truncate(self.path, 0)

    def close(self) -> None:
        """The server has ended."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Topic:
    """What was sent: values, as often as they came."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    @property
    def pages(self) -> Counter[str]:
        """Of all events."""
        events = [json.loads(each) for each in self.values]
        return Counter(each["url"] for each in events if "url" in each)

    @property
    def told_apart(self) -> Counter[str]:
        """The same, repeats left out by their ids."""
        events = {each["event_id"]: each for each in map(json.loads, self.values) if "url" in each}
        return Counter(each["url"] for each in events.values())


class Follower:
    """A watch of one log, in steps; `restart` is another process."""

    def __init__(self, log: Path, state: Path, topic: Topic) -> None:
        self.log, self.state, self.topic = log, state, topic
        self.said: list[str] = []
        self.now = 0.0
        self._ids = partial(next, (f"{number:032x}" for number in itertools.count(1)))
        self.watch: Watch | None = None
        self.on_its_way: Portion | None = None

    @property
    def name(self) -> str:
        return str(self.log)

    def begin(self) -> Watch:
        """The process starts."""
        known = load(self.state).get(self.name)
        self.watch = Watch(
            self.log, known, recognise, self.said.append, draw_id=self._ids, clock=lambda: self.now
        )
        return self.watch

    def step(self, on_the_way: Callable[[str], None] = lambda point: None) -> bool:
        """One portion, if there is any; `on_the_way` hears of each point at which it may die."""
        watch = self.watch or self.begin()
        portion = watch.poll()
        if watch.is_changed:
            on_the_way("before the generation is saved")
            self.save(watch)
            watch.is_changed = False
        if portion is None:
            return False
        on_the_way("before it is sent")
        self.topic.values += portion.values
        on_the_way("before it is acknowledged")
        watch.take(portion)
        on_the_way("before the position is saved")
        self.save(watch)
        on_the_way("after the position is saved")
        return True

    def hand_over(self) -> None:
        """A portion on its way, which the broker has and has not answered."""
        watch = self.watch or self.begin()
        self.on_its_way = watch.poll()
        self.keep(watch)
        if self.on_its_way is not None:
            self.topic.values += self.on_its_way.values

    def hear(self) -> None:
        """The broker's answer."""
        if self.watch is not None and self.on_its_way is not None:
            self.watch.take(self.on_its_way)
            self.save(self.watch)
        self.on_its_way = None

    def look(self) -> None:
        """As it does twice a second."""
        if self.watch is not None:
            self.watch.look()
            self.keep(self.watch)

    def keep(self, watch: Watch) -> None:
        """What is to be kept before anything is sent."""
        if watch.is_changed:
            self.save(watch)
            watch.is_changed = False

    def catch_up(self) -> None:
        """Until nothing is left to read."""
        while self.step():
            pass

    def outlast(self) -> None:
        """Until files without a name are let go."""
        self.catch_up()
        self.now += LINGER_SECONDS
        self.catch_up()

    def die(self) -> None:
        """`kill -9`: what is not saved is gone."""
        self.on_its_way = None
        if self.watch is not None:
            self.watch.close()
            self.watch = None

    def save(self, watch: Watch) -> None:
        """As the command does."""
        save(self.state, {self.name: watch.generations})
