"""`quietclicks rights`: answers what people ask about their visits.

An address is sealed before it leaves this process, for the workers alone.
"""

import click

from quietclicks.commands.rights.answers import list_, refuse, status
from quietclicks.commands.rights.verbs import (
    access,
    erase,
    lift,
    object_,
    portability,
    rectify,
    restrict,
)


@click.group
def rights() -> None:
    """Answer requests of the people behind the clicks (docs/rights.md).

    Each verb looks first and changes nothing: it shows which days can still be searched, what there
    is, and until when. Then it asks whether to go on. It takes the file of the user dpo, and
    QUIETCLICKS_VERIFIER_KEY: the key that the audit log is signed with, as it was published.

    Exit status 0: done, or under way; 1: denied, or it could not be done.
    """


for command in (
    *(access, portability, rectify, erase, restrict, object_, lift),
    *(status, list_, refuse),
):
    rights.add_command(command)
