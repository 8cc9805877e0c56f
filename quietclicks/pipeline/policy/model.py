"""What the policy file holds, as frozen types: the single list of its keys and their defaults.

Values only: what contradicts what is in `policy_check`. Durations are whole seconds here.
"""

from typing import Literal

from msgspec import Struct, field

from quietclicks.pipeline.policy.units import FOREVER, Duration, Size
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension

HOUR = 3600
DAY = 24 * HOUR


class NetworkPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How many leading bits of an address may be kept."""

    ipv4_prefix: int = 24
    ipv6_prefix: int = 48


class TimePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How late an event may be, and how far ahead of the broker's clock."""

    allowed_lateness: Duration = Duration(15 * 60)
    allowed_skew: Duration = Duration(5 * 60)


class KeyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a day's events, and after them its key, outlive the day."""

    grace: Duration = Duration(2 * DAY)


class ReleasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """When a number may be published."""

    k: int = 10
    k_dimension: dict[Dimension, int] = field(default_factory=lambda: {Dimension.SEARCH: 20})
    day_only: frozenset[Dimension] = frozenset({Dimension.SEARCH, Dimension.CHOICE})
    cap_hour: int = 10
    cap_day: int = 50
    max_values: int = 10_000  # distinct values per site, hour and dimension and raw partition


class EventsPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which fields an event for analysts has.

    By default none that singles people out and only helps to look for faults: the network, the
    operating system and the browser's version (docs/decisions/fields-of-an-event.md).
    """

    fields: tuple[str, ...] = (
        *("id", "site", "timestamp", "visitor", "country", "page", "source", "search"),
        *("device", "browser", "language"),
    )


class RetentionPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How long each kind of record is kept; a partner's topic has its own figure.

    Events for analysts have none: they are cut by the day, as `keys.grace` says.
    """

    raw: Duration = Duration(DAY)
    rejected: Duration = Duration(7 * DAY)
    internal: Duration = Duration(3 * DAY)
    requests: Duration = Duration(30 * DAY)  # privacy.requests and privacy.responses
    restrictions: Duration = Duration(
        365 * DAY
    )  # of one person, at most; then it has to be renewed
    trends: Duration = FOREVER


class TopicPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator decides about the broker; the rest follows from the retention."""

    raw_partitions: int = 4  # internal.cells has as many
    event_partitions: int = 4  # pseudonymised, rejected and partner topics
    partials_partitions: int = 4
    trends_partitions: int = 1
    replication: int = 1
    raw_max_message: Size = Size(2 * 1024**2)  # let in, so that the pipeline can reject and count
    segment: Duration = Duration(6 * HOUR)  # what is deleted leaves the disk by whole segments


class AuditPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How often the systems are measured against the statement."""

    every: Duration = Duration(7 * DAY)


class CollectorPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What our collector takes for a visitor's choice on one website.

    `consent`: "page" (what the snippet's hook says; of a drop-in's visitors it is unknown), "cookie
    NAME=VALUE", "header NAME=VALUE", or "vouched" (the operator says that all have agreed, and the
    statement prints it).
    """

    consent: str = "page"


class SitePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """One website: which hosts its pages are on, and what of their URLs may be kept.

    `hosts` are exact; where none are listed it is the site's own, with and without `www.`.
    `path_rules` say what a segment is, from the root: "/user/:name" hides it, so that
    /user/ada/orders becomes /user/:name/orders; "/shop/*" shows it as the site's own content. The
    first that fits counts. `parameters` are those that are part of the page, each with a pattern
    (RE2) of the values that may be kept. `campaigns` are the names of `utm_source` that may be
    told, in any case; of any other it is told only that there was one. `encodings` are the legacy
    ones that the site's forms and links may still be in: what in a query is not UTF-8 is decoded
    where exactly one of them fits, and dropped otherwise.
    """

    hosts: tuple[str, ...] = ()
    search_pages: tuple[str, ...] = ()  # paths, exact
    search_parameters: tuple[str, ...] = ()  # the first that a URL has counts
    parameters: dict[str, str] = {}
    campaigns: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()  # as websites name them: "windows-1251"
    path_rules: tuple[str, ...] = ()
    collector: CollectorPolicy = CollectorPolicy()


def hosts_of(name: str, site: SitePolicy) -> frozenset[str]:
    """The hosts that a site's pages are on. `name` is the site's."""
    bare = name.removeprefix("www.")
    return frozenset(site.hosts or (bare, f"www.{bare}"))


class PurposePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """What data is used for. A purpose that is not enabled gets nothing, whatever was consented."""

    enabled: bool = True
    why: str = ""
    legal_basis: str = ""


class PurposesPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The four purposes; there is no fifth. `objections` works only while `trends` is enabled."""

    trends: PurposePolicy = PurposePolicy(
        why="to see which pages are visited, and to improve the website",
        legal_basis="consent, GDPR Art. 6(1)(a)",
    )
    events: PurposePolicy = PurposePolicy(
        why="to find faults and understand how visits go, within a day",
        legal_basis="consent, GDPR Art. 6(1)(a)",
    )
    partners: PurposePolicy = PurposePolicy(
        why="to measure usage and advertising together with named partners",
        legal_basis="consent, GDPR Art. 6(1)(a)",
    )
    objections: PurposePolicy = PurposePolicy(
        why="to see how many visitors opt out, without knowing who",
        legal_basis="legitimate interests, GDPR Art. 6(1)(f)",
    )


class JurisdictionPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A group of countries, and whether a visitor whose choice is unknown is counted there."""

    countries: tuple[str, ...]  # ISO 3166-1 alpha-2
    analytics_unknown: Literal["allow", "deny"]
    legal_basis: str


class TcfPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which purposes of an IAB TC string (v2.2) must all be consented to for one of ours."""

    analytics: tuple[int, ...] = (8, 9)  # measure content, understand audiences
    partners: tuple[int, ...] = (1, 7)  # store or access information, measure advertising


class PartnerPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A named partner: only these fields, only for this purpose, only from these sites."""

    purpose: str
    fields: tuple[str, ...]
    sites: tuple[str, ...]
    retention: Duration = Duration(DAY)
    tcf_vendor: int | None = None  # where a TC string is present it must consent to this vendor too


class ControllerPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for the data: what the public statement says at its head and its end."""

    name: str
    contact: str  # of the data protection officer
    region: str  # where everything but trends stays
    authority: str  # where to complain


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What a revision changed, in words for the public."""

    revision: str
    text: str


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `version` is the file's format; `revision` is the policy's date."""

    revision: str
    version: int
    sites: dict[str, SitePolicy]
    regions: tuple[str, ...] = ()  # ISO 3166-1: whose phone and identity numbers are looked for
    controller: ControllerPolicy | None = None
    network: NetworkPolicy = NetworkPolicy()
    time: TimePolicy = TimePolicy()
    keys: KeyPolicy = KeyPolicy()
    release: ReleasePolicy = ReleasePolicy()
    events: EventsPolicy = EventsPolicy()
    retention: RetentionPolicy = RetentionPolicy()
    topics: TopicPolicy = TopicPolicy()
    purposes: PurposesPolicy = PurposesPolicy()
    jurisdictions: dict[str, JurisdictionPolicy] = {}
    tcf: TcfPolicy = TcfPolicy()
    partners: dict[str, PartnerPolicy] = {}
    audit: AuditPolicy | None = None  # none is promised
    changes: tuple[Change, ...] = ()
    sources: dict[str, str] = {}  # "release.k" → where the number comes from

    @property
    def counts_objections(self) -> bool:
        """Whether refusals and objections are counted: never while nothing else is."""
        return self.purposes.trends.enabled and self.purposes.objections.enabled

    @property
    def events_end(self) -> Duration:
        """How long after a day's end its events are cut, and its key may go."""
        return Duration(self.time.allowed_lateness + self.keys.grace)

    @property
    def events_at_most(self) -> Duration:
        """How long an event is kept where no worker cuts: a day, until its end, and an hour.

        In whole hours. It only has to be longer than what the cut leaves of a day's first event.
        """
        hours = -(-(DAY + self.events_end) // HOUR) + 1
        return Duration(hours * HOUR)

    def kept(self, topic: str) -> Duration:
        """How long the topic's records are kept. Raises `KeyError` for a topic nobody listed."""
        if topics.holds_notices(topic):
            return self.events_at_most  # their worker ends them with the key of their day
        if topic.startswith(topics.PARTNERS):
            return self.partners[topic.removeprefix(topics.PARTNERS)].retention
        if topic in topics.PUBLISHED:
            return self.retention.trends
        return {
            topics.RAW: self.retention.raw,
            topics.PSEUDONYMISED: self.events_at_most,
            topics.REJECTED: self.retention.rejected,
            topics.CELLS: self.retention.internal,
            topics.PARTIALS: self.retention.internal,
            topics.KEYS: FOREVER,  # compacted; a key ends by its tombstone
            topics.REQUESTS: self.retention.requests,
            topics.RESPONSES: self.retention.requests,
            topics.RESTRICTIONS: FOREVER,  # compacted; an entry ends by its tombstone
            topics.AUDIT: FOREVER,
            topics.CHECKPOINTS: FOREVER,
            topics.AUDITS: FOREVER,
            topics.SUMMARY: FOREVER,  # compacted: one record
            topics.WORKERS: self.retention.internal,
        }[topic]
