"""Says in one line why the broker died, from what it logged. Never shows a stack trace."""

import re
from pathlib import Path

from quietclicks.errors import Failure


class PortTaken(Failure):
    """Another program took the port between choosing and binding it."""


def why_it_died(log: Path, since: int) -> Failure:
    """The reason that stands in the log after byte `since`."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    if "Address already in use" in text:
        return PortTaken("the broker's port was taken by another program; choose another one")
    if "No space left on device" in text:
        return Failure(f"no disk space left for the broker in {log.parent}")
    if "Failed to acquire lock" in text:
        return Failure(f"another broker is running on {log.parent}; stop it or use another folder")
    return Failure(f"the broker ended: {_gist(text)} (log: {log})")


def _gist(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if re.match(r"(Caused by: )?[\w.$]+(Exception|Error)\b", line)]
    return (causes or lines or ["it logged nothing"])[-1][:200]
