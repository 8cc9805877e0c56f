"""A site's rules, and what is remembered of its events: what every step is given."""

from collections.abc import Callable, Collection, Mapping

from msgspec import Struct

from quietclicks.pipeline.anonymise.lookups import Lookups
from quietclicks.pipeline.anonymise.outcome import Outcome
from quietclicks.pipeline.anonymise.recent import RecentIds
from quietclicks.pipeline.anonymise.views import Column, View, columns_of, partner_view
from quietclicks.pipeline.anonymise.visitor import Visitors
from quietclicks.pipeline.cache import Budget
from quietclicks.pipeline.fields.spammers import SPAMMERS
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.pseudonyms.key_ring import DayPseudonymisers
from quietclicks.pipeline.rights.restrictions import Restrictions
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas.trend import Stream, stream_name

CACHE_BYTES = 64 << 20  # of all sites together (docs/operating.md#memory)


class Site:
    """Of the policy, and the same for all partitions of a worker."""

    def __init__(self, name: str, policy: Policy, lookups: Lookups) -> None:
        self.name = name
        self.streams = {stream: stream_name(name, stream) for stream in Stream}
        self.counts_bots = policy.purposes.trends.enabled
        self.look_up = lookups
        self.columns = columns_of(policy.events.fields)
        self.partner_columns: Mapping[str, tuple[Column, ...]] = {
            partner: columns_of(rules.fields) for partner, rules in policy.partners.items()
        }
        self.views: Mapping[str, View] = {
            partner: partner_view(rules) for partner, rules in policy.partners.items()
        }


class Context(Struct):
    """What a batch is decided with, and what comes of it until it has ended.

    `pseudonymisers` are those of the batch's day; there are none before the keys are asked for.
    """

    site: Site
    recent: RecentIds
    watermark: int | None  # ms
    skew_ms: int
    lateness_ms: int
    outcome: Outcome
    destroyed_through: int = NEVER  # the last day whose key is destroyed
    pseudonymisers: DayPseudonymisers | None = None

    @property
    def of_the_day(self) -> DayPseudonymisers:
        """The pseudonymisers, for steps that come after the keys."""
        if self.pseudonymisers is None:
            raise LookupError("a step that comes before the keys asks for one")
        return self.pseudonymisers


class Sites:
    """All sites of the policy, with caches that share one budget of bytes.

    `country` knows of packed addresses; `spammers` are hosts, in lower case.
    """

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        spammers: Collection[str] = SPAMMERS,
        max_bytes: int = CACHE_BYTES,
        *,
        restrictions: Restrictions | None = None,
    ) -> None:
        budget = Budget(max_bytes)
        listed = Restrictions() if restrictions is None else restrictions
        self._visitors = Visitors(policy, country, budget)
        scrubber = Scrubber(policy.regions)
        self.by_name = {
            name: Site(
                name,
                policy,
                Lookups(name, policy, self._visitors, scrubber, spammers, budget, listed),
            )
            for name in policy.sites
        }

    def forget(self) -> None:
        """Drop every raw value held in memory: where few come, a cache would keep them for ever."""
        self._visitors.forget()
        for site in self.by_name.values():
            site.look_up.forget()
