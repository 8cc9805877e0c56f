"""Which records are somebody's: from address and browser to pseudonyms, keys and partitions.

A record's key begins with the visitor's pseudonym, which also says on which partition it lies. A
partner that gets no pseudonym has nothing that could be found again.
"""

from collections.abc import Collection, Iterator
from zlib import crc32

import msgspec
from msgspec import Struct

from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_ring import DayPseudonymisers
from quietclicks.pipeline.pseudonyms.pseudonym import visitor_identity
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Pseudonymised

MAX_EVENTS = 20_000  # of one person and day that are kept: the cap counts 50 for trends


class Target(Struct, frozen=True):
    """One person's records in one topic, on one day."""

    topic: str
    pseudonym: str

    @property
    def route(self) -> int:
        """The partition, modulo how many there are."""
        return crc32(self.pseudonym.encode())

    def __repr__(self) -> str:
        return f"Target({self.topic!r}, …)"


class Match(Struct, frozen=True):
    """A record of theirs."""

    topic: str
    key: bytes
    value: bytes

    def __repr__(self) -> str:
        return f"Match({self.topic!r}, …)"


def targets(
    identity: Identity, keys: DayPseudonymisers, partners: Collection[str]
) -> Iterator[Target]:
    """Where a person's records of a day and site may be; `partners`: whose are looked at."""
    whole = visitor_identity(packed_address(identity.address), identity.user_agent)
    yield Target(topics.PSEUDONYMISED, keys.events.text(whole))
    for name, (_, visitors) in keys.partners.items():
        if name in partners:
            yield Target(topics.PARTNERS + name, visitors.text(whole))


def whose(record: Record) -> bytes:
    """The pseudonym that a record bears; empty for a tombstone, which is nobody's."""
    return b"" if record.value is None else (record.key or b"").partition(b":")[0]


def event_of(match: Match) -> Pseudonymised | None:
    """What a record says; None: it cannot be read, as a partner's that has no time."""
    try:
        return msgspec.json.decode(match.value, type=Pseudonymised)
    except (ValueError, RecursionError):
        return None
