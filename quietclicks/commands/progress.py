"""A line on standard error for whatever takes more than two seconds.

Not rich's bar: that knows how much there will be, and in a log it says nothing until all is over.
"""

import sys
import time
from types import TracebackType
from typing import Self

QUIET_SECONDS = 2.0
TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 10.0


class Progress:
    """Counts; says so after two seconds, on one line of a terminal or now and then in a log."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._started = time.monotonic()
        self._next = self._started + QUIET_SECONDS
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown and self._terminal:
            print(file=sys.stderr)

    def add(self, number: int) -> None:
        """So many more."""
        self.reach(self._count + number)

    def reach(self, count: int) -> None:
        """So many by now."""
        self._count = count
        # Looking at the clock for each of a million records would cost more than the records.
        if count % 256 == 0 and time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        seconds = time.monotonic() - self._started
        text = f"{self._count:,} {self._what}, {self._count / seconds:,.0f} a second"
        end = "\r" if self._terminal else "\n"
        print(text, end=end, file=sys.stderr, flush=True)
        self._shown = True
        self._next = time.monotonic() + (TERMINAL_SECONDS if self._terminal else PLAIN_SECONDS)
