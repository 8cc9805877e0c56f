"""Clocks that jump, a day ahead or behind: no key goes early, none goes twice, each goes at last.

The cut and the destruction are the real ones; what they ask a broker for is held in memory. Two
clocks are asked: the broker's, and the log's, which ticks move and which never goes back. One of
them may say anything, as long as the other one is right.
"""

import ast
import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.agents import cuts
from quietclicks.agents.evidence import look
from quietclicks.agents.kafka import clients, cut
from quietclicks.agents.kafka.committed import Committed, Note
from quietclicks.agents.keys import destroy
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, day_text
from quietclicks.pipeline.evidence import observe
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.pseudonyms.key_life import KeyRecords
from quietclicks.pipeline.topology import lifetime
from quietclicks.pipeline.topology.lifetime import Progress
from quietclicks.pipeline.topology.rounds import Rounds
from tests.agents.keys.test_destroy import DAY, EVENTS, POLICY

HOUR, FULL_DAY = MILLISECONDS_PER_HOUR, MILLISECONDS_PER_DAY
DAYS = range(DAY, DAY + 3)
LATENESS = POLICY.time.allowed_lateness * 1000
AFTER = (POLICY.time.allowed_lateness + POLICY.keys.grace) * 1000  # a day's end
BROKER, LOG = "broker", "log"


class Site:
    """Its true time, and what its clocks say; `gone`: when each key was destroyed, in true ms."""

    def __init__(self) -> None:
        self.now = DAY * FULL_DAY
        self.wrong = {BROKER: 0, LOG: 0}
        self.gone: list[tuple[int, int]] = []
        self._watermark = 0
        self._progress = Progress()
        self._records = KeyRecords()
        self._offset = 0
        self._take((day_text(day).encode(), b"sealed") for day in DAYS)

    @property
    def brokers(self) -> int:
        return self.now + self.wrong[BROKER]

    async def attempt(self) -> None:
        """One of all that the leader does again and again."""
        self._watermark = max(self._watermark, self.now + self.wrong[LOG] - LATENESS)
        await cut.cut(Settings(), POLICY, EVENTS[0], self._watermark // HOUR)
        before = self._records.through
        for day in await destroy.destroy_due(Settings(), POLICY):
            assert day > before
            self.gone.append((day, self.now))

    def _take(self, rows: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        for key, value in rows:
            self._records.take(ListedRecord(self._offset, self.brokers, key, value))
            self._offset += 1

    @asynccontextmanager
    async def _writer(self, settings: Settings) -> AsyncIterator["Site"]:
        yield self

    async def write(self, topic: str, rows: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        self._take(rows)

    def assign(self, tps: object) -> None:
        """As the consumer that the cut asks with."""

    def in_memory(self) -> Any:
        async def at_once(*arguments: object) -> None:
            """It is so."""

        async def committed(*arguments: object) -> Committed:
            return Committed(0, Note(metadata=self._progress.encode()))

        async def keep(consumer: object, home: object, offset: int, progress: Progress) -> None:
            self._progress = progress

        async def first_after(consumer: object, tps: list[TopicPartition], at_ms: int) -> object:
            return dict.fromkeys(tps, 1)

        async def nudge(settings: Settings, tps: list[TopicPartition]) -> object:
            return dict.fromkeys(tps, self.brokers)

        async def rounds(settings: Settings) -> Rounds:
            return Rounds(0, 0)

        async def read_keys(settings: Settings, pending: bool = False) -> KeyRecords:
            return self._records

        async def nudge_keys(settings: Settings) -> int:
            return self.brokers

        return [
            patch.multiple(clients, start=at_once, stop=at_once, consumer=lambda *_, **__: self),
            patch.multiple(
                cut,
                committed_offset=committed,
                nudge=nudge,
                refuse_drift=at_once,
                broker_rounds=rounds,
                delete_before=at_once,
                _first_after=first_after,
                _last_of=at_once,
                _keep=keep,
            ),
            patch.multiple(
                destroy,
                committed_offset=committed,
                read_keys=read_keys,
                nudge_keys=nudge_keys,
                key_writer=self._writer,
            ),
        ]


def lived(site: Site, hours: Iterable[tuple[int, int]], wrong: str) -> list[tuple[int, int]]:
    """Attempts: so many hours after the last one, with that clock so many hours off."""

    async def live() -> None:
        for passed, off in hours:
            site.now += passed * HOUR
            site.wrong[wrong] = off * HOUR
            await site.attempt()

    first, second, third = site.in_memory()
    with first, second, third:
        asyncio.run(live())
    return site.gone


def checked(gone: list[tuple[int, int]]) -> None:
    early = [day for day, at in gone if at < (day + 1) * FULL_DAY + AFTER]
    assert not early
    assert [day for day, _ in gone] == sorted({day for day, _ in gone}), "none twice"


RIGHT = [(1, 0)] * (24 * 8)


@pytest.mark.parametrize("wrong", [BROKER, LOG])
@pytest.mark.parametrize("off", [24, -24, 24 * 300, -24 * 300], ids=str)
def test_a_clock_that_is_off_and_put_right(wrong: str, off: int) -> None:
    """For a day and a half in the middle; of three keys' lives all is seen."""
    for begins in range(0, 24 * 7, 12):
        hours = [*RIGHT[:begins], *[(1, off)] * 36]
        site = Site()
        checked(lived(site, hours, wrong))
        # What a clock far ahead has stamped holds the cut until that time has come: then it goes.
        lived(site, [(24 * 310, 0), *RIGHT], wrong)
        checked(site.gone)
        assert [day for day, _ in site.gone] == list(DAYS)


def test_with_right_clocks_each_goes_within_two_hours() -> None:
    late = [at - (day + 1) * FULL_DAY - AFTER for day, at in lived(Site(), RIGHT, BROKER)]
    assert len(late) == len(DAYS)
    assert max(late) <= 2 * HOUR


def test_both_clocks_a_day_ahead_are_early_which_the_search_finds() -> None:
    """The stated limit, and that a test here can fail."""
    site = Site()
    site.wrong[LOG] = 24 * HOUR
    with pytest.raises(AssertionError):
        checked(lived(site, [(1, 24)] * 24 * 5, BROKER))


steps = st.lists(st.tuples(st.integers(0, 40), st.integers(-60, 60)), max_size=20)


@given(steps, st.sampled_from([BROKER, LOG]))
def test_whatever_one_clock_says(hours: list[tuple[int, int]], wrong: str) -> None:
    site = Site()
    checked(lived(site, hours, wrong))
    lived(site, [(24 * 4, 0), *RIGHT], wrong)
    checked(site.gone)
    assert [day for day, _ in site.gone] == list(DAYS)


@pytest.mark.parametrize("module", [cut, cuts, destroy, look, lifetime, observe])
def test_no_workers_own_clock_is_asked(module: Any) -> None:
    """Only how long something took."""
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    asked = {ast.unparse(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    clocks = {each for each in asked if each.endswith((".now", ".today", ".utcnow", "time.time"))}
    assert not clocks
    assert {each for each in asked if each.startswith("time.")} <= {"time.monotonic"}
