"""A store of trends in memory: what `pipeline.dashboard.known.Known` asks for, by going over it."""

from collections import defaultdict
from collections.abc import Collection

from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dashboard.ask import Span
from quietclicks.pipeline.dashboard.known import Rank, Ranking, Site, Total, Wanted
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas.trend import NONE, OTHER

Windows = dict[tuple[bool, int], dict[str, Numbers]]


class InMemory:
    """For tests of what is made of it."""

    def __init__(self, entries: dict[Key, Numbers]) -> None:
        self._entries = entries

    def sites(self) -> list[Site]:
        days = defaultdict[str, list[int]](list)
        for key in self._entries:
            if key.dimension == "total":
                days[key.site].append(key.hour // HOURS_PER_DAY)
        return [Site(name, Span(min(of), max(of))) for name, of in sorted(days.items())]

    def records(self) -> int:
        return len(self._entries)

    def latest(self) -> int:
        hours = [key.hour for key in self._entries if not key.is_day]
        return max(hours, default=0)

    def totals(self, site: str, span: Span) -> list[Total]:
        return sorted(
            (
                Total(key.is_day, key.hour, numbers.views, numbers.visitors, numbers.complete)
                for key, numbers in self._entries.items()
                if (key.site, key.dimension) == (site, "total") and key.hour in span.hours
            ),
            key=lambda total: (total.hour, total.is_day),
        )

    def rankings(self, wanted: Wanted) -> dict[str, Ranking]:
        found = {}
        for dimension, windows in self._windows(wanted).items():
            ranks = {
                value: _rank(value, windows) for values in windows.values() for value in values
            }
            named = [rank for value, rank in ranks.items() if value not in (OTHER, NONE)]
            meant = [each for each in named if wanted.search.lower() in each.value.lower()]
            meant.sort(key=lambda rank: (-rank.views, rank.value))
            found[dimension] = Ranking(
                rows=meant[wanted.skipped : wanted.skipped + wanted.size],
                other=ranks.get(OTHER),
                none=ranks.get(NONE),
                views=sum(rank.views for rank in ranks.values()),
                values=len(named),
                found=len(meant),
            )
        return found

    def views_of(self, wanted: Wanted, values: Collection[str]) -> dict[tuple[str, str], int]:
        return {
            (dimension, value): _rank(value, windows).views
            for dimension, windows in self._windows(wanted).items()
            for value in values
            if any(value in told for told in windows.values())
        }

    def _windows(self, wanted: Wanted) -> dict[str, Windows]:
        found = defaultdict[str, Windows](lambda: defaultdict(dict))
        for key, numbers in self._entries.items():
            is_open = key.hour // HOURS_PER_DAY in wanted.open_days
            if (
                key.site == wanted.site
                and key.dimension != "total"
                and wanted.dimension in (None, key.dimension)
                and key.hour in wanted.span.hours
                and key.is_day != is_open
            ):
                found[key.dimension][key.is_day, key.hour][key.value] = numbers
        return found


def _rank(value: str, windows: Windows) -> Rank:
    views, elsewhere, may_be_more, visitors = 0, 0, False, None
    for (is_day, _), told in windows.items():
        own, other = told.get(value), told.get(OTHER)
        if own:
            views += own.views
            visitors = own.visitors if is_day else None
        if other and not (own and own.complete):
            elsewhere += other.views
            may_be_more = True
    return Rank(value, views, views + elsewhere, may_be_more, visitors)
