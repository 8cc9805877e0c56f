"""The names of all metrics, once; and how much of the truth they tell.

A label is a stage or an outcome: never a value of an event. What could be subtracted from published
numbers is rounded at random (docs/decisions/operations-figures.md).
"""

import secrets
from collections import Counter
from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from quietclicks.agents.kafka.stages import ANONYMISE, RELEASE
from quietclicks.pipeline.anonymise.outcome import TICK, UNREADABLE_ADDRESS
from quietclicks.pipeline.evidence.status import Status
from quietclicks.pipeline.processor import Step
from quietclicks.pipeline.release.figures import Figure
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason

STEP = 10  # docs/decisions/operations-figures.md

EXACT: frozenset[str] = frozenset(
    {
        TICK,
        *topics.PUBLISHED,  # anybody can count what is published
        # No event of these is counted anywhere, and none of them tells of a visitor's choice.
        *(Reason.EMPTY, Reason.TOO_LARGE, Reason.NOT_UTF8, Reason.NOT_JSON, Reason.TOO_DEEP),
        *(Reason.INVALID, Reason.BAD_TIMESTAMP, Reason.FROM_THE_FUTURE, Reason.UNKNOWN_SITE),
        *(Reason.DUPLICATE, Reason.PREFETCH, Reason.OTHER_HOST, Reason.NOT_A_PAGE),
        *(Reason.UNREADABLE_LINE, Reason.ERROR),
    }
)
"""Outcomes that are told as they are. Every other one is rounded: so is a new one."""


class Metrics:
    """One worker's counters.

    Not the client's own: those tell when each was first counted, and the time of a first event is
    nobody's business.
    """

    def __init__(self) -> None:
        # Each is there from the start: a counter of 0 says so.
        self._outcomes: Counter[tuple[str, str]] = Counter(
            {
                **{
                    (ANONYMISE, reason): 0
                    for reason in (*Reason, Figure.CAPPED, UNREADABLE_ADDRESS)
                },
                **{(RELEASE, figure): 0 for figure in Figure if figure is not Figure.CAPPED},
            }
        )
        self._transactions: Counter[str] = Counter()
        self._evidence: Status | None = None

    def committed(self, stage: str, step: Step) -> None:
        """Count what a committed step held."""
        self._transactions[stage] += rounded(1)
        for outcome, number in step.tally.items():
            shown = number if outcome in EXACT else rounded(number)
            self._outcomes[stage, outcome] += shown

    def told(self, evidence: Status | None) -> None:
        """How the audit log stands; None: not known here, and nothing is told of it."""
        self._evidence = evidence

    def collect(self) -> Iterator[Metric]:
        """As the Prometheus client asks for them."""
        outcomes = CounterMetricFamily(
            "quietclicks_outcomes",
            "What became of records. Those of visitors are rounded at random to tens: right on the "
            "whole.",
            labels=["stage", "outcome"],
        )
        for labels, number in self._outcomes.items():
            outcomes.add_metric(labels, number)
        yield outcomes
        transactions = CounterMetricFamily(
            "quietclicks_transactions",
            "Committed transactions, rounded at random to tens.",
            labels=["stage"],
        )
        for stage, number in self._transactions.items():
            transactions.add_metric([stage], number)
        yield transactions
        if self._evidence is not None:
            yield from _of_evidence(self._evidence)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self)


def _of_evidence(status: Status) -> Iterator[Metric]:
    """Exact: all of it is in the audit log, which is made to be shown."""
    for name, says, number in (
        ("audit_log_entries", "Entries of the audit log.", status.entries),
        ("audit_log_signed_entries", "So many of them are signed.", status.signed),
        ("keys_overdue", "Day keys that should be destroyed, and are not.", status.overdue),
        ("drift", "Topics' settings and rights that the policy asks otherwise.", status.drift),
    ):
        yield GaugeMetricFamily(f"quietclicks_{name}", says, value=number)
    if status.audit is not None:
        outcome, at = status.audit
        yield GaugeMetricFamily(
            "quietclicks_last_audit_timestamp_seconds", "When it was recorded.", value=at
        )
        outcomes = GaugeMetricFamily(
            "quietclicks_last_audit", "1 for the last audit's outcome.", labels=["outcome"]
        )
        for each in ("held", "broken", "not-checked"):
            outcomes.add_metric([each], each == outcome)
        yield outcomes


def rounded(number: int) -> int:
    """The multiple of `STEP` below or above, by chance, so that the mean is right.

    Each addition is rounded by itself: no sum of them, however often it is looked at, tells a
    number exactly.
    """
    return (number + secrets.randbelow(STEP)) // STEP * STEP
