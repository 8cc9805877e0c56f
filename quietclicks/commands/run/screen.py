"""What `make run` shows: a live table on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from quietclicks.commands.run.books import Books
from quietclicks.schemas.trend import Stream

PLAIN_SECONDS = 5.0


class Screen:
    """Says what happens. `books` is set once there are any."""

    def __init__(self) -> None:
        self._console = Console(stderr=False, highlight=False)
        self._live: Live | None = None
        self._events = 0
        self._started = time.monotonic()
        self._next = 0.0
        self.books: Books | None = None

    def say(self, line: str) -> None:
        """One line, now."""
        self._console.print(Text(line), soft_wrap=True)
        sys.stdout.flush()

    def begin(self, source: str, page: str) -> None:
        """From here on numbers come."""
        self._started = time.monotonic()
        self.say(f"Replaying {source}")
        self.say(f"The live page: {page}")
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()

    def sent(self, events: int) -> None:
        """So many events are sent by now."""
        self._events = events

    def update(self) -> None:
        """Show how things stand."""
        if self._live is not None:
            self._live.update(self._figures(), refresh=True)
        elif time.monotonic() >= self._next and self.books is not None:
            self._next = time.monotonic() + PLAIN_SECONDS
            self.say(
                f"{self._events:,} in, {self.books.pseudonymised:,} pseudonymised, "
                f"{self.books.rejected.total():,} rejected, {self.books.trends.total():,} trends"
            )

    def summary(self) -> None:
        """The end result, once."""
        if self._live is not None:
            self._live.update(self._figures(), refresh=True)
            self._live.stop()
            self._live = None
        else:
            self._console.print(self._figures(), soft_wrap=True)
        books = self.books
        if books is None:
            return
        seconds = time.monotonic() - self._started
        closed = "the books balance" if books.accounted == self._events else "THE LEDGER IS OPEN"
        self.say(
            f"{self._events:,} events in = {books.pseudonymised:,} pseudonymised "
            f"+ {books.rejected.total():,} rejected: {closed}. {seconds:.0f} s."
        )
        if not books.trends:
            self.say("Nothing was released: no hour or day had enough visitors, or none may count.")

    def _figures(self) -> Text:
        figures: list[tuple[int, str]] = [(self._events, "events in")]
        books = self.books
        if books is not None:
            figures += [
                (books.pseudonymised, f"pseudonymised, for analysts: {books.lifetime}"),
                (books.to_partners, "of all went to partners who may have them"),
                *(
                    (number, f"rejected: {reason.value.replace('_', ' ')}")
                    for reason, number in books.rejected.most_common()
                ),
                (books.trends["PT1H"], f"hourly trends: {books.views:,} views"),
                (books.trends["P1D"], f"daily trends: {books.day_views:,} views"),
                *((books.apart[each], f"daily views, apart: {each}") for each in Stream),
            ]
        return Text("\n".join(f"{number:>9,}  {what}" for number, what in figures))
