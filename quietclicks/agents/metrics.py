"""The names of all metrics, once; and how much of the truth they tell.

A label is a stage or an outcome: never a value of an event. What could be subtracted from published
numbers is rounded at random (docs/decisions/operations-figures.md).
"""

import hmac
import secrets

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import (
    CollectorRegistry,
    Counter,
    disable_created_metrics,
    generate_latest,
)

from quietclicks.agents.settings import THIS_MACHINE, Settings
from quietclicks.pipeline.processor import Step
from quietclicks.pipeline.release.figures import Figure
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason

__all__ = ["CONTENT_TYPE", "EXACT", "STEP", "committed", "exposition", "may_read"]

STEP = 10

EXACT: frozenset[str] = frozenset(
    {
        "tick",
        *topics.PUBLISHED,  # anybody can count what is published
        # No event of these is counted anywhere, and none of them tells of a visitor's choice.
        *(Reason.EMPTY, Reason.TOO_LARGE, Reason.NOT_UTF8, Reason.NOT_JSON, Reason.TOO_DEEP),
        *(Reason.INVALID, Reason.BAD_TIMESTAMP, Reason.FROM_THE_FUTURE, Reason.UNKNOWN_SITE),
        *(Reason.DUPLICATE, Reason.NOT_A_PAGE, Reason.ERROR),
    }
)
"""Outcomes that are told as they are. Every other one is rounded: so is a new one."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # the time of a first event is nobody's business either
registry = CollectorRegistry()

OUTCOMES = Counter(
    "quietclicks_outcomes",
    "What became of records. Those of visitors are rounded at random to tens: right on the whole.",
    ["stage", "outcome"],
    registry=registry,
)
TRANSACTIONS = Counter(
    "quietclicks_transactions",
    "Committed transactions, rounded at random to tens.",
    ["stage"],
    registry=registry,
)
for _outcome in (*Reason, Figure.CAPPED):  # each is there from the start: a counter of 0 says so
    OUTCOMES.labels("anonymise", _outcome)
for _outcome in Figure:
    if _outcome is not Figure.CAPPED:
        OUTCOMES.labels("release", _outcome)


def committed(stage: str, step: Step) -> None:
    """Count what a committed step held."""
    TRANSACTIONS.labels(stage).inc(_rounded(1))
    for outcome, number in step.tally.items():
        shown = number if outcome in EXACT else _rounded(number)
        OUTCOMES.labels(stage, outcome).inc(shown)


def may_read(settings: Settings, authorization: str | None) -> bool:
    """Whether it is the operator who asks: by the token, or without one on the same machine."""
    if settings.metrics_token is None:
        return settings.web_host in THIS_MACHINE
    expected = f"Bearer {settings.metrics_token}".encode()
    return hmac.compare_digest((authorization or "").encode(), expected)


def exposition() -> bytes:
    """The text that Prometheus scrapes."""
    return generate_latest(registry)


def _rounded(number: int) -> int:
    """The multiple of `STEP` below or above, by chance, so that the mean is right.

    Each addition is rounded by itself: no sum of them, however often it is looked at, tells a
    number exactly.
    """
    return (number + secrets.randbelow(STEP)) // STEP * STEP
