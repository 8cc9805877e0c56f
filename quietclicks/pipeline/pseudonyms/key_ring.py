"""The keys of the days in use: given, used, forgotten. Nothing else holds key material.

Where keys come from and how they die is `agents.keys`. A key is never printed.
"""

from collections.abc import Collection
from hashlib import blake2b

from msgspec import Struct, field

from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.pseudonyms.pseudonym import (
    BOTS,
    EVENT_ID,
    EVENTS,
    KEY_BYTES,
    OPTED_OUT,
    PERSON,
    TRENDS,
    Numberer,
    Pseudonymiser,
    partner,
    partner_event_id,
)
from quietclicks.schemas.trend import Dimension, Stream


class DayPseudonymisers(Struct, frozen=True, gc=False):
    """Of one day and site: who counts, who visited, which event, and so for partners.

    `token` tells one from another without keeping it: what is derived may be remembered with it.
    """

    trends: Numberer
    events: Pseudonymiser
    event_id: Pseudonymiser
    partners: dict[str, tuple[Pseudonymiser, Pseudonymiser]]  # event ids, visitors
    streams: dict[Stream, Numberer]
    token: object = field(default_factory=object)

    def __repr__(self) -> str:
        return "DayPseudonymisers(…)"


class DayKeys:
    """The keys at hand, by day since 1970; shared by all partitions of a worker."""

    def __init__(self) -> None:
        self._keys: dict[int, bytes] = {}
        self.destroyed_through = NEVER
        self._ready: dict[tuple[int, str], DayPseudonymisers] = {}

    def __contains__(self, day: int) -> bool:
        return day in self._keys

    def __repr__(self) -> str:
        return "DayKeys(…)"

    def put(self, day: int, key: bytes) -> None:
        """Take a day's key: 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key is {KEY_BYTES} bytes")
        if day <= self.destroyed_through:
            raise ValueError("the key of that day is destroyed")
        self._keys[day] = key

    def of(self, day: int, site: str, partners: Collection[str]) -> DayPseudonymisers:
        """Raises `KeyError` where the day's key is not at hand."""
        ready = self._ready.get((day, site))
        if ready is None:
            ready = self._ready[day, site] = _pseudonymisers(self._keys[day], site, partners)
        return ready

    def secret(self, day: int, use: bytes) -> bytes:
        """32 bytes that die with the day's key, and tell nothing of it. Raises `KeyError`."""
        return blake2b(use, key=self._keys[day], person=PERSON, digest_size=KEY_BYTES).digest()

    def destroy(self, through: int) -> bool:
        """Forget the keys up to that day, for good; whether one of them was at hand."""
        self.destroyed_through = max(self.destroyed_through, through)
        gone = [day for day in self._keys if day <= self.destroyed_through]
        for day in gone:
            self.forget(day)
        return bool(gone)

    def forget(self, day: int) -> None:
        """Drop the day's key, and every hasher that was made with it."""
        self._keys.pop(day, None)
        for each in [each for each in self._ready if each[0] == day]:
            del self._ready[each]


def _pseudonymisers(key: bytes, site: str, partners: Collection[str]) -> DayPseudonymisers:
    def of(use: bytes) -> Pseudonymiser:
        return Pseudonymiser(key, use, site)

    def numbers(use: bytes) -> Numberer:
        return Numberer(key, use, site, len(Dimension))

    return DayPseudonymisers(
        trends=numbers(TRENDS),
        events=of(EVENTS),
        event_id=of(EVENT_ID),
        partners={name: (of(partner_event_id(name)), of(partner(name))) for name in partners},
        streams={Stream.OPTED_OUT: numbers(OPTED_OUT), Stream.BOTS: numbers(BOTS)},
    )
