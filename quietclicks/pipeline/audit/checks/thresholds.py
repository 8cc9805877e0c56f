"""Do published numbers keep to the policy's thresholds, and was each published once?"""

from datetime import datetime

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.floors import K_FLOOR
from quietclicks.pipeline.release import Params, params_of
from quietclicks.schemas.trend import OTHER, Dimension, Stream, Trend, stream_name, stream_of

REMEDY = (
    "who has read it has the number: find out who writes to trends.* besides the workers "
    "(`quietclicks access plan`), and what follows from it (`quietclicks audit differencing`)"
)
UNLISTED_SITE = "a site that the policy does not list"
_OF_STREAM = {
    Stream.OPTED_OUT: {Dimension.TOTAL, Dimension.CHOICE},
    Stream.BOTS: {Dimension.TOTAL},
}


class ThresholdScan:
    """Published numbers in, one by one, and how often one was changed or published again."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._params = params_of(policy)
        self.sites = {*policy.sites}
        self.sites |= {stream_name(site, stream) for site in policy.sites for stream in Stream}
        """Sites and their streams: names that may be told."""
        self._search_pages = {page for site in policy.sites.values() for page in site.search_pages}
        self._problems = Problems()
        self._number = self._older = 0

    def number(self, where: str, trend: Trend) -> None:
        """`where` names the record. One of an earlier policy is held against the floors alone."""
        self._number += 1
        if trend.policy == self._policy.revision:
            fault = self._fault(trend, self._params)
        else:
            self._older += 1
            too_few = trend.views < K_FLOOR or trend.visitors < K_FLOOR
            fault = f"fewer than {K_FLOOR} visitors" if too_few else ""
        if fault:
            self._problems.add(f"{where}: {fault}")

    def again(self, site: str, day: str, changed: int, repeated: int) -> None:
        """How many numbers of a day were published twice: with another content, or the same."""
        where = f"{site if site in self.sites else UNLISTED_SITE} {day}"
        if changed:
            self._problems.add(f"{where}: {changed:,} numbers were published twice, differently")
        if repeated:
            self._problems.add(f"{where}: {repeated:,} numbers were published twice")

    def _fault(self, trend: Trend, params: Params) -> str:
        if trend.site not in self.sites:
            return "of a site that the policy does not list"
        if (fault := _window_fault(trend, params)) or (fault := self._place_fault(trend)):
            return fault
        value = trend.value
        needed = params.k if value == OTHER else params.threshold(trend.dimension, value)
        least = -(-needed // params.k) * params.k
        if trend.views < needed:
            return f"{trend.dimension}: fewer than the {needed} visitors that it needs"
        if trend.visitors % params.k or trend.visitors < min(
            least, trend.views // params.k * params.k
        ):
            return f"{trend.dimension}: its number of visitors is none that the rules make"
        if trend.visitors > trend.views:
            return f"{trend.dimension}: more visitors than views"
        return ""

    def _place_fault(self, trend: Trend) -> str:
        stream = stream_of(trend.site)
        if stream is not None and trend.dimension not in _OF_STREAM[stream]:
            return f"{trend.dimension}: nothing more than a number is told of {stream}"
        if trend.dimension is Dimension.PAGE and trend.value in self._search_pages:
            return "a search page by its own name"
        return ""

    def finding(self) -> Finding:
        """Of all numbers."""
        if self._problems:
            return broken(Check.THRESHOLDS, self._problems, REMEDY)
        if not self._number:
            return not_checked(Check.THRESHOLDS, "nothing was published in that time")
        older = f" ({self._older:,} of an earlier policy, against the least there may be)"
        return held(
            Check.THRESHOLDS,
            f"{self._number:,} published numbers, each over its threshold and published once"
            + (older if self._older else ""),
        )


def _window_fault(trend: Trend, params: Params) -> str:
    try:
        start = datetime.fromisoformat(trend.start)
    except ValueError:
        return "its window begins at no time"
    is_hour = trend.window == "PT1H"
    if (start.minute, start.second) != (0, 0) or (not is_hour and start.hour):
        return "its window does not begin at the full hour, or at midnight"
    if is_hour and trend.dimension in params.day_only:
        return f"{trend.dimension}: of an hour, and only days may be told"
    return ""
