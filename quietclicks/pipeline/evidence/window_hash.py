"""What an entry says of a window's records: how many they are, and one hash of all of them.

Anybody can recompute it from the topics, in any order, holding 32 bytes a record:

- a record's hash is SHA-256 of its topic, its key and its value, before each its length in bytes as
  eight bytes, the highest first; of a record without a value, eight bytes of 255 stand there;
- the window's is SHA-256 of all of these, sorted, one after the other. Records that are the same
  count each.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, milliseconds
from quietclicks.schemas.raw import Instant
from quietclicks.schemas.trend import Window

NO_VALUE = b"\xff" * 8


class Name(NamedTuple):
    """A window, by when it ends: hours since 1970. So they sort as they come out, days last."""

    end: int
    is_day: bool

    @property
    def window(self) -> Window:
        """How its records call its kind."""
        return "P1D" if self.is_day else "PT1H"

    @property
    def start(self) -> int:
        """The hour, since 1970."""
        return self.end - (HOURS_PER_DAY if self.is_day else 1)

    def following(self) -> "Name":
        """The one that comes out next: the hours of a day, then the day."""
        if not self.is_day and self.end % HOURS_PER_DAY == 0:
            return Name(self.end, True)
        return Name(self.end + 1, False)


class _Key(Struct):
    """What of a trend's key tells its window."""

    window: Window
    start: Instant


_key = msgspec.json.Decoder(_Key)


def name_of(key: bytes | None) -> Name | None:
    """A trend's key → its window; None: it is none of a trend."""
    try:
        found = _key.decode(key or b"")
        hour, rest = divmod(milliseconds(found.start), MILLISECONDS_PER_HOUR)
    except (ValueError, OverflowError):
        return None
    is_day = found.window == "P1D"
    if rest or (is_day and hour % HOURS_PER_DAY):
        return None
    return Name(hour + (HOURS_PER_DAY if is_day else 1), is_day)


def record_hash(topic: str, key: bytes | None, value: bytes | None) -> bytes:
    """Of one record."""
    parts = [topic.encode(), key, value]
    told = [NO_VALUE if part is None else len(part).to_bytes(8) + part for part in parts]
    return hashlib.sha256(b"".join(told)).digest()


def hash_of(records: Iterable[bytes]) -> str:
    """Of the hashes of a window's records."""
    return hashlib.sha256(b"".join(sorted(records))).hexdigest()


def window_hash(records: Iterable[tuple[str, bytes | None, bytes | None]]) -> str:
    """Of a window's records: topic, key and value of each, as they were read committed."""
    return hash_of(record_hash(*record) for record in records)
