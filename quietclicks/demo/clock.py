"""The demo's clock: it begins in the past and runs faster, until it has reached the present.

So hours close while somebody looks on, and none of them is shorter than an hour.
"""

from collections.abc import Callable

SPEED = 60  # an hour a minute


class DemoClock:
    """Seconds since 1970, as `time.time` gives them."""

    def __init__(self, start: float, now: Callable[[], float], speed: float = SPEED) -> None:
        """`start`: what it shows at this moment; `now`: the clock of the machine."""
        self._start = start
        self._now = now
        self._began = now()
        self.speed = speed

    @property
    def present(self) -> float:
        """What the machine's clock shows."""
        return self._now()

    def __call__(self) -> float:
        now = self._now()
        return min(self._start + (now - self._began) * self.speed, now)

    def wait_for(self, at: float) -> float:
        """How long it takes, in seconds of the machine, until it shows `at`; 0: it does.

        What is yet to come takes its time, however fast the clock is.
        """
        return max((at - self()) / self.speed, at - self.present, 0.0)
