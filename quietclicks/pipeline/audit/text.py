"""The report as a short text for a terminal: what is broken first, then a line for each check."""

from collections.abc import Iterator

from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import Checked, Report, tally

_ORDER = (Outcome.BROKEN, Outcome.NOT_CHECKED, Outcome.HELD)
_WORDS = {Outcome.HELD: "held", Outcome.BROKEN: "BROKEN", Outcome.NOT_CHECKED: "not checked"}


def lines(report: Report) -> Iterator[str]:
    """Without ends."""
    yield f"Audit of {report.at}, policy of {report.policy.revision}: {_WORDS[report.outcome]}"
    yield tally(report)
    for outcome in _ORDER:
        for each in report.checks:
            if each.outcome is outcome:
                yield from _check(each)


def _check(each: Checked) -> Iterator[str]:
    yield f"{_WORDS[each.outcome]:11} {each.name}: {each.title}: {each.says}"
    for problem in each.problems:
        yield f"  - {problem}"
    if each.remedy:
        yield f"  What to do: {each.remedy}"
