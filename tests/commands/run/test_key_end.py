"""A run's keys: time goes on until they are due, and not before each day was seen to close."""

import asyncio
import math
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from quietclicks.agents.evidence.audit_log import Stored
from quietclicks.commands.run import key_end, watched
from quietclicks.commands.run.key_end import due_at, end_keys, hours
from quietclicks.commands.run.key_lives import KeyLives
from quietclicks.commands.run.screen import Screen
from quietclicks.commands.run.watched import Watched
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.topology.lifetime import Progress, due_by_broker, due_by_log
from tests.kafka.world import policy_text
from tests.pipeline.evidence.made import FIRST_DAY, NEW, ORIGIN, life, policy, written

POLICY = parse(policy_text(), "policy.toml")
DAY = 20_758  # 2026-11-01, which is FIRST_DAY
ENTRIES = written([policy(None), *life(FIRST_DAY, 0)])


@pytest.mark.parametrize(
    ("grace", "lateness", "due"),
    [
        ("48h", "15m", "2026-11-04T00:15:00Z"),
        ("24h", "2h", "2026-11-03T02:00:00Z"),
        ("30h", "0s", "2026-11-03T06:00:00Z"),
        ("2970m", "15m", "2026-11-04T02:15:00Z"),  # an hour that is not over holds it
    ],
)
def test_a_tick_at_that_time_makes_the_key_due_and_none_before(
    grace: str, lateness: str, due: str
) -> None:
    policy = parse(policy_text(grace=grace, allowed_lateness=lateness, internal="5d"), "p.toml")
    at_ms = due_at(policy, DAY)
    assert text(at_ms) == due
    late_ms = policy.time.allowed_lateness * 1000
    for tick_ms, days in ((at_ms, DAY), (at_ms - 1, DAY - 1)):
        closed_until = (tick_ms - late_ms) // MILLISECONDS_PER_HOUR
        assert due_by_log(policy, closed_until) == days
    assert due_by_broker(policy, at_ms) >= DAY, "and by the broker's clock"


def test_time_goes_on_by_the_hour() -> None:
    day_ms = DAY * MILLISECONDS_PER_DAY
    last_ms = day_ms + 3 * MILLISECONDS_PER_HOUR + 900_000
    assert [text(each) for each in hours(DAY * 24, last_ms)] == [
        "2026-11-01T01:00:00Z",
        "2026-11-01T02:00:00Z",
        "2026-11-01T03:00:00Z",
        "2026-11-01T03:15:00Z",
    ]
    assert list(hours(DAY * 24, day_ms)) == [day_ms]


class Run:
    """A run whose broker is here; what happened to it, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, days: Iterable[int] = (DAY,)) -> None:
        self.days = set(days)
        self.released_until = (DAY + 1) * 24
        self.cuts = [Progress(DAY - 1), Progress(DAY - 1, {DAY: 1})]
        self.happened: list[str] = []
        self.lives = KeyLives()
        self.stored = Stored(ENTRIES, [signed()])
        monkeypatch.setattr(watched, "LOOK_SECONDS", 0)
        for name in ("read_keys", "event_cuts", "send", "read_log"):
            monkeypatch.setattr(key_end, name, getattr(self, name))
        roles = SimpleNamespace(settings=str)
        processes = SimpleNamespace(check=self.check)
        parts: list[Any] = [roles, POLICY, Screen(False), processes, NEW.verifier]
        self.watched = Watched(*parts)
        monkeypatch.setattr(Watched, "released_until", lambda _: self.released())

    async def released(self) -> int:
        return self.released_until

    async def read_keys(self, role: str) -> Any:
        assert role == "auditor"
        return SimpleNamespace(written=self.days)

    async def event_cuts(self, role: str, _: object) -> list[Progress]:
        assert role == "auditor"
        self.happened.append("asked")
        if self.happened.count("asked") == 3:
            self.cuts[0] = self.cuts[1]
        return self.cuts

    async def send(self, role: str, values: list[tuple[bytes, bool]], _: object) -> int:
        assert role == "collector"
        assert all(planned for _, planned in values)
        times = [msgspec.json.decode(value)["timestamp"] for value, _ in values]
        self.happened.append(f"{len(times)} ticks, the last {times[-1]}")
        for entry in ENTRIES:
            self.lives.take(entry)
        return 0

    async def read_log(self, role: str) -> Stored:
        assert role == "inspector"
        return self.stored

    def check(self) -> None:
        self.happened.append("looked")

    async def end(self, patience: float = math.inf) -> None:
        following = asyncio.create_task(asyncio.sleep(60))
        try:
            await end_keys(self.watched, self.lives, following, patience)
        finally:
            following.cancel()


def signed() -> bytes:
    log = Log()
    for entry in ENTRIES:
        log.replay(entry)
    return checkpoints.signed(log.checkpoint(ORIGIN), [NEW])


async def test_time_goes_on_when_the_day_was_seen_to_close(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Days that close while nobody looks would be cut with a later one, and much later."""
    run = Run(monkeypatch)
    await run.end()
    assert run.happened == [
        *("asked", "looked", "asked", "looked", "asked"),
        "49 ticks, the last 2026-11-04T00:15:00Z",
    ]
    *_, last = capsys.readouterr().out.splitlines()
    assert last == (
        "Verified: the key of 2026-11-01 is destroyed, entry 6 of 7 in the audit log, "
        f"signed by {NEW.verifier}"
    )


async def test_of_a_log_that_is_young_it_says_when(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    today = int(time.time()) // 86_400
    run = Run(monkeypatch, [today - 3, today - 1])
    await run.end()
    due = text(due_at(POLICY, today - 1))
    assert f"is due at {due}, not in this run." in capsys.readouterr().out
    assert run.happened == []


async def test_without_a_key_there_is_nothing_to_wait_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(monkeypatch, [])
    await run.end()
    assert capsys.readouterr().out == "No day has a key: no event came that far.\n"
    assert run.happened == []


async def test_what_takes_too_long_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch)
    run.stored = Stored(ENTRIES, [])  # nobody signs
    with pytest.raises(Failure, match="took more than 0 s"):
        await run.end(0)


async def test_a_receipt_that_does_not_hold_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch)
    changed = [each.replace(b"tombstoned-and", b"tombstoned+and") for each in ENTRIES]
    run.stored = Stored(changed, [signed()])
    with pytest.raises(Failure, match="the newest checkpoint is of other entries"):
        await run.end()
