"""`quietclicks worker`: one worker, until it is told to stop."""

import asyncio

import click
import faust
from msgspec import structs

from quietclicks.agents.app import build_app
from quietclicks.agents.kafka import clients, hot_path
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import meanings
from quietclicks.commands import exposed, logs
from quietclicks.commands.options import read_policy, settings
from quietclicks.errors import Failure, QuietclicksError
from quietclicks.pipeline.fields import bots, browser
from quietclicks.schemas import topics


class _Command(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Environment, or the TOML file that QUIETCLICKS_CONFIG names"):
            formatter.write_dl(list(meanings().items()), col_max=37)


@click.command(cls=_Command)
@click.option("--policy", "policy_path", metavar="F", help="The policy file.")
@click.option("--port", type=click.IntRange(0, 65535), help="Web port; 0 for none.")
def worker(policy_path: str | None, port: int | None) -> None:
    """Run one worker; start more to scale. Stop it with Ctrl-C or SIGTERM.

    Each has a web port with Prometheus' /metrics, and /healthz; the live page is a process of its
    own, `quietclicks dashboard`.
    """
    chosen = settings()
    if port is not None:
        chosen = structs.replace(chosen, web_port=port)
    app = build_app(chosen, read_policy(policy_path))
    # A broker that is not there, or has no topics, is told before anything else begins.
    asyncio.run(clients.partitions(chosen, topics.RAW))
    browser.load()
    bots.load()
    hot_path.tune()
    logs.set_up()
    exposed.tell(chosen)
    host = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False)
    host.spinner = None  # a log is no terminal
    try:
        host.execute_from_commandline()
    except SystemExit as ended:
        # Faust makes an exit status of whatever ended it; the reason is still with it.
        reason = ended.__context__
        if isinstance(reason, QuietclicksError):
            raise reason from None
        if ended.code:
            told = refusal(reason) if reason is not None else None
            raise Failure(told or f"the worker stopped: {type(reason).__name__}") from None
        raise
