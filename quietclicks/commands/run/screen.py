"""What `make run` shows: a live table on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.live import Live
from rich.text import Text

from quietclicks.commands.run.audit_lines import lines_of
from quietclicks.commands.run.books import Books
from quietclicks.pipeline.audit.report import Report
from quietclicks.schemas.trend import Stream

PLAIN_SECONDS = 5.0


class Screen:
    """Says what happens. `books` is set once there are any."""

    def __init__(self, secure: bool) -> None:
        """`secure`: whether the broker has users."""
        self._secure = secure
        self._console = Console(stderr=False, highlight=False)
        self._live: Live | None = None
        self._events = 0
        self._started = time.monotonic()
        self._next = 0.0
        self._shown: list[str] = []
        self._audit: Report | None = None
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
        self._go_live()

    def sent(self, events: int) -> None:
        """So many events are sent by now."""
        self._events = events

    def update(self) -> None:
        """Show how things stand."""
        self._tell_audit()
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
        if not self._end_live(self._figures()):
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

    def begin_lines(self) -> None:
        """From here on lines are shown that change, each with the time that it took so far."""
        self._started = time.monotonic()
        self._next = 0.0
        self._shown = []
        self._go_live()

    def update_lines(self, lines: list[str]) -> None:
        """These are the lines now: each change at once, and now and then that it goes on."""
        self._tell_audit()
        if self._live is not None:
            self._live.update(self._timed(lines), refresh=True)
        elif lines != self._shown or time.monotonic() >= self._next:
            self._shown, self._next = lines, time.monotonic() + PLAIN_SECONDS
            self._console.print(self._timed(lines), soft_wrap=True)
            sys.stdout.flush()

    def end_lines(self, lines: list[str]) -> None:
        """They stay as they are now."""
        self._end_live(self._timed(lines))

    def audited(self, report: Report) -> None:
        """What an audit has found."""
        for line in lines_of(report, self._secure):
            self.say(line)

    def _tell_audit(self) -> None:
        """The last one, once."""
        found = None if self.books is None else self.books.audit
        if found is not None and found is not self._audit:
            self._audit = found
            self.audited(found)

    def _go_live(self) -> None:
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()

    def _end_live(self, last: Text) -> bool:
        if self._live is None:
            return False
        self._live.update(last, refresh=True)
        self._live.stop()
        self._live = None
        return True

    def _timed(self, lines: list[str]) -> Text:
        seconds = f"{time.monotonic() - self._started:4.0f} s  "
        return Text("\n".join(seconds + line for line in lines))

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
