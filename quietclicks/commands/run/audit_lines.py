"""What a run says of an audit: the outcome in one line, and what is broken. It asks no broker.

One without users and encryption cannot keep all that is promised: that much is no fault of a run.
"""

from collections import Counter
from collections.abc import Iterator

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import Checked, Report, tally

OPEN = frozenset({Check.ACCESS, Check.ENCRYPTION})


def lines_of(report: Report, secure: bool) -> Iterator[str]:
    """For people, without ends."""
    yield f"Audited: {tally(report) if report.promises else _checks(report)}"
    for each in _broken(report):
        if not secure and each.name in OPEN:
            told = "that takes users and encryption, which SECURE=1 has"
            yield f"  broken check: {each.title}: {told}"
        else:
            yield f"  broken check: {each.title}"
            yield from (f"    {problem}" for problem in each.problems)


def faults_of(report: Report, secure: bool) -> list[str]:
    """The titles of what is broken and need not be."""
    return [each.title for each in _broken(report) if secure or each.name not in OPEN]


def _broken(report: Report) -> list[Checked]:
    return [each for each in report.checks if each.outcome is Outcome.BROKEN]


def _checks(report: Report) -> str:
    """Where the policy names nobody who would promise anything."""
    counts = Counter(each.outcome for each in report.checks)
    held, broken = counts[Outcome.HELD], counts[Outcome.BROKEN]
    return f"{held} checks held, {broken} broken, {counts[Outcome.NOT_CHECKED]} not checked"
