"""A command of the operator's that prints a key. What it printed is never shown."""

import shlex
import subprocess

from quietclicks.errors import UsageError

COMMAND_SECONDS = 60  # for a vault to answer, or a person to type a word


def printed(command: str) -> str:
    """What it prints; it says what is wrong itself, on standard error. Raises `UsageError`."""
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own words, and no shell
            shlex.split(command), stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=True
        )
        return done.stdout.decode("ascii")
    except (OSError, ValueError, subprocess.SubprocessError):
        raise UsageError(
            "the command of QUIETCLICKS_KEY_ENCRYPTION_KEY_COMMAND cannot be run, failed, or "
            "printed no key"
        ) from None
