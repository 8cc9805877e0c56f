"""`quietclicks replay`: a log into the raw topic."""

import asyncio
import time

import click

from quietclicks.agents.replay import replay as send
from quietclicks.agents.replay import with_ticks
from quietclicks.commands.options import Format, log_options, open_log, read_policy, settings
from quietclicks.commands.progress import Progress
from quietclicks.pipeline.logs.events import plan, timeline


@click.command
@log_options
def replay(
    file: str, policy_path: str | None, form: Format | None, site: str | None, consent: str | None
) -> None:
    """Send a log to clickstream.raw, with its ticks.

    Ticks are what closes hours. The workers must run with QUIETCLICKS_TICKS=none: a log brings its
    own ticks, and a topic that has live ones is refused. FILE holds raw events (NDJSON) or an
    access log, plain or gzip.
    """
    policy = read_policy(policy_path)
    log = open_log(file, form, site, consent, policy)
    latest = int(time.time() * 1000) + policy.time.allowed_skew * 1000
    planned = plan(timeline(log.values(), latest), policy.time.allowed_lateness, latest)
    with Progress("events sent") as progress:
        sent = asyncio.run(send(settings(), with_ticks(log.values(), planned), progress.reach))
    click.echo(f"{sent:,} events sent", err=True)
