"""`quietclicks replay`: a log into the raw topic."""

import asyncio
import time

import click

from quietclicks.agents.replay import replay as send
from quietclicks.agents.replay import with_ticks
from quietclicks.commands.log_input import (
    Asked,
    log_argument,
    log_options,
    open_log,
    refuse_unreadable,
    told_unreadable,
)
from quietclicks.commands.options import read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.pipeline.logs.events import plan, timeline


@click.command
@log_argument
@log_options()
def replay(file: str, policy_path: str | None, asked: Asked) -> None:
    """Send a log to clickstream.raw, with its ticks.

    Ticks are what closes hours. The workers must run with QUIETCLICKS_TICKS=none: a log brings its
    own ticks, and a topic that has live ones is refused. FILE is what `quietclicks preview` reads;
    nothing of it is sent where most of it cannot be read.
    """
    policy = read_policy(policy_path)
    log = open_log(file, asked, policy)
    latest = int(time.time() * 1000) + policy.time.allowed_skew * 1000
    found = timeline(log.values(), latest)
    refuse_unreadable(found, log)
    planned = plan(found, policy.time.allowed_lateness, latest)
    with Progress("events sent") as progress:
        sent = asyncio.run(send(settings(), with_ticks(log.values(), planned), progress.reach))
    click.echo(f"{sent:,} events sent{told_unreadable(found)}", err=True)
