"""The report: each promise with its outcome, each check with what it measured, figures besides.

Its JSON goes to `privacy.audits`, where it is kept for ever and the audit log has its hash: names
of fields and checks are stable, and nothing in it is of a person (docs/audit.md).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import MEANINGS, Check
from quietclicks.pipeline.audit.findings import Finding, Outcome, outcome_of, strictest
from quietclicks.pipeline.audit.promises import OTHERS, PROMISES, Promise, Unmeasured
from quietclicks.pipeline.policy import Policy, policy_hash
from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.statement.sentences import names, sentences

FORMAT = 1


class Kept(Struct, frozen=True):
    """One promise: what the public reads, and the checks that measure it, or why none does."""

    section: str
    promise: str
    outcome: Outcome
    checks: tuple[Check, ...] = ()
    why: str = ""


class Checked(Struct, frozen=True):
    """One check, as `Finding` has it."""

    name: Check
    title: str
    outcome: Outcome
    says: str
    problems: tuple[str, ...] = ()
    remedy: str = ""


class Figure(Struct, frozen=True):
    """A measurement that nothing judges: what, of what, and how much."""

    name: str
    of: str
    value: int | str
    unit: str = ""


class Of(Struct, frozen=True):
    """The policy that it was measured against."""

    revision: str
    hash: str


class Report(Struct, frozen=True):
    """`at` and `since` are UTC; `checkpoint` is the newest of the audit log that was seen."""

    format: int
    outcome: Outcome
    at: str
    since: str
    version: str
    policy: Of
    promises: tuple[Kept, ...]
    checks: tuple[Checked, ...]
    figures: tuple[Figure, ...] = ()
    checkpoint: str = ""

    def count(self, outcome: Outcome) -> int:
        """How many promises."""
        return sum(each.outcome is outcome for each in self.promises)


_decoder = msgspec.json.Decoder(Report)


class ReportError(ValueError):
    """What is no report."""


class Head(Struct, frozen=True):
    """When, by what, and in what the audit log was seen."""

    at: str
    since: str
    version: str
    checkpoint: str = ""


def build(
    head: Head,
    policy: Policy,
    statement: Statement | None,
    findings: Iterable[Finding],
    figures: Iterable[Figure] = (),
) -> Report:
    """`statement` is None where the policy does not say who answers for it: nothing is promised."""
    by_check = {each.check: each for each in findings}
    checks = tuple(_checked(by_check[check]) for check in MEANINGS if check in by_check)
    return Report(
        format=FORMAT,
        outcome=outcome_of(each.outcome for each in checks),
        at=head.at,
        since=head.since,
        version=head.version,
        policy=Of(policy.revision, policy_hash(policy)),
        promises=tuple(_promises(statement, by_check)) if statement else (),
        checks=checks,
        figures=tuple(figures),
        checkpoint=head.checkpoint,
    )


def encode(report: Report) -> bytes:
    """The same report gives the same bytes."""
    return msgspec.json.encode(report, order="sorted")


def decode(data: bytes) -> Report:
    """And back. Raises `ReportError`; a later version's further fields are passed over."""
    try:
        report = _decoder.decode(data)
    except (ValueError, RecursionError):
        raise ReportError("this is no report of an audit") from None
    if report.format != FORMAT:
        raise ReportError(f"this is a report of another format than {FORMAT}")
    return report


def _promises(statement: Statement, findings: Mapping[Check, Finding]) -> Iterable[Kept]:
    """One for each row of the table that fits, and for each sentence that no row names."""
    told: dict[tuple[str, Promise], list[str]] = {}
    for section, sentence in sentences(statement):
        promise = promise_of(section, sentence) or Promise(sentence, why=Unmeasured.NO_ROW)
        told.setdefault((section, promise), []).append(sentence)
    for (section, promise), said in told.items():
        outcomes = [
            findings[check].outcome if check in findings else Outcome.NOT_CHECKED
            for check in promise.checks
        ]
        yield Kept(
            section,
            _text(said),
            strictest(outcomes),
            promise.checks,
            "" if promise.why is None else promise.why.value,
        )


def promise_of(section: str, sentence: str) -> Promise | None:
    """The row of the table that names a sentence."""
    rows = (*PROMISES.get(section, ()), *OTHERS.get(section, ()))
    return next((each for each in rows if names(each.words, sentence)), None)


def _text(said: Sequence[str]) -> str:
    more = len(said) - 1
    return said[0] + (f" (and {more} more like it)" if more else "")


def _checked(finding: Finding) -> Checked:
    title = MEANINGS[finding.check].title
    said = finding.says, finding.problems, finding.remedy
    return Checked(finding.check, title, finding.outcome, *said)


def tally(report: Report) -> str:
    """`41 promises held, 1 broken, 32 not checked`."""
    counts = Counter(each.outcome for each in report.promises)
    held, broken = counts[Outcome.HELD], counts[Outcome.BROKEN]
    return f"{held} promises held, {broken} broken, {counts[Outcome.NOT_CHECKED]} not checked"
