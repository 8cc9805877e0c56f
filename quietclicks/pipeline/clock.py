"""Times as numbers: hours and days since 1970, UTC. It never asks what time it is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

MILLISECONDS_PER_HOUR = 3_600_000
HOURS_PER_DAY = 24
MILLISECONDS_PER_DAY = HOURS_PER_DAY * MILLISECONDS_PER_HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(instant: datetime) -> int:
    """An aware datetime → milliseconds since 1970, negative before it. Exact: no floating point."""
    return all_milliseconds([instant])[0]


def all_milliseconds(instants: Iterable[datetime]) -> list[int]:
    """The same for many, without a call for each."""
    return [
        (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
        for since in [instant - _EPOCH for instant in instants]
    ]


def start_of_hour(at_ms: int) -> int:
    """Milliseconds → those of the hour's start."""
    return at_ms // MILLISECONDS_PER_HOUR * MILLISECONDS_PER_HOUR


def text(at_ms: int) -> str:
    """Milliseconds → `2026-11-22T10:00:00Z`, cut to whole seconds."""
    return (_EPOCH + timedelta(seconds=at_ms // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_text(at_ms: int) -> str:
    """Milliseconds → `2026-11-22T10:00:00.000Z`."""
    return f"{text(at_ms)[:-1]}.{at_ms % 1000:03}Z"


def hour_text(hour: int) -> str:
    """An hour's start."""
    return text(hour * MILLISECONDS_PER_HOUR)


def day_text(day: int) -> str:
    """A day → `2026-11-22`."""
    return text(day * MILLISECONDS_PER_DAY)[:10]
