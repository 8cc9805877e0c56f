"""`quietclicks audit`: look at one's own numbers and events as others may. Publishes nothing."""

import click

from quietclicks.commands.audit.differencing import differencing
from quietclicks.commands.audit.linkability import linkability
from quietclicks.commands.audit.utility import utility


@click.group
def audit() -> None:
    """Attack what is published and passed on, and see what its rules cost."""


audit.add_command(differencing)
audit.add_command(linkability)
audit.add_command(utility)
