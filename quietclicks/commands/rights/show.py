"""How an answer reads, for people and for programs. Nothing of the person is in it."""

import sys

import click
import msgspec

from quietclicks.pipeline.rights.answers import QUESTIONS
from quietclicks.pipeline.rights.report import day_words
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer

REASONS = {
    "no_match": "nothing was found on the days that could be searched",
    "insuf_verification": "the questions were not put to the person: ask again under another --id, "
    "with --asked",
    "too_many_requests": "too many requests are open: ask again later, under another --id",
    "other": "it could not be done",
    "key_destroyed": "the keys of these days are destroyed: nobody can find the visits any more",
    "shared_identity": "what was found looks like several people: if you have made sure, ask again "
    "under another --id, with --shared-checked",
}
SIGNS = {
    "languages": "several languages",
    "pace": "more pages in a minute than one person opens",
    "pages": "more different pages than one person opens in a day",
    "hours": "more hours of the day than one person is awake",
}
STEPS = {
    "restricted": "the workers are told; it goes on when all of them know",
    "noticed": "deleted for every reader; done when the days are cut and off the brokers' disks",
}


def show(answer: Answer, as_json: bool, days: bool = True) -> None:
    """All of it, or without the days, which were shown before."""
    if as_json:
        click.echo(msgspec.json.encode(answer).decode())
        return
    if answer.findable_until and days:
        click.echo(f"findable until {answer.findable_until}")
    click.echo(f"{answer.id}  {answer.verb or 'unreadable'}  {answer.site}  {answer.state}")
    if answer.ground:
        click.echo(f"  refused: {answer.ground.replace('_', ' ')}: {answer.words}")
    elif answer.reason:
        click.echo(f"  {answer.words or REASONS[answer.reason]}")
    if answer.step:
        click.echo(f"  {STEPS[answer.step]}")
    if answer.holds_from:
        places = ", ".join(f"[{number}]@{at}" for number, at in enumerate(answer.holds_from))
        click.echo(f"  for all that is processed from {topics.RAW} {places} on")
    if answer.until and answer.state == "fulfilled":
        click.echo(f"  up to {answer.until}")
    for day in answer.days if days else ():
        click.echo(f"  {day_words(day)}")
        if day.hours:
            click.echo(f"    in these hours (UTC): {', '.join(f'{each:02}' for each in day.hours)}")
        for sign in day.spread:
            click.echo(f"    perhaps several people: {SIGNS[sign]}")
    for name in answer.unreached:
        click.echo(f"  nothing can be found of what {name} has: it bears no pseudonym")
    for question in answer.asked:
        click.echo(f"  asked: {QUESTIONS[question]}")


def end(answer: Answer) -> None:
    """With the exit status that belongs to it."""
    sys.exit(1 if answer.state in {"denied", "expired"} else 0)
