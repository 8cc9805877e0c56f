"""The list of whom nothing may be processed of: who restricted or objected, and who is erased.

An entry's name is a hash of site, address and browser under a key of the list alone, and who
matches leaves no record of whom: a rejection says `restricted`, and when. It follows a compacted
topic, and knows how far.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import day_of
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser, visitor_identity

USE = b"restrictions"
ERASED = b"/"  # between an entry's name and the day whose events are erased


class Entry(Struct):
    """Of one person: up to which day (since 1970) nothing may be used; of which days nothing."""

    until: int = -1
    erased: set[int] = field(default_factory=set)

    def covers(self, day: int) -> bool:
        """Whether an event of that day is left out."""
        return day <= self.until or day in self.erased


class _Value(Struct, forbid_unknown_fields=True):
    until: str


class UnreadableEntry(ValueError):
    """An entry that is none: whom it names nobody knows, so nothing may be processed."""


class Restrictions:
    """What the list says, as far as it was read: `offset` is the next one to read."""

    def __init__(self) -> None:
        self.offset = 0
        self._entries: defaultdict[bytes, Entry] = defaultdict(Entry)
        self._key: bytes | None = None
        self._hashers: dict[str, Pseudonymiser] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __repr__(self) -> str:
        return "Restrictions(…)"

    @property
    def has_key(self) -> bool:
        """Whether names can be made: without the list's key nobody is found in it."""
        return self._key is not None

    def use(self, key: bytes) -> None:
        """The list's key: 32 bytes, made once."""
        self._key = key

    def take(self, record: Record) -> None:
        """One more, in order. Raises `UnreadableEntry`."""
        name, separator, erased = (record.key or b"").partition(ERASED)
        try:
            if separator:
                self._take_erased(name, day_of(erased), record.value is not None)
            elif name:
                until = record.value and msgspec.json.decode(record.value, type=_Value).until
                self._entries[name].until = day_of(until.encode()) if until else -1
        except ValueError:
            raise UnreadableEntry("an entry of the list cannot be read") from None
        if name in self._entries and self._entries[name] == Entry():
            del self._entries[name]
        self.offset = record.offset + 1

    def _take_erased(self, name: bytes, day: int, is_set: bool) -> None:
        erased = self._entries[name].erased
        (erased.add if is_set else erased.discard)(day)

    def entry(self, site: str, address: str, user_agent: str | None) -> Entry | None:
        """What it says of who sends this."""
        return self._entries.get(self.name(site, address, user_agent))

    def name(self, site: str, address: str, user_agent: str | None) -> bytes:
        """The entry's name. Raises `LookupError` without the list's key."""
        if self._key is None:
            raise LookupError("the list's key is not at hand")
        hasher = self._hashers.get(site)
        if hasher is None:
            hasher = self._hashers[site] = Pseudonymiser(self._key, USE, site)
        return hasher.text(visitor_identity(packed_address(address), user_agent)).encode()

    def ended(self, today: int, destroyed_through: int) -> Iterator[bytes]:
        """The records whose time is over: nothing can match them any more."""
        for name, entry in self._entries.items():
            if 0 <= entry.until < today:
                yield name
            for day in sorted(entry.erased):
                if day <= destroyed_through:
                    yield erased_key(name, day)


def erased_key(name: bytes, day: int) -> bytes:
    """The record's key that says: of this day, nothing of theirs."""
    return name + ERASED + day_text(day).encode()


def until_value(day: int) -> bytes:
    """The record's value that says: up to that day."""
    return msgspec.json.encode(_Value(day_text(day)))
