"""When a day's events are due to be cut, and how far that has come: arithmetic on clocks alone.

A cut goes by the sequence of the log. The broker's time at which a day was seen to be closed, that
is when nothing of it could be written any more, is noted; what was written up to then is cut, and
somewhat more, so that no segment holds both. Ages would promise nothing: what a partition that lags
behind writes is younger than its day.
"""

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.model import DAY, HOUR


class Progress(Struct):
    """How far a topic is cut: every day up to `cut`; -1: none yet.

    `closed`: day → when it was seen to be closed, in ms of the broker's clock, of days not yet cut.
    `gone_ms`: from when on, by that clock, what is cut is off the broker's disk.
    """

    cut: int = -1
    closed: dict[int, int] = field(default_factory=dict)
    gone_ms: int = 0

    def encode(self) -> str:
        """As it goes with a commit."""
        return msgspec.json.encode(self).decode()

    def is_news(self, day: int) -> bool:
        """Whether a day that is closed was not known to be."""
        return day > max(self.closed, default=self.cut)

    def closed_by(self, day: int) -> int | None:
        """From when on nothing of a day, and of those before it, was written (broker's ms).

        None where that is not known: before the first day of all that was seen to close, which
        tells nothing of those before it. They go together with it.
        """
        if self.cut < 0 and day < min(self.closed, default=day + 1):
            return None
        return min((at for other, at in self.closed.items() if other >= day), default=None)

    def done(self, day: int, gone_ms: int) -> "Progress":
        """With that day, and those before it, cut."""
        closed = {other: at for other, at in self.closed.items() if other > day}
        return Progress(day, closed, gone_ms)


def progress_of(metadata: str) -> Progress:
    """What was committed. Nothing, or what somebody else put there, is that nothing is cut yet.

    That is safe: of days that nobody is known to have seen close, none is cut before the next.
    """
    try:
        return msgspec.json.decode(metadata, type=Progress)
    except ValueError:
        return Progress()


def closed_day(closed_until: int) -> int:
    """The last day that is over where all hours (since 1970) before that one are."""
    return closed_until * HOUR // DAY - 1


def due_by_log(policy: Policy, closed_until: int) -> int:
    """The last day that is due by the log's time: hours close when their lateness is over."""
    return (closed_until * HOUR - policy.keys.grace) // DAY - 1


def due_by_broker(policy: Policy, now_ms: int) -> int:
    """The last day that is due by the broker's clock."""
    return (now_ms // 1000 - policy.events_end) // DAY - 1
