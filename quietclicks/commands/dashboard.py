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
@click.option("--rebuild", is_flag=True, help="Build the store of trends anew from the topics.")
def dashboard(policy_path: str | None, port: int | None, rebuild: bool) -> None:
    """Serve the live page until Ctrl-C or SIGTERM, and print its address.

    It reads trends.* and privacy.summary, and nothing else. Of the settings it takes how to reach
    the broker, where to listen, and where its store is: no key, even where one is set.
    """
    chosen = load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"), DASHBOARD)
    if port is not None:
        chosen = structs.replace(chosen, dashboard_port=port)
    logs.set_up()
    policy = read_policy(policy_path, chosen)

    def ready(address: str) -> None:
        click.echo(f"The live page: {address}")

    asyncio.run(serve(chosen, policy, ready, rebuild=rebuild))
