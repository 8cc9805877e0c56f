"""A run's lines about an audit: what is broken is named, and what need not be is a fault."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from quietclicks.commands.run.audit_lines import OPEN, faults_of, lines_of
from quietclicks.pipeline.audit.catalogue import MEANINGS, Check
from quietclicks.pipeline.audit.findings import Finding, broken, held, not_checked
from tests.pipeline.audit.made import report

TITLES = {check: meaning.title for check, meaning in MEANINGS.items()}
ACCESS = broken(Check.ACCESS, ["broker 1 has no authorizer: everybody may do everything"], "do")
CLEAR = broken(Check.ENCRYPTION, ["this audit reaches the broker by PLAINTEXT"], "do")
TOPICS = broken(Check.TOPICS, ["clickstream.raw: retention.ms is -1", "x: unlisted"], "do")
HELD = held(Check.RETENTION, "3 topics have records")
NOT = not_checked(Check.TOPICS, "it could not be asked")


@pytest.mark.parametrize(
    ("findings", "secure", "faults"),
    [
        pytest.param([HELD, NOT], True, [], id="nothing-broken"),
        pytest.param([ACCESS, CLEAR, HELD], False, [], id="a-broker-without-users"),
        pytest.param([ACCESS, CLEAR], True, [Check.ACCESS, Check.ENCRYPTION], id="with-users"),
        pytest.param([TOPICS, CLEAR], False, [Check.TOPICS], id="more-than-users-are-missing"),
        pytest.param([TOPICS, HELD], True, [Check.TOPICS], id="topics"),
    ],
)
def test_a_fault_is_what_need_not_be_broken(
    findings: Sequence[Finding], secure: bool, faults: list[Check]
) -> None:
    found = report(*findings)
    titles = [TITLES[each] for each in faults]
    assert faults_of(found, secure) == titles
    first, *others = lines_of(found, secure)
    assert first.startswith("Audited: ")
    assert "\n" not in first
    told = {each.title: each for each in found.checks if each.problems}
    named = [each for each in others if each.startswith("  broken check: ")]
    assert len(named) == len(told)
    for title, check in told.items():
        [line] = [each for each in named if title in each]
        assert ("SECURE=1" in line) == (title not in titles)
        for problem in check.problems:
            assert (f"    {problem}" in others) == (title in titles)


def test_every_other_check_is_a_fault_on_any_broker() -> None:
    for check in set(Check) - OPEN:
        assert faults_of(report(broken(check, ["one"], "do")), secure=False) == [TITLES[check]]


def test_promises_are_counted_or_where_there_are_none_checks() -> None:
    found = report(HELD, ACCESS)
    outcomes = [each.outcome.value for each in found.promises]
    told = [f"{outcomes.count('held')} promises held", f"{outcomes.count('broken')} broken"]
    assert outcomes.count("held") > 0
    assert outcomes.count("broken") > 0
    left = f"{outcomes.count('not-checked')} not checked"
    assert next(lines_of(found, True)) == f"Audited: {', '.join([*told, left])}"
    nobody = replace(found, promises=())
    assert next(lines_of(nobody, True)) == "Audited: 1 checks held, 1 broken, 0 not checked"
