"""The names of all topics, once."""

from quietclicks.schemas.trend import Dimension, stream_of

RAW = "clickstream.raw"
PSEUDONYMISED = "clickstream.pseudonymised"
REJECTED = "clickstream.rejected"
PARTNERS = "clickstream.partners."  # + the partner's name
NOTICES = "clickstream.notices"
_NOTICES = ".notices"  # after the name of a partner's topic
CELLS = "internal.cells"
PARTIALS = "internal.partials"
KEYS = "privacy.keys"
REQUESTS = "privacy.requests"
RESPONSES = "privacy.responses"
RESTRICTIONS = "privacy.restrictions"
AUDIT = "privacy.audit"
CHECKPOINTS = "privacy.checkpoints"
AUDITS = "privacy.audits"
SUMMARY = "privacy.summary"
WORKERS = "privacy.workers"
EVIDENCE = (AUDIT, CHECKPOINTS, AUDITS, SUMMARY, WORKERS)  # nothing on an event's way waits for it
PREFIXES = ("clickstream.", "internal.", "trends.", "privacy.")  # of ours, listed or not

RETIRED = {
    "clickstream.anonymised": (
        "nothing is written to it any more, and nothing cuts what it holds: delete it"
    ),
    "trends.referrers": (
        "its successor is trends.sources; it holds published numbers: keep it for its history, or "
        "delete it"
    ),
}
"""Topics of earlier versions: what to do about each. The first holds single visits."""

TRENDS = {dimension: f"trends.{dimension.plural}" for dimension in Dimension}
UNCOUNTED = "trends.uncounted"  # all of the streams, so that the others hold counted events alone
PUBLISHED = (*TRENDS.values(), UNCOUNTED)


def published_in(site: str, dimension: Dimension) -> str:
    """The topic of a trend; `site` may be a stream's name."""
    return TRENDS[dimension] if stream_of(site) is None else UNCOUNTED


def notices_of(topic: str) -> str:
    """Where it is said what became of a topic's events."""
    return NOTICES if topic == PSEUDONYMISED else topic + _NOTICES


def partner_of(topic: str) -> str | None:
    """Whose events, or notices, a topic has; None: no partner's."""
    if not topic.startswith(PARTNERS):
        return None
    return topic.removeprefix(PARTNERS).removesuffix(_NOTICES)


def holds_events(topic: str) -> bool:
    """Whether its records are events under a pseudonym, which are cut by the day."""
    return topic == PSEUDONYMISED or (topic.startswith(PARTNERS) and not holds_notices(topic))


def holds_notices(topic: str) -> bool:
    """Whether it is one of notices."""
    return topic == NOTICES or (topic.startswith(PARTNERS) and topic.endswith(_NOTICES))
