"""Hands each new checkpoint to a command of the operator's: mail, a witness, a time stamp.

Beside the event loop, with an end. It is given no secret: none of our settings is in its
environment.
"""

import os
import shlex
import subprocess
from functools import partial

from quietclicks.agents.kafka.aside import aside
from quietclicks.agents.settings import PREFIX
from quietclicks.errors import Failure

SECONDS = 60  # for a mail server or a witness to answer


async def hand_over(command: str, note: bytes) -> None:
    """On its standard input; what it prints is for nobody. Raises `Failure`."""
    await aside(partial(_run, command, note))


def _run(command: str, note: bytes) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    try:
        subprocess.run(  # noqa: S603  # the operator's own words, and no shell
            shlex.split(command),
            input=note,
            stdout=subprocess.DEVNULL,
            timeout=SECONDS,
            check=True,
            env=ours,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"it took longer than {SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise Failure(f"it ended with status {error.returncode}") from None
    except (OSError, ValueError, IndexError):  # the last: of no words
        raise Failure("it cannot be run") from None
