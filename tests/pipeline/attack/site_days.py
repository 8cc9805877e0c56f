"""A whole published history, cut into what the attacker takes. A test's fits in memory."""

from collections.abc import Iterable

from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.schemas.trend import Trend


def by_site_day(records: Iterable[Trend]) -> dict[SiteDay, list[Trend]]:
    """Each site's records of one UTC day, in order."""
    found: dict[SiteDay, list[Trend]] = {}
    for record in records:
        found.setdefault(SiteDay(record.site, record.start[:10]), []).append(record)
    return dict(sorted(found.items()))
