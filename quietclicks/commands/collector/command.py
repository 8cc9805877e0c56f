"""`quietclicks collector`: the collector until it is told to stop, and a doctor for its set-up."""

import asyncio
import os

import click
from msgspec import structs

from quietclicks.agents.collector.serve import serve
from quietclicks.agents.settings import COLLECTOR, load
from quietclicks.commands import exposed, logs
from quietclicks.commands.collector.doctor import doctor
from quietclicks.commands.options import policy_option, read_policy


@click.group(invoke_without_command=True)
@policy_option
@click.option("--port", type=click.IntRange(0, 65535), help="Where to listen; 0 for a free port.")
@click.pass_context
def collector(context: click.Context, policy_path: str | None, port: int | None) -> None:
    """Take page views over HTTP until Ctrl-C or SIGTERM, and write them to clickstream.raw.

    Of the settings it takes how to reach the broker, where to listen, and which proxies to believe:
    no key-encryption key, even where one is set. It writes nobody's address to any log.
    """
    if context.invoked_subcommand is not None:
        return
    chosen = load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"), COLLECTOR)
    if port is not None:
        chosen = structs.replace(chosen, collector_port=port)
    logs.set_up()
    exposed.tell(chosen)
    policy = read_policy(policy_path, chosen)
    asyncio.run(serve(chosen, policy, lambda address: click.echo(f"The collector: {address}")))


collector.add_command(doctor)
