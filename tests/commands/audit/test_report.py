"""`audit report`: its files, its exit status, and from when on it looks. No broker is needed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from quietclicks.agents.audit.measure import Asked
from quietclicks.agents.settings import Settings
from quietclicks.commands.audit import report as module
from quietclicks.commands.audit.report import report
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, held
from quietclicks.pipeline.audit.report import Report, encode
from quietclicks.pipeline.policy import Duration, Policy
from tests.paths import ROOT
from tests.pipeline.audit import made

POLICY_FILE = str(ROOT / "deploy" / "policy.toml")
ALL_IS_WELL = held(Check.TOPICS, "21 topics")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What was asked of an audit that finds nothing, or what `found` holds."""
    return stand_in(monkeypatch, ALL_IS_WELL)


def stand_in(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> list[Asked]:
    there: list[Asked] = []

    async def audit(settings: Settings, asked: Asked, tell: Callable[[int], None]) -> Report:
        there.append(asked)
        tell(1)
        return made.report(*findings)

    monkeypatch.setattr(module, "audit", audit)
    return there


def typed(*words: str) -> Result:
    return CliRunner().invoke(report, [*words, "--policy", POLICY_FILE])


def test_it_writes_what_it_is_told_to(asked: list[Asked], tmp_path: Path) -> None:
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    done = typed("--html", str(page), "--json", str(data))
    assert (done.exit_code, done.exception) == (0, None)
    assert data.read_bytes() == encode(made.report(ALL_IS_WELL))
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert "held        topics" in done.stdout


def test_what_is_broken_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    done = typed()
    assert isinstance(done.exception, Failure)
    assert "broken" in str(done.exception)
    assert "What to do:" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "yesterday"),
        ("--since", "20261122"),
        ("--since", "2026-13-01"),
        ("--key", "not a key"),
        ("--html", "/nowhere/at/all.html"),
        ("--json", "/nowhere/at/all.json"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_use(asked: list[Asked], words: tuple[str, ...]) -> None:
    assert isinstance(typed(*words).exception, UsageError)


def test_from_when_on_it_looks(asked: list[Asked]) -> None:
    typed("--since", "2026-01-31")
    typed()
    today = datetime.now(UTC).date()
    assert asked[0].since == date(2026, 1, 31)
    assert asked[0].begins == datetime(2026, 1, 31, tzinfo=UTC)
    # Every seven days, and a day for the audit that came late.
    assert asked[1].since in {today - timedelta(days=8), today - timedelta(days=9)}
    assert asked[1].statement is not None


@pytest.mark.parametrize(("every", "days"), [(1, 7), (7, 8), (30, 31), (None, 7)])
def test_one_audit_begins_where_the_last_one_was(every: int | None, days: int) -> None:
    policy: Policy = made.POLICY
    assert policy.audit is not None
    audit = None if every is None else replace(policy.audit, every=Duration(every * 86_400))
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert module._begin(replace(policy, audit=audit), now) == now.date() - timedelta(days=days)
