"""`quietclicks offsets`: how far the stages are, and how to go on where their place is lost."""

import click

from quietclicks.agents.kafka import offsets as agent
from quietclicks.agents.kafka.stages import SOURCES
from quietclicks.commands.options import settings
from quietclicks.errors import UsageError


@click.group
def offsets() -> None:
    """See how far the stages are with their topics, and go on where their place is lost."""


@offsets.command
def show() -> None:
    """Show each partition: what is committed, where the log ends, and how far behind that is."""
    for place in agent.places(settings()):
        click.echo(str(place))


@offsets.command
@click.argument("stage", type=click.Choice([*SOURCES]), required=False)
@click.option("--lost-state", is_flag=True, help="Begin anew: see 'Lost state' in operating.md.")
@click.option("--yes", is_flag=True, help="Do it.")
def reset(stage: str | None, lost_state: bool, yes: bool) -> None:
    """Set the lost places of STAGE to the first record that there is.

    A place that is not lost is never moved: events would count twice, or not at all. No worker may
    run. It takes the worker's rights. With --lost-state, and without STAGE: delete what lies in
    clickstream.raw, and all groups, after the topics of the state were made anew; that takes a
    super user.
    """
    if lost_state == (stage is not None):
        raise UsageError("name a stage, or say --lost-state")
    if stage is not None:
        for place in agent.reset(settings(), stage, yes):
            click.echo(f"reset to {place.first}: {place}")
        return
    for each in agent.forget(settings(), yes):
        click.echo(f"deleted: {each}")
