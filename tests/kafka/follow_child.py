"""`quietclicks follow` in a process that is killed on its way: `POINT ARGUMENTS`.

Points: `sending` before a portion is handed over, `acknowledged` when the broker has it and no
position says so, `saved` when the position is on the disk; `never` is none.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from quietclicks.agents.follow import state
from quietclicks.agents.follow.sending import Sender
from quietclicks.agents.follow.state import Positions
from quietclicks.commands import follow
from quietclicks.commands.cli import main

DIES_AT = sys.argv.pop(1)


def get_to(point: str) -> None:
    """Die here, if it is here."""
    if point == DIES_AT:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingSender(Sender):
    """The real one, until it is killed."""

    has_sent = False

    async def send(self, values: Sequence[bytes]) -> None:
        get_to("sending")
        await super().send(values)
        get_to("acknowledged")
        DyingSender.has_sent = True


def save(path: Path, positions: Positions) -> None:
    """The real one as well."""
    state.save(path, positions)
    if DyingSender.has_sent:
        get_to("saved")


if __name__ == "__main__":
    with mock.patch.multiple(follow, Sender=DyingSender, save=save):
        main()
