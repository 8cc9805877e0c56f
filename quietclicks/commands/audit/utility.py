"""`quietclicks audit utility`: what the release's rules cost, measured on a log.

For operators: the shares are exact, and of views that nobody else is told of.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quietclicks.agents.geo import Countries
from quietclicks.agents.settings import KEY_BYTES
from quietclicks.commands.log_input import (
    Asked,
    log_argument,
    log_options,
    open_log,
    refuse_unreadable,
)
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.preview import appended, first_pass
from quietclicks.commands.progress import Progress
from quietclicks.errors import UsageError
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.dry_run.utility import Advice, Share, advise, by_the_day, mean
from quietclicks.pipeline.dry_run.utility import utility as shares_of
from quietclicks.pipeline.release import HourCells, Params
from quietclicks.schemas.trend import Dimension

WORTH = 0.01  # less than a point is not worth an hour's numbers

Shares = defaultdict[Dimension, list[Share]]  # by day


class Days:
    """Takes closed hours; measures a day when the next one begins, so that one is held at most."""

    def __init__(self) -> None:
        self.count: defaultdict[str, int] = defaultdict(int)
        self._now: defaultdict[str, Shares] = defaultdict(lambda: defaultdict(list))
        self._then: defaultdict[str, Shares] = defaultdict(lambda: defaultdict(list))
        self._day = 0
        self._hours: defaultdict[str, dict[int, HourCells]] = defaultdict(dict)
        self._params: Params

    def close(self, site: str, hour: int, cells: HourCells, params: Params) -> None:
        """One hour; days close in order."""
        if hour // HOURS_PER_DAY != self._day:
            self._measure()
            self._day = hour // HOURS_PER_DAY
        self._hours[site][hour] = cells
        self._params = params

    def sites(self) -> Iterator[tuple[str, list[Share], list[Advice]]]:
        """By site: the shares of all its days, and what day-only dimensions would change."""
        self._measure()
        for site in sorted(self._now):
            now = [mean(days) for days in self._now[site].values()]
            then = [mean(days) for days in self._then[site].values()]
            yield site, now, advise(now, then)

    def _measure(self) -> None:
        for site, hours in self._hours.items():
            self.count[site] += 1
            for share in shares_of(hours, self._params):
                self._now[site][share.dimension].append(share)
            for share in shares_of(hours, by_the_day(self._params)):
                self._then[site][share.dimension].append(share)
        self._hours.clear()


@click.command
@log_argument
@log_options()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def utility(file: str, policy_path: str | None, asked: Asked, as_json: bool) -> None:
    """Measure on a log what the rules of release cost, and advise.

    Reads what `quietclicks preview` reads and needs no Kafka. For each dimension it tells which
    share of the counted views that have a value is published under it, by the hour and by the day,
    and what it would be were the threshold the only rule (which is not safe). Then, what would
    change if a dimension were published by the day only. The numbers are exact: keep them.

    \b
        quietclicks audit utility --site shop.example --consent analytics access.log
    """
    policy = read_policy(policy_path)
    log = open_log(file, asked, policy)
    countries = Countries.open(settings().country_database)
    days = Days()
    offline = Offline(
        policy, countries.country, lambda day: secrets.token_bytes(KEY_BYTES), days.close
    )
    when = first_pass(log, policy)
    refuse_unreadable(when, log)
    with Progress("records read") as progress:
        for _ in offline.run(appended(log, when, policy, progress)):
            pass
    found = list(days.sites())
    if not found:
        raise UsageError(
            "no event of this log counts: did its visitors agree? If you vouch for that, say "
            "--consent analytics"
        )
    if as_json:
        told = {
            name: {"days": days.count[name], "shares": shares, "day_only": advice}
            for name, shares, advice in found
        }
        click.echo(msgspec.json.encode(told).decode())
        return
    console = Console(highlight=False, soft_wrap=True)
    for name, shares, advice in found:
        console.print(_table(name, days.count[name], shares))
        for line in _advice(advice):
            console.print(Text(line))


def _table(site: str, days: int, shares: list[Share]) -> Table:
    title = f"{site}, {days} {'day' if days == 1 else 'days'}: views published under their value"
    table = Table(title=title, title_justify="left")
    table.add_column("dimension")
    for column in ("views with a value", "by the hour", "threshold alone", "by the day"):
        table.add_column(column, justify="right")
    table.add_column("threshold alone", justify="right")
    for share in shares:
        parts = (share.hour, share.hour_threshold, share.day, share.day_threshold)
        table.add_row(share.dimension, f"{share.views:,}", *(f"{part:.1%}" for part in parts))
    return table


def _advice(advice: list[Advice]) -> Iterator[str]:
    """What is worth it. The policy's `release.day_only` holds for all of its sites."""
    gains = [each for each in advice if each.day_gain >= WORTH]
    for each in sorted(gains, key=lambda each: -each.day_gain):
        gain, loss = each.day_gain * 100, -each.hour_loss * 100
        yield (
            f"Make {each.dimension} day-only (release.day_only): {gain:+.1f} points by the day, "
            f"{loss:+.1f} by the hour."
        )
    if not gains:
        yield "No advice: no dimension gains a point by the day if it is not told by the hour."
