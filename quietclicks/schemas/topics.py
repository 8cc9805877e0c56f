"""The names of all topics, once."""

from quietclicks.schemas.trend import Dimension

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
}
