"""`quietclicks audit linkability`: look at one's own events as an insider may, without a key."""

import secrets
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import click
import msgspec
from msgspec import Raw, Struct
from rich.console import Console
from rich.table import Table

from quietclicks.agents.geo import Countries
from quietclicks.agents.settings import KEY_BYTES
from quietclicks.commands.audit.history import opened
from quietclicks.commands.log_input import (
    Asked,
    Log,
    log_argument,
    log_options,
    open_log,
    refuse_unreadable,
)
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.preview import appended, first_pass
from quietclicks.commands.progress import Progress
from quietclicks.errors import UsageError
from quietclicks.pipeline.attack.linkability import (
    CROWD,
    Known,
    Linked,
    Report,
    Truth,
    measure,
)
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.dry_run.traced import Tracer, agreed
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics

_event = msgspec.json.Decoder(dict[str, Any])


class _Record(Struct):
    """A line of `preview`, or an event: that has no topic."""

    topic: str = topics.PSEUDONYMISED
    value: Raw = Raw(b"")


_record = msgspec.json.Decoder(_Record)


class _Row(NamedTuple):
    what: str
    number: int
    of: int
    right: str = ""  # the part of `number` that is
    found: str = ""  # and what that is of all who were to be found


class _Agreed(Log):
    """The same log, had every visitor agreed."""

    def values(self) -> Iterator[bytes]:
        return map(agreed, super().values())


@click.command
@log_argument
@log_options()
@click.option("--log", metavar="LOG", help="Instead of FILE: a log, so that the truth is known.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a site-day, not tables.")
def linkability(
    file: str,
    policy_path: str | None,
    asked: Asked,
    log: str | None,
    as_json: bool,
) -> None:
    """Try to find visitors in pseudonymised events, without any key.

    Reads FILE, or standard input: one JSON object a line, either the values of
    clickstream.pseudonymised or what `quietclicks preview` prints. It takes the fields that are
    there and tells, for each site and day:

    \b
      alone     visitors who are the only ones with what their events say all day, such as browser,
                device and language: who knows a person's browser has found the person's events
      moments   the same for who also knows when a page was looked at: one page view to the second,
                one to the minute, three to the minute
      linked    pairs with the site's next day: who is alone on both days, and who are each
                other's most alike by pages, searches, sources and hours

    With --log it reads a log (as `quietclicks preview` does), makes
    the events itself, under keys that it throws away, and knows whose they are. Then it says as
    well how many addresses with their browser lead to exactly one pseudonym, which part of that and
    of the links is right, and which part of all that was to be found (of the links: of who came
    on both days). Whoever is not there at all, having refused, may lead to somebody else's. The
    other options are of the log.

    \b
        quietclicks preview access.log | quietclicks audit linkability
        quietclicks audit linkability --log access.log --consent analytics

    It needs about 1.5 GB of memory for a million events. Exit status 0 whatever it finds: how much
    is too much is for you to say (docs/linkability.md).
    """
    truth = None
    if log is None:
        if (policy_path, asked) != (None, Asked()):
            raise UsageError("--policy, --format, --site, --consent and such are of a log: --log")
        sightings = _read(file)
    else:
        if file != "-":
            raise UsageError("either FILE or --log: of a log the events are made here")
        policy = read_policy(policy_path)
        sightings, truth = _traced(open_log(log, asked, policy), policy)
    if not sightings.days:
        raise UsageError(
            "there are no pseudonymised events in it: did its visitors agree? If you vouch for "
            "that, say --consent analytics"
        )
    console = Console(highlight=False, soft_wrap=True)
    with Progress("site-days attacked") as progress:
        for report in measure(sightings, truth):
            if as_json:
                click.echo(msgspec.json.encode(report).decode())
            else:
                console.print(_table(report, sorted(sightings.traits)))
            progress.add(1)


def _read(file: str) -> Sightings:
    sightings = Sightings()
    with Progress("events read") as progress, opened(file, sys.stdin.buffer) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = _record.decode(line)
                if record.topic != topics.PSEUDONYMISED or bytes(record.value) == b"null":
                    continue  # another topic's, or a record that only turns segments over
                sightings.add(_event.decode(bytes(record.value) or line))
            except ValueError:
                raise UsageError(
                    f"line {number} is not a pseudonymised event, nor a line of preview's"
                ) from None
            progress.add(1)
    return sightings


def _traced(log: Log, policy: Policy) -> tuple[Sightings, Truth]:
    """The events of those who agreed; and what everybody's would have said."""
    sightings, truth = Sightings(), Truth()
    everybody = _Agreed(log.format, log.documents, log.reading, log.file)
    with Progress("records read, twice") as progress:
        for person, event in _run(log, policy, progress):
            sightings.add(event)
            truth.own(event, person)
        for person, event in _run(everybody, policy, progress):
            truth.persons.add({**event, "visitor": person})
    return sightings, truth


def _run(log: Log, policy: Policy, progress: Progress) -> Iterable[tuple[str, dict[str, Any]]]:
    country = Countries.open(settings().country_database).country
    tracer = Tracer(policy, country, lambda day: secrets.token_bytes(KEY_BYTES))
    found = first_pass(log, policy)
    refuse_unreadable(found, log)
    return tracer.run(appended(log, found, policy, progress))


def _table(report: Report, traits: list[str]) -> Table:
    said = ", ".join(traits) or "nothing that lasts"
    after = f", {report.next_day} after it" if report.next_day else ""
    table = Table(
        title=f"{report.site} {report.day}{after}: {report.visitors:,} visitors, "
        f"{report.events:,} events, each with {said}",
        title_justify="left",
    )
    table.add_column("an insider without a key", no_wrap=True)
    for column in ("visitors", "share", *(("right", "found") if report.pairs else ())):
        table.add_column(column, justify="right", no_wrap=True)
    for row in _rows(report):
        truth = (row.right, row.found) if report.pairs else ()
        table.add_row(row.what, f"{row.number:,}", _share(row.number, row.of), *truth)
    return table


def _rows(report: Report) -> Iterator[_Row]:
    everybody = report.visitors
    yield _Row("alone by what lasts all day", report.alone, everybody)
    yield _Row(f"in a group under {CROWD}", report.small, everybody)
    for known in report.moments:
        yield _Row(f"... and {_moments(known)}", known.alone, everybody)
    for known in report.moments:
        what = f"only {_moments(known)}"
        yield _Row(what, known.alone_by_moments, everybody)
    if pairs := report.pairs:
        led = pairs.found + pairs.mistaken
        yield _Row(
            "address and browser: one fits",
            led,
            pairs.present,
            _share(pairs.found, led),
            _share(pairs.found, pairs.present),
        )
        yield _Row("the same, of who has no events", pairs.accused, pairs.absent)
    if report.by_traits:
        yield _linked("linked: alone on both days", report.by_traits, everybody)
    if report.by_deeds:
        yield _linked("linked: the most alike as well", report.by_deeds, everybody)


def _linked(what: str, linked: Linked, everybody: int) -> _Row:
    if linked.right is None or linked.returned is None:
        return _Row(what, linked.links, everybody)
    right, returned = linked.right, linked.returned
    return _Row(what, linked.links, everybody, _share(right, linked.links), _share(right, returned))


def _moments(known: Known) -> str:
    views, seconds = known.moments.views, known.moments.seconds
    one = "second" if seconds == 1 else "minute"
    return f"the {one} of a page view" if views == 1 else f"the {one}s of {views} page views"


def _share(number: int, of: int) -> str:
    return f"{number / of:.1%}" if of else "-"
