"""`rights status`, `list` and `refuse`: of requests that are there already, by their ids."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from quietclicks.agents.rights import officer
from quietclicks.commands.options import settings
from quietclicks.commands.rights.person import check
from quietclicks.commands.rights.show import end, show
from quietclicks.errors import Failure
from quietclicks.pipeline.statement.you import DECLINE
from quietclicks.schemas.rights import Answer, Ground, Request

DUE = timedelta(hours=24)


@click.command
@click.argument("request", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(request: str, as_json: bool) -> None:
    """Show how far a request is."""
    answer = _answer(request)
    show(answer, as_json)
    end(answer)


@click.command("list")
@click.option("--due", is_flag=True, help="Only what is open and soon cannot be found any more.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(due: bool, as_json: bool) -> None:
    """Show all requests, the most urgent first.

    With --due those alone that are open and can be found for less than a day: exit status 1 if
    there is one, so that an hourly job can tell.
    """
    answers = list(asyncio.run(officer.read(settings())).answers.values())
    answers.sort(key=lambda each: (each.state != "open", each.findable_until or "", each.at))
    if due:
        answers = [each for each in answers if _is_due(each)]
    for answer in answers:
        if as_json:
            show(answer, as_json)
        else:
            until = answer.findable_until or "-"
            verb = answer.verb or "unreadable"
            reason = f" ({answer.reason})" if answer.reason else ""
            click.echo(f"{answer.id}  {verb:11} {answer.state}{reason}  findable until {until}")
    sys.exit(1 if due and answers else 0)


def _is_due(answer: Answer) -> bool:
    if not (answer.state == "open" or answer.step == "restricted") or not answer.findable_until:
        return False
    return datetime.fromisoformat(answer.findable_until) - datetime.now(UTC) < DUE


@click.command
@click.argument("request", metavar="ID")
@click.option("--ground", required=True, type=click.Choice(get_args(Ground)), help="Why.")
@click.option("--words", required=True, help="What the person is told. No name, no address.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def refuse(request: str, ground: Ground, words: str, as_json: bool) -> None:
    """Refuse a request that is open, for a reason that the law knows; it is recorded."""
    known = _answer(request)
    if known.verb is None or known.state != "open":
        raise Failure(f"{request} is {known.state}: only what is open can be refused")
    refusal = Request(
        id=known.id,
        verb=known.verb,
        site=known.site,
        days=tuple(day.day for day in known.days),
        ground=ground,
        words=words,
    )
    check(refusal)
    answer = asyncio.run(officer.ask(settings(), refusal, lambda each: each.state != "open"))
    show(answer, as_json)
    if not as_json:
        click.echo(f"The person was told beforehand: “{DECLINE}”")


def _answer(request: str) -> Answer:
    found = asyncio.run(officer.read(settings())).answers.get(request)
    if found is None:
        raise Failure(
            f"nothing is answered to {request}: it was not asked, or no worker has come to it yet"
        )
    return found
