"""The names of all topics, once."""

from quietclicks.schemas.trend import Dimension, stream_of

RAW = "clickstream.raw"
ANONYMISED = "clickstream.anonymised"
REJECTED = "clickstream.rejected"
PARTNERS = "clickstream.partners."  # + the partner's name
CELLS = "internal.cells"
PARTIALS = "internal.partials"
KEYS = "privacy.keys"

TRENDS: dict[Dimension, str] = {
    Dimension.TOTAL: "trends.totals",
    Dimension.PAGE: "trends.pages",
    Dimension.REFERRER: "trends.referrers",
    Dimension.SEARCH: "trends.searches",
    Dimension.BROWSER: "trends.browsers",
    Dimension.LANGUAGE: "trends.languages",
    Dimension.COUNTRY: "trends.countries",
    Dimension.CHOICE: "trends.choices",
}
UNCOUNTED = "trends.uncounted"  # all of the streams, so that the others hold counted events alone
PUBLISHED = (*TRENDS.values(), UNCOUNTED)


def published_in(site: str, dimension: Dimension) -> str:
    """The topic of a trend; `site` may be a stream's name."""
    return TRENDS[dimension] if stream_of(site) is None else UNCOUNTED
