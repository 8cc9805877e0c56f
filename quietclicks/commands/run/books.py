"""What a run shows: books, trends, keys' lives and audits, from topics that people may read.

Each of them is read as the role whose it is: nobody needs more rights to see it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.commands.run.key_lives import KeyLives
from quietclicks.commands.run.principals import READS
from quietclicks.pipeline.access.roles import PARTNER
from quietclicks.pipeline.audit.report import Report, decode
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason, Rejection
from quietclicks.schemas.trend import Dimension, Stream, Trend, stream_of

_rejection = msgspec.json.Decoder(Rejection)
_trend = msgspec.json.Decoder(Trend)


class Books:
    """Counts committed records as they come; bounded, whatever the run's size."""

    def __init__(self, settings_of: Callable[[str], Settings], policy: Policy) -> None:
        """`settings_of`: how a role reaches the broker."""
        self._settings_of = settings_of
        self._readers: dict[str, tuple[str, ...]] = {
            "analyst": (topics.PSEUDONYMISED,),
            "operator": (topics.REJECTED,),
            "dashboard": topics.PUBLISHED,
            READS: (topics.AUDIT, topics.AUDITS),
            **{PARTNER + name: (topics.PARTNERS + name,) for name in sorted(policy.partners)},
        }
        self.pseudonymised = 0
        after = policy.keys.grace.words, policy.time.allowed_lateness.words
        self.lifetime = f"gone {' and '.join(after)} after their day"
        self.rejected: Counter[Reason] = Counter()
        self.to_partners = 0
        self.trends: Counter[str] = Counter()  # by window
        self.views = 0  # in released hours' totals
        self.day_views = 0  # in released days' totals
        self.apart: Counter[Stream | None] = Counter()  # the same, of what counts in no trend
        self.keys = KeyLives()
        self.audit: Report | None = None  # the last one

    @property
    def accounted(self) -> int:
        """Events that are in the books."""
        return self.pseudonymised + self.rejected.total()

    async def follow(self) -> None:
        """Read on until cancelled."""
        await asyncio.gather(
            *(self._follow(self._settings_of(role), names) for role, names in self._readers.items())
        )

    async def _follow(self, settings: Settings, names: Sequence[str]) -> None:
        consumer = clients.consumer(settings, *names, auto_offset_reset="earliest")
        await clients.start(consumer, settings)
        try:
            while True:
                got = await consumer.getmany(timeout_ms=200, max_records=5000)
                for tp, records in got.items():
                    self._count(tp.topic, [each.value for each in records if each.value])
                await asyncio.sleep(0)
        finally:
            await clients.stop(consumer)

    def _count(self, topic: str, values: list[bytes]) -> None:
        if topic == topics.PSEUDONYMISED:
            self.pseudonymised += len(values)
        elif topic == topics.REJECTED:
            self.rejected.update(_rejection.decode(value).reason for value in values)
        elif topic == topics.AUDIT:
            for value in values:
                self.keys.take(value)
        elif topic == topics.AUDITS:
            for value in values:
                self.audit = decode(value)
        elif topic.startswith(topics.PARTNERS):
            self.to_partners += len(values)
        elif topic == topics.UNCOUNTED:
            for trend in map(_trend.decode, values):
                if trend.dimension is Dimension.TOTAL and trend.window == "P1D":
                    self.apart[stream_of(trend.site)] += trend.views
        else:
            for trend in map(_trend.decode, values):
                self.trends[trend.window] += 1
                if trend.dimension is Dimension.TOTAL:
                    if trend.window == "PT1H":
                        self.views += trend.views
                    else:
                        self.day_views += trend.views
