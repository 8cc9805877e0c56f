"""`quietclicks topics`: what the policy asks of the broker, and what differs."""

import asyncio
from collections.abc import Sequence

import click

from quietclicks.agents.kafka import topics as agent
from quietclicks.commands.options import policy_option, print_json, read_policy, settings
from quietclicks.errors import Failure
from quietclicks.pipeline.topology.diff import ChangeKind, Difference
from quietclicks.pipeline.topology.topics import topology

LEFT = frozenset({ChangeKind.BY_HAND, ChangeKind.IMPOSSIBLE})


@click.group
def topics() -> None:
    """Make the broker's topics what the policy asks for.

    The broker's address and credentials: see `quietclicks worker --help`.
    """


@topics.command
@policy_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each difference.")
def plan(policy_path: str | None, as_json: bool) -> None:
    """Show what `apply` would do. Changes nothing."""
    specs = topology(read_policy(policy_path))
    found = asyncio.run(agent.plan(settings(), specs))
    if as_json:
        print_json(
            {"kind": e.kind.value, "topic": e.topic, "text": e.text, "deletes_data": e.destroys}
            for e in found
        )
    else:
        _print(found)
    _tally(len(specs), found, "to do")


@topics.command
@policy_option
@click.option("--yes", is_flag=True, help="Also what deletes data.")
def apply(policy_path: str | None, yes: bool) -> None:
    """Create what is missing and change what differs.

    What deletes data (a shorter retention) needs --yes. More raw partitions need a drained
    pipeline: no records on their way, no day open, no worker running.
    """
    specs = topology(read_policy(policy_path))
    found = asyncio.run(agent.apply(settings(), specs, yes))
    _print(found)
    _tally(len(specs), found, "done")


@topics.command
@policy_option
def check(policy_path: str | None) -> None:
    """Compare the live broker with the policy.

    Prints one line for each difference; the exit status is 1 if there are any. A topic of an
    earlier version that may stay is named, too, and is none.
    """
    specs = topology(read_policy(policy_path))
    found = asyncio.run(agent.plan(settings(), specs))
    _print([each for each in found if each.kind is ChangeKind.RETIRED])
    drift = [each for each in found if each.kind is not ChangeKind.RETIRED]
    for each in drift:
        click.echo(f"drift: {each}")
    if drift:
        raise Failure(f"{len(drift)} difference(s): see `quietclicks topics plan`")
    click.echo(f"{len(specs)} topics, all as the policy asks", err=True)


def _print(found: Sequence[Difference]) -> None:
    for each in found:
        click.echo(f"{each.kind.value}: {each}")


def _tally(specs: int, found: Sequence[Difference], what: str) -> None:
    kinds = [each.kind for each in found if each.kind is not ChangeKind.RETIRED]
    left = sum(kind in LEFT for kind in kinds)
    line = f"{specs} topics, {len(kinds) - left} change(s) {what}"
    click.echo(line + (f", {left} left to you" if left else ""), err=True)
