"""What follows from published numbers by adding and subtracting, day by day of each site."""

from collections.abc import Collection

from quietclicks.pipeline.attack.report import Report
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.checks.thresholds import UNLISTED_SITE
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked

REMEDY = (
    "`quietclicks audit differencing` shows each group. What is published cannot be taken back: "
    "find out how it came there, and report a fault"
)


class Attacks:
    """Each site-day's report in, one by one. It names no value: the groups may be of few."""

    def __init__(self, sites: Collection[str]) -> None:
        """`sites`: names that may be told."""
        self._sites = sites
        self._problems = Problems()
        self._days = self._unproven = self._open = 0

    def day(self, site: str, day: str, report: Report) -> None:
        """One site-day."""
        if site not in self._sites:
            site = UNLISTED_SITE
        self._days += 1
        self._unproven += len(report.unproven)
        self._open += not report.exhaustive
        if number := len(report.violations):
            what = "a group" if number == 1 else f"{number:,} groups"
            self._problems.add(f"{site} {day}: {what} of too few visitors follow from the numbers")
        if not report.consistent:
            self._problems.add(f"{site} {day}: its numbers do not add up")

    def finding(self) -> Finding:
        """Of all of them."""
        if self._problems:
            return broken(Check.DIFFERENCING, self._problems, REMEDY)
        if not self._days:
            return not_checked(Check.DIFFERENCING, "no whole day was published in that time")
        more = f"; of {self._open} not every combination was tried" if self._open else ""
        days = "1 day of a site" if self._days == 1 else f"{self._days:,} days of sites"
        return held(
            Check.DIFFERENCING,
            f"{days} attacked, nothing found; {self._unproven:,} groups follow of which numbers "
            f"alone do not show that there are enough visitors in them{more}",
        )
