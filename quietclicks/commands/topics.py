"""`quietclicks topics`: what the policy asks of the broker."""

import asyncio

import click

from quietclicks.agents.topics import apply as apply_topics
from quietclicks.commands.options import read_policy, settings
from quietclicks.pipeline.topology import topology


@click.group
def topics() -> None:
    """Make the broker's topics what the policy asks for."""


@topics.command
@click.option("--policy", "policy_path", metavar="F", help="The policy file.")
def apply(policy_path: str | None) -> None:
    """Create the topics that are missing."""
    specs = topology(read_policy(policy_path))
    made = asyncio.run(apply_topics(settings(), specs))
    for name in made:
        click.echo(f"made {name}")
    click.echo(f"{len(specs)} topics, {len(made)} of them new", err=True)
