"""The audit at a run's end: the one that was made then tells what is broken, and none before."""

from types import SimpleNamespace
from typing import Any

import pytest

from quietclicks.agents.audit.reports import Stored
from quietclicks.commands.run import audit_end, watched
from quietclicks.commands.run.audit_end import end_with_audit
from quietclicks.commands.run.screen import Screen
from quietclicks.commands.run.watched import Watched
from quietclicks.errors import Failure
from quietclicks.pipeline.audit.catalogue import MEANINGS, Check
from quietclicks.pipeline.audit.findings import broken, held
from quietclicks.pipeline.audit.report import Report, ReportError, encode
from quietclicks.pipeline.policy import parse
from tests.kafka.world import policy_text
from tests.pipeline.audit.made import report
from tests.pipeline.evidence.made import NEW

POLICY = parse(policy_text(), "policy.toml")
HELD = report(held(Check.TOPICS, "16 topics"))
DRIFT = report(broken(Check.TOPICS, ["clickstream.raw: retention.ms is -1"], "do"))
OPEN = report(broken(Check.ENCRYPTION, ["this audit reaches the broker by PLAINTEXT"], "do"))


class Run:
    """A run whose broker is here: an audit takes two looks, and what it records is `made`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, made: Report, secure: bool = True) -> None:
        self.reports = [Stored(encode(DRIFT), 0), Stored(encode(HELD), 1)]
        self.made = Stored(encode(made), 2)
        self.looks = 0
        self.begun = False
        monkeypatch.setattr(watched, "LOOK_SECONDS", 0)
        monkeypatch.setattr(audit_end, "read_reports", self.read)
        roles = SimpleNamespace(settings=str, secure=secure)
        parts: list[Any] = [roles, POLICY, Screen(secure), self, NEW.verifier]
        self.watched = Watched(*parts)

    async def read(self, role: str) -> list[Stored]:
        assert role == "inspector"
        return self.reports

    def begin_audit(self) -> None:
        self.begun = True

    def audit_ended(self) -> bool:
        assert self.begun
        if self.looks == 2:
            self.reports.append(self.made)
        return self.looks == 2

    def check(self) -> None:
        self.looks += 1


def test_what_is_as_promised_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(monkeypatch, HELD)
    assert end_with_audit(run.watched) == []
    out = capsys.readouterr().out
    assert "0 broken" in out
    assert "broken: " not in out, "the report before is another one"


def test_what_is_broken_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_with_audit(Run(monkeypatch, DRIFT).watched) == [MEANINGS[Check.TOPICS].title]
    assert "clickstream.raw: retention.ms is -1" in capsys.readouterr().out


@pytest.mark.parametrize(("secure", "faults"), [(True, 1), (False, 0)])
def test_on_a_broker_without_users_what_that_takes_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, secure: bool, faults: int
) -> None:
    assert len(end_with_audit(Run(monkeypatch, OPEN, secure).watched)) == faults


def test_a_process_that_ends_meanwhile_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, HELD)

    def check() -> None:
        raise Failure("a worker ended: x")

    monkeypatch.setattr(run, "check", check)
    with pytest.raises(Failure, match="a worker ended"):
        end_with_audit(run.watched)


def test_what_is_no_report_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, HELD)
    run.made = Stored(b'{"outcome":"held"}', 2)
    with pytest.raises(ReportError):
        end_with_audit(run.watched)
