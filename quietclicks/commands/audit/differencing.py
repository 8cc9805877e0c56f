"""`quietclicks audit differencing`: try to take one's own published history apart."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import click

from quietclicks.agents.audit.history import History, Portion
from quietclicks.agents.kafka.published import published
from quietclicks.commands.audit.history import events_of, opened, trends_of
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import SiteDay, attack
from quietclicks.pipeline.attack.report import Group, Kind, Report
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.release import params_of

SHOWN = 3  # unproven groups of a site-day
SHOWN_HOURS = 4

KINDS = {
    Kind.PUBLISHED: "a published number",
    Kind.REMAINDER: "a day's number less its hours'",
    Kind.CUT: "hours less the values that occur only there",
    Kind.VISITORS: "by bounds on visitors",
}


class _Found(NamedTuple):
    site_day: SiteDay
    portion: Portion
    report: Report


@click.command
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "--policy", "policy_path", metavar="F", help="The policy file, for its thresholds and caps."
)
@click.option("--site", metavar="HOST", help="Attack this site's days only.")
@click.option("--day", metavar="YYYY-MM-DD", help="Attack this day only.")
@click.option("--events", "events_path", metavar="FILE", help="The true counted events, if known.")
def differencing(
    file: str | None,
    policy_path: str | None,
    site: str | None,
    day: str | None,
    events_path: str | None,
) -> None:
    """Try to take published numbers apart.

    Subtracts them from one another, in search of groups of fewer than k visitors.

    Reads the trends topics from the broker (settings: see `quietclicks worker --help`), or FILE
    (`-`: standard input): one JSON object a line, either trends or what `quietclicks preview`
    prints. It needs all trends.* topics together.

    \b
      violation     a group whose count follows from published numbers and that has, for
                    certain, fewer than k visitors
      inconsistent  the numbers do not add up, so they are not from these rules alone
      changed       a number that was published twice, differently: both are known
      unproven      a group whose count follows, and of which published numbers alone do not
                    show that k visitors are in it

    Exit status 1 for any of the first three. Unproven groups are normal: that they hold k visitors
    was made sure of with the events, which are gone. They are counted, and the smallest shown.

    With the true events there is nothing left to prove: all violations are found. --events takes
    one JSON object a line, only what the cap let through; a missing dimension means (none):

    \b
      {"site": "a.example", "hour": "2026-01-31T09:00:00Z", "visitor": "1", "dims": {"page": "/"}}
    """
    policy = read_policy(policy_path)
    if day is not None and not _is_day(day):
        raise UsageError("--day takes a date: 2026-01-31")
    history = History()
    try:
        strangers = _read(history, file)
        events = _read_events(events_path) if events_path else None
        wanted = history.site_days(site, day)
        if not wanted:
            raise UsageError("there are no trends to attack: are file, --site and --day right?")
        found, revisions = _attack(history, wanted, events, Rules.of(params_of(policy)))
    finally:
        history.close()
    if strangers:
        click.echo(f"{strangers:,} records in the trends topics are no trends")
    if others := sorted(revisions - {policy.revision}):
        click.echo(
            f"attacked with k = {policy.release.k} of revision {policy.revision}, though some was "
            f"published under {', '.join(others[:SHOWN])}"
        )
    _conclude(found)


def _attack(
    history: History,
    wanted: Sequence[SiteDay],
    events: Mapping[SiteDay, Sequence[Event]] | None,
    rules: Rules,
) -> tuple[list[_Found], set[str]]:
    """One site-day after another, printed as it is found; and the policies' revisions."""
    revisions: set[str] = set()
    found = []
    with Progress("site-days attacked") as progress:
        for each in wanted:
            portion = history.of(each)
            true = None if events is None else events.get(each, [])
            report = attack(portion.trends, true, rules)
            found.append(_Found(each, Portion([], portion.changed), report))
            revisions |= {trend.policy for trend in portion.trends}
            _print(found[-1], len(portion.trends))
            progress.add(1)
    return found, revisions


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _read(history: History, file: str | None) -> int:
    """Fill the history; how many records were no trends (on the broker: a file must be right)."""
    with Progress("records read") as progress:
        if file is None:
            return asyncio.run(_read_broker(history, progress))
        with opened(file, sys.stdin.buffer) as lines:
            for number, record in enumerate(trends_of(lines), 1):
                if not history.add(record):
                    raise UsageError(f"{file}: record {number} is not a trend")
                progress.add(1)
    return 0


async def _read_broker(history: History, progress: Progress) -> int:
    strangers = 0
    async for records in published(settings()):
        for record in records:
            strangers += not history.add(record)
            progress.add(1)
    return strangers


def _read_events(file: str) -> Mapping[SiteDay, list[Event]]:
    with opened(file, sys.stdin.buffer) as lines:
        return events_of(lines)


def _print(found: _Found, numbers: int) -> None:
    (site, day), report = (found.site_day.site, found.site_day.day), found.report
    told = [f"{len(report.violations):,} violations"]
    if not report.consistent:
        told.append("INCONSISTENT: the numbers do not add up (are all trends.* topics there?)")
    if found.portion.changed:
        told.append(f"{found.portion.changed:,} changed after they were published")
    if report.unproven:
        told.append(f"{len(report.unproven):,} unproven")
    if not report.exhaustive:
        told.append("not every combination was tried")
    click.echo(f"{site} {day}: {numbers:,} numbers, {', '.join(told)}")
    for group in report.violations:
        click.echo(f"  violation: {_told(group)}")
    smallest = sorted(report.unproven, key=lambda group: group.views or 0)
    for group in smallest[:SHOWN]:
        click.echo(f"  unproven: {_told(group)}")


def _told(group: Group) -> str:
    value = "" if group.value is None else f" {json.dumps(group.value, ensure_ascii=False)}"
    counts = [
        f"{number:,} {what}"
        for number, what in ((group.views, "views"), (group.visitors, "visitors"))
        if number is not None
    ]
    hours = ", ".join(hour for hour in group.hours[:SHOWN_HOURS])
    more = len(group.hours) - SHOWN_HOURS
    hours += f" and {more} more" if more > 0 else ""
    return f"{group.dimension}{value}: {', '.join(counts)} ({KINDS[group.kind]}: {hours})"


def _conclude(found: list[_Found]) -> None:
    violations = sum(len(each.report.violations) for each in found)
    changed = sum(each.portion.changed for each in found)
    inconsistent = sum(not each.report.consistent for each in found)
    unproven = sum(len(each.report.unproven) for each in found)
    site_days = "1 site-day" if len(found) == 1 else f"{len(found):,} site-days"
    line = (
        f"{site_days} attacked: {violations:,} violations, {inconsistent:,} inconsistent, "
        f"{changed:,} changed, {unproven:,} unproven"
    )
    if violations or changed or inconsistent:
        raise Failure(line)
    click.echo(line, err=True)
