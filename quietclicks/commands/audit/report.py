"""`quietclicks audit report`: is what is promised to the public so, on the live broker?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from quietclicks.agents.audit.measure import Asked, audit
from quietclicks.commands.audit.log import keys_of, keys_option
from quietclicks.commands.options import policy_file, policy_option, read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.html import render
from quietclicks.pipeline.audit.report import Report, encode, tally
from quietclicks.pipeline.audit.text import lines
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.statement.build import build

DAYS = timedelta(days=7)  # of history that are looked at, at the least


@click.command
@policy_option
@click.option("--html", metavar="FILE", help="Write the report as a page.")
@click.option("--json", "as_json", metavar="FILE", help="Write the report for programs.")
@click.option("--since", metavar="DAY", help="The first day of history to look at: 2026-11-22.")
@keys_option
def report(
    policy_path: str | None,
    html: str | None,
    as_json: str | None,
    since: str | None,
    keys: tuple[str, ...],
) -> None:
    """Measure what is promised to the public on the live broker.

    Each sentence of the statement is held, broken or not checked, with what was measured
    (docs/audit.md). It changes nothing, and no value of a record is in the report. Run it as the
    auditor. History (published numbers, the policy's changes) is that of seven days, or of the
    time between two audits where that is longer, or since DAY.
    Without a key, as it was published, nothing shows that the audit log is the signed one.

    Exit status 1 if anything is broken.
    """
    found = asyncio.run(_run(measuring(policy_path, keys, since)))
    if html is not None:
        _write(Path(html), render(found).encode())
    if as_json is not None:
        _write(Path(as_json), encode(found))
    for line in lines(found):
        click.echo(line)
    if found.outcome is Outcome.BROKEN:
        raise Failure(tally(found))


def measuring(
    policy_path: str | None, keys: Sequence[str] = (), since: str | None = None
) -> Callable[[], Awaitable[Report]]:
    """An audit, each time anew: of the policy as it stands then. Raises `UsageError`, `Failure`."""
    first, known = _day(since), keys_of(keys)

    async def measure() -> Report:
        policy = read_policy(policy_path)
        statement = None
        if policy.controller is not None:
            statement = build(policy, str(policy_file(policy_path)))
        now = datetime.now(UTC)
        asked = Asked(policy, statement, now, first or _begin(policy, now), known)
        with Progress("records read") as progress:
            return await audit(settings(), asked, progress.add)

    return measure


def _begin(policy: Policy, now: datetime) -> date:
    """So that one audit begins where the last one was."""
    between = timedelta(days=1, seconds=policy.audit.every if policy.audit else 0)
    return (now - max(DAYS, between)).date()


async def _run(measure: Callable[[], Awaitable[Report]]) -> Report:
    return await measure()


def _day(since: str | None) -> date | None:
    if since is None:
        return None
    try:
        day = date.fromisoformat(since)
    except ValueError:
        day = None
    if day is None or day.isoformat() != since:
        raise UsageError("--since takes a date: 2026-11-22")
    return day


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
