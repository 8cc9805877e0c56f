"""Lines for whoever runs the worker, about what the audit log cannot tell: once each."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Say = Callable[[str], None]


def warn(line: str) -> None:
    """Where there is one round only."""
    log.warning("%s", line)


class Once:
    """Says a line when it is another than the rounds before had; it forgets what is over."""

    def __init__(self) -> None:
        self._before: set[str] = set()
        self._now: set[str] = set()

    def __call__(self, line: str) -> None:
        if line not in self._before | self._now:
            warn(line)
        self._now.add(line)

    def end_round(self) -> None:
        """What was not said again is news the next time."""
        self._before, self._now = self._now, set()
