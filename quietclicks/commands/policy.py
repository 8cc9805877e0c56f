"""`quietclicks policy`: is it valid, what does it say, what would change, what the public reads.

Reads files and prints; asks no broker.
"""

import sys

import click

from quietclicks.commands.options import policy_file, read_policy
from quietclicks.pipeline.consent import table as consent_table
from quietclicks.pipeline.policy import policy_hash
from quietclicks.pipeline.policy.diff import Verdict
from quietclicks.pipeline.policy.diff import diff as differences
from quietclicks.pipeline.policy.show import show as shown
from quietclicks.pipeline.statement import build as statement
from quietclicks.pipeline.statement import html as statement_html

_FILE = click.argument("file", required=False, metavar="[FILE]")


@click.group()
def policy() -> None:
    """Check, show and compare the policy, and tell the public.

    FILE is the policy; without it, QUIETCLICKS_POLICY or deploy/policy.toml.
    """


@policy.command()
@_FILE
def check(file: str | None) -> None:
    """Say whether the policy is valid.

    If it is not, the exit status is 2, and a line names the file, the key and the reason.
    """
    found = read_policy(file)
    click.echo(
        f"{policy_file(file)}: valid, revision {found.revision}, "
        f"{len(found.sites)} site(s), {len(found.partners)} partner(s), hash {policy_hash(found)}"
    )


@policy.command()
@_FILE
def show(file: str | None) -> None:
    """Print every number in force, with its source."""
    click.echo(shown(read_policy(file)))


@policy.command()
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """Say what NEW makes stricter or looser than OLD.

    And whose data is affected. The exit status is 1 if anything becomes looser, else 0. A changed
    policy whose revision date was not raised is refused.
    """
    found = differences(read_policy(old), read_policy(new), new)
    for difference in found:
        click.echo(str(difference))
    if not found:
        click.echo("same: nothing changes")
    if any(difference.verdict is Verdict.LOOSER for difference in found):
        sys.exit(1)


@policy.command(name="statement")
@_FILE
@click.option("--html", is_flag=True, help="A page instead of Markdown; it loads nothing else.")
def statement_(file: str | None, html: bool) -> None:
    """Render the statement for the public."""
    found = statement.build(read_policy(file), str(policy_file(file)))
    click.echo((statement_html if html else statement).render(found), nl=False)


@policy.command()
@_FILE
def matrix(file: str | None) -> None:
    """Print who may have an event, for every combination of signals.

    It is what docs/consent.md holds.
    """
    click.echo(consent_table.render(read_policy(file)), nl=False)
