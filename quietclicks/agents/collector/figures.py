"""What became of requests, for /metrics: a format and an outcome, never a value of a request.

What tells of visitors is rounded at random, as a worker's is
(docs/decisions/operations-figures.md).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from quietclicks.agents.metrics import rounded
from quietclicks.pipeline.collect.event import NotTaken
from quietclicks.pipeline.collect.view import Ignored

TAKEN = "taken"
TOO_MANY_REQUESTS = "over_the_rate"
FULL = "no_room"
OUTCOMES = (TAKEN, *NotTaken, *Ignored, TOO_MANY_REQUESTS, FULL)
# Nobody's page view: what of these is counted nowhere can be subtracted from nothing.
EXACT = frozenset({*NotTaken, Ignored.UNREADABLE, TOO_MANY_REQUESTS, FULL})
WAITING_STEP = 64 * 1024  # bytes, rounded up: less would be single events


class Figures:
    """One collector's counters. `waiting` tells how many bytes are not the broker's yet."""

    def __init__(self, formats: Iterable[str], waiting: Callable[[], int]) -> None:
        self._waiting = waiting
        self._outcomes = Counter({(name, each): 0 for name in formats for each in OUTCOMES})

    def count(self, name: str, outcome: str) -> None:
        """One more."""
        self._outcomes[name, outcome] += 1 if outcome in EXACT else rounded(1)

    def collect(self) -> Iterator[Metric]:
        """As the Prometheus client asks for them."""
        outcomes = CounterMetricFamily(
            "quietclicks_collected",
            "What became of what trackers sent. Page views are rounded at random to tens: right on "
            "the whole.",
            labels=["format", "outcome"],
        )
        for labels, number in self._outcomes.items():
            outcomes.add_metric(labels, number)
        yield outcomes
        yield GaugeMetricFamily(
            "quietclicks_collector_waiting_bytes",
            "Events that the broker does not have yet, in steps of 64 KiB.",
            value=-(-self._waiting() // WAITING_STEP) * WAITING_STEP,
        )

    def exposition(self) -> str:
        """The text that Prometheus scrapes."""
        return generate_latest(self).decode()
