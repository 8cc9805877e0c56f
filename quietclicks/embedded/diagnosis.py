"""Says in one line why the broker died, from what it logged. Never shows a stack trace."""

import re
from pathlib import Path

from quietclicks.errors import Failure

CAUSE = re.compile(
    r'(?:Caused by: |Exception in thread "[^"]*" )?(?:[\w$]+\.)*([\w$]+(?:Exception|Error): .*)'
)
"""A line of a Java stack trace that names a cause; the group is without the package."""


class PortTaken(Failure):
    """Another program took the port between choosing and binding it."""


def folder_in_use(folder: Path) -> Failure:
    return Failure(f"another broker is running on {folder}; stop it or use another folder")


def why_it_died(log: Path, since: int, *, kept: bool) -> Failure:
    """The reason that stands in the log after byte `since`; names the log if it is kept."""
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
        return folder_in_use(log.parent)
    return Failure(f"the broker ended: {_gist(text)}" + (f" (log: {log})" if kept else ""))


def _gist(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("at ")]
    causes = [found[1] for line in lines if (found := CAUSE.match(line))]
    return (causes or lines or ["it logged nothing"])[-1][:200]
