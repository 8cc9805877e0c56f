"""The names of all topics, once."""

from quietclicks.schemas.trend import Dimension, stream_of

RAW = "clickstream.raw"
PSEUDONYMISED = "clickstream.pseudonymised"
REJECTED = "clickstream.rejected"
PARTNERS = "clickstream.partners."  # + the partner's name
CELLS = "internal.cells"
PARTIALS = "internal.partials"
KEYS = "privacy.keys"
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


def holds_events(topic: str) -> bool:
    """Whether its records are events under a pseudonym, which are cut by the day."""
    return topic == PSEUDONYMISED or topic.startswith(PARTNERS)
