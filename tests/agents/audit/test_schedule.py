"""When the next audit is due, and what becomes of a broker that is away. No broker is needed."""

import asyncio
import logging
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from quietclicks.agents.audit import schedule
from quietclicks.agents.audit.reports import Stored
from quietclicks.agents.audit.schedule import due_in, run
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.audit.report import Report
from quietclicks.pipeline.policy import Duration
from tests.pipeline.audit.made import report

EVERY = Duration(7 * 86_400)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AT_MS = int(NOW.timestamp() * 1000)


def stored(monkeypatch: pytest.MonkeyPatch, *ages: timedelta) -> list[Stored]:
    reports = [Stored(b"{}", AT_MS - int(age.total_seconds() * 1000)) for age in ages]

    async def read(settings: Settings) -> list[Stored]:
        return reports

    monkeypatch.setattr(schedule, "read_reports", read)
    return reports


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        pytest.param([], 0, id="none yet"),
        pytest.param([timedelta(days=7)], 0, id="as old as it may be"),
        pytest.param([timedelta(days=30)], -23 * 86_400, id="overdue"),
        pytest.param([timedelta(days=8), timedelta(days=1)], 6 * 86_400, id="the last one counts"),
    ],
)
async def test_when_the_next_one_is_due(
    monkeypatch: pytest.MonkeyPatch, ages: list[timedelta], seconds: int
) -> None:
    stored(monkeypatch, *ages)
    assert await due_in(Settings(), EVERY, NOW) == seconds


async def test_it_audits_once_and_stops_when_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = stored(monkeypatch)

    async def append(settings: Settings, value: bytes) -> None:
        reports.append(Stored(value, int(datetime.now(UTC).timestamp() * 1000)))
        os.kill(os.getpid(), signal.SIGTERM)

    async def measure() -> Report:
        return report()

    monkeypatch.setattr(schedule, "append", append)
    async with asyncio.timeout(60):
        await run(Settings(), EVERY, measure)
    assert len(reports) == 1


async def test_a_stop_does_not_wait_for_an_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    reports = stored(monkeypatch)

    async def measure() -> Report:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(60):
        await run(Settings(), EVERY, measure)
    assert reports == []


@pytest.mark.parametrize("kind", [Failure, UsageError])
async def test_a_broker_that_is_away_is_a_line_and_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: type[Failure | UsageError],
) -> None:
    stored(monkeypatch)
    monkeypatch.setattr(schedule, "AGAIN_SECONDS", 0.0)
    attempts = 0

    async def measure() -> Report:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise kind("no Kafka broker answers")

    with caplog.at_level(logging.WARNING, logger="quietclicks"):
        async with asyncio.timeout(60):
            await run(Settings(), EVERY, measure)
    assert attempts == 3
    assert {each.message for each in caplog.records} == {"no audit: no Kafka broker answers"}
