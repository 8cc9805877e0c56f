"""The audit of a live pipeline: what is as promised is held, and each sabotage is found and named.

A day of made-up visits goes through a whole worker, which then stops; each test breaks one thing.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quietclicks.agents.audit.measure import Asked, audit
from quietclicks.agents.audit.reports import read_reports
from quietclicks.demo.load import load
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import Checked, Report, decode
from quietclicks.pipeline.statement.build import build
from tests.commands.typed import typed
from tests.kafka.world import World, policy_text, world

EVENTS = 4_000
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    text = policy_text(raw_partitions=1, event_partitions=1, partials_partitions=1)
    async with world(tmp_path, text) as found:
        worker = found.work()
        await found.send(list(load(1, EVENTS, DAY)))
        await found.all_released()
        worker.stop()
        yield found


async def audited(made: World, now: datetime | None = None) -> Report:
    now = now or datetime.now(UTC)
    statement = build(made.policy, "policy.toml")
    asked = Asked(made.policy, statement, now, DAY.date())
    return await audit(made.settings, asked, lambda _: None)


def check(report: Report, name: Check) -> Checked:
    [found] = [each for each in report.checks if each.name is name]
    return found


async def test_once_it_is_recorded(made: World) -> None:
    where = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
    done = await asyncio.to_thread(typed, "audit", "run", "--once", **where)
    assert done.returncode == 1, done.stderr  # a broker without users: everybody may do everything
    [stored] = await read_reports(made.settings)
    report = decode(stored.value)
    assert report.outcome is Outcome.BROKEN
    assert json.loads(stored.value)["outcome"] == "broken"
    assert check(report, Check.TOPICS).outcome is Outcome.HELD, check(report, Check.TOPICS)
    assert check(report, Check.RETENTION).outcome is Outcome.HELD
    assert "no authorizer" in check(report, Check.ACCESS).problems[0]
    assert "PLAINTEXT" in check(report, Check.ENCRYPTION).problems[0]
