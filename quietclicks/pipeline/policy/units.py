"""Durations and sizes as people write them ("15m", "30d", "2MiB") and as the code counts them.

Never guesses a unit: a bare number is refused.
"""

import re
from typing import Any

_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_SIZE = re.compile(r"(\d{1,6})(B|KiB|MiB|GiB)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_WORDS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_FOREVER = 2**53  # compares as longer than everything that can be written with a unit


class Duration(int):
    """Whole seconds; `FOREVER` has no end."""

    def __str__(self) -> str:
        if self == _FOREVER:
            return "forever"
        unit = self._unit()
        return f"{self // _SECONDS[unit]}{unit}"

    @property
    def words(self) -> str:
        """For a reader who is no engineer: `24 hours`, `30 days`."""
        if self == _FOREVER:
            return "without an end"
        unit = self._unit()
        number = self // _SECONDS[unit]
        return f"{number} {_WORDS[unit]}{'' if number == 1 else 's'}"

    def _unit(self) -> str:
        if self > _SECONDS["d"] and self % _SECONDS["d"] == 0:  # a day reads as 24 hours
            return "d"
        return next((unit for unit in ("h", "m") if self and self % _SECONDS[unit] == 0), "s")


FOREVER = Duration(_FOREVER)


class Size(int):
    """Whole bytes."""

    def __str__(self) -> str:
        unit = next((u for u in ("GiB", "MiB", "KiB") if self and self % _BYTES[u] == 0), "B")
        return f"{self // _BYTES[unit]}{unit}"


def decode(wanted: type, value: Any) -> Any:
    """msgspec's hook for both types. Raises `ValueError` with how to write it."""
    if wanted is Duration:
        return _duration(value)
    if wanted is Size:
        return _size(value)
    raise NotImplementedError


def encode(value: Any) -> Any:
    """The hook's other direction: as the file has it."""
    if isinstance(value, Duration | Size):
        return str(value)
    raise NotImplementedError


def _duration(value: Any) -> Duration:
    if value == "forever":
        return FOREVER
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError('a duration reads like "90s", "15m", "24h" or "30d"')
    return Duration(int(match[1]) * _SECONDS[match[2]])


def _size(value: Any) -> Size:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError('a size reads like "512KiB" or "2MiB"')
    return Size(int(match[1]) * _BYTES[match[2]])
