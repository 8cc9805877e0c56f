"""`quietclicks audit run`: the audit as a process of its own, which records its reports."""

import asyncio
import sys

import click

from quietclicks.agents.audit.schedule import record, run
from quietclicks.commands import logs
from quietclicks.commands.audit.log import keys_option
from quietclicks.commands.audit.report import measuring
from quietclicks.commands.options import policy_option, read_policy, settings
from quietclicks.errors import UsageError
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import tally


@click.command("run")
@policy_option
@click.option("--once", is_flag=True, help="One audit, now, due or not.")
@keys_option
def run_(policy_path: str | None, once: bool, keys: tuple[str, ...]) -> None:
    """Audit as often as the policy's [audit] says, and record each report.

    A report goes to privacy.audits, and the worker that leads puts its hash into the audit log. It
    runs until Ctrl-C or SIGTERM, as the auditor, on one machine (docs/audit.md). With --once it
    ends, with exit status 1 if anything is broken.
    """
    chosen, policy = settings(), read_policy(policy_path)
    measure = measuring(policy_path, keys)
    if once:
        report = asyncio.run(record(chosen, measure))
        click.echo(f"recorded: {report.outcome.value}: {tally(report)}")
        sys.exit(report.outcome is Outcome.BROKEN)
    if policy.audit is None:
        raise UsageError("the policy has no [audit]: no audits are promised; say --once for one")
    logs.set_up()
    asyncio.run(run(chosen, policy.audit.every, measure))
