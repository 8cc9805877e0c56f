"""`quietclicks dashboard`: the live page, until it is told to stop."""

import asyncio
import os

import click
from msgspec import structs

from quietclicks.agents.settings import DASHBOARD, load
from quietclicks.agents.web.dashboard import serve
from quietclicks.commands import logs
from quietclicks.commands.options import read_policy


@click.command
@click.option(
    "--policy", "policy_path", metavar="F", help="The policy file: it says the thresholds."
)
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen; 0 for a free port.")
def dashboard(policy_path: str | None, port: int | None) -> None:
    """Serve the live page until Ctrl-C or SIGTERM, and print its address.

    It reads trends.* and privacy.summary, and nothing else. Of the settings it takes how to reach
    the broker and where to listen: no key-encryption key, even where one is set.
    """
    chosen = load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"), DASHBOARD)
    if port is not None:
        chosen = structs.replace(chosen, dashboard_port=port)
    logs.set_up()
    policy = read_policy(policy_path, chosen)
    asyncio.run(serve(chosen, policy, lambda address: click.echo(f"The live page: {address}")))
