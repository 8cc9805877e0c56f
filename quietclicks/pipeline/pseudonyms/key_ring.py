"""The keys of the days in use, as the pure core sees them: given, used, forgotten.

Where keys come from and how they die is `agents.keys`. A key is never printed.
"""

from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser


class KeyMissing(Exception):
    """The day's key is not at hand: get it, and come again. `day` counts from 1970."""

    def __init__(self, day: int) -> None:
        super().__init__("the key of a day is not at hand")
        self.day = day


class DayKey:
    """One day's key, with a ready pseudonymiser for each use and site."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._ready: dict[tuple[bytes, str], Pseudonymiser] = {}

    def __repr__(self) -> str:
        return "DayKey(…)"

    def pseudonyms(self, purpose: bytes, site: str) -> Pseudonymiser:
        """The pseudonymiser of one purpose and site."""
        ready = self._ready.get((purpose, site))
        if ready is None:
            ready = self._ready[purpose, site] = Pseudonymiser(self._key, purpose, site)
        return ready


class DayKeys:
    """The keys at hand, by day since 1970; shared by all partitions of a worker."""

    def __init__(self) -> None:
        self._keys: dict[int, DayKey] = {}

    def of(self, day: int) -> DayKey:
        """The day's key; raises `KeyMissing`."""
        key = self._keys.get(day)
        if key is None:
            raise KeyMissing(day)
        return key

    def put(self, day: int, key: bytes) -> None:
        """Take a day's key: 32 bytes."""
        self._keys[day] = DayKey(key)
