"""What the sources of entries share: an entry before it is one, and times as entries have them."""

from datetime import UTC, date, datetime, timedelta

from quietclicks.pipeline.evidence.kinds import Body

Told = tuple[Body, datetime]
"""An entry's body and its time."""

_EPOCH = date(1970, 1, 1)


def instant(at_ms: int) -> datetime:
    """Whole seconds: what an entry says need be no more exact."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def number_of(day: date) -> int:
    """A day, since 1970."""
    return (day - _EPOCH).days


def named(day: int) -> date:
    """And back."""
    return _EPOCH + timedelta(days=day)
