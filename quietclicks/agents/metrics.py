"""The names of all metrics, once.

A label is a stage, a partition, an outcome or a topic: never a value of an event.
"""

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from quietclicks.pipeline.step import Step

__all__ = ["CONTENT_TYPE", "committed", "exposition"]

registry = CollectorRegistry()

OUTCOMES = Counter(
    "quietclicks_outcomes",
    "What became of records: written to a topic, rejected for a reason, ticks, unlisted fields.",
    ["stage", "outcome"],
    registry=registry,
)
POSITION = Gauge(
    "quietclicks_position",
    "The next offset to process.",
    ["stage", "partition"],
    registry=registry,
)
TRANSACTIONS = Counter(
    "quietclicks_transactions", "Committed transactions.", ["stage"], registry=registry
)


def committed(stage: str, partition: int, step: Step) -> None:
    """Count what a committed step held."""
    TRANSACTIONS.labels(stage).inc()
    POSITION.labels(stage, str(partition)).set(step.position)
    for outcome, number in step.tally.items():
        OUTCOMES.labels(stage, outcome).inc(number)


def exposition() -> bytes:
    """The text that Prometheus scrapes."""
    return generate_latest(registry)
