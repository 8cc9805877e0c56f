"""An entry of the audit log: bytes that are never written twice, since they are the tree's leaf.

It is written from types and read back into them; what verifies the log hashes the bytes as they
are. An error names the entry and the field, and shows no value.
"""

import re
from datetime import UTC
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from quietclicks.pipeline.evidence.kinds import (
    ABOUT_ONE_PERSON,
    KINDS,
    NAMES,
    Body,
    Count,
    Hash,
    Version,
    is_a_day,
)
from quietclicks.pipeline.evidence.tree import FIRST_PREV, leaf_hash
from quietclicks.schemas.raw import Instant

MAX_BYTES = 65_535


class EntryError(ValueError):
    """An entry that cannot be read, or must not be written."""


class Link(Struct, frozen=True):
    """What of an entry ties it to the one before; the rest may be of any kind."""

    i: Count
    prev: Hash


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """`prev` is the leaf hash of entry `i - 1`; `time` the broker's, of what the entry tells.

    `version` is of the program that wrote it.
    """

    i: Count
    prev: Hash
    time: Instant
    version: Version
    body: Body


class _Read(Struct, frozen=True, forbid_unknown_fields=True):
    i: Count
    prev: Hash
    time: Instant
    version: Version
    kind: Annotated[str, Meta(max_length=40)]
    body: msgspec.Raw


_link = msgspec.json.Decoder(Link)
_read = msgspec.json.Decoder(_Read)
_bodies = {name: msgspec.json.Decoder(struct) for name, struct in KINDS.items()}


def encode(entry: Entry) -> bytes:
    """The bytes: JSON, sorted, ASCII. Raises `EntryError` for what `decode` would not read."""
    if entry.time.utcoffset() != UTC.utcoffset(None):
        raise EntryError("an entry's time is in UTC")
    fields = {
        "body": entry.body,
        "i": entry.i,
        "kind": NAMES[type(entry.body)],
        "prev": entry.prev,
        "time": entry.time,
        "version": entry.version,
    }
    data = msgspec.json.encode(fields, order="sorted")
    if decode(data) != entry:
        raise EntryError(f"entry {entry.i} does not come back as it was written")
    return data


def decode(data: bytes) -> Entry:
    """And back. Raises `EntryError`."""
    check_text(data)
    try:
        read = _read.decode(data)
    except (ValueError, RecursionError) as error:
        raise EntryError(f"an entry cannot be read{_where(error)}") from None
    if read.kind not in KINDS:
        raise EntryError(f"entry {read.i} is of a kind that this version does not know")
    try:
        body = _bodies[read.kind].decode(read.body)
    except (ValueError, RecursionError) as error:
        raise EntryError(f"entry {read.i}: its {read.kind} cannot be read{_where(error)}") from None
    if isinstance(body, ABOUT_ONE_PERSON) and not is_a_day(read.time):
        raise EntryError(f"entry {read.i}: the time of what one person asked for is a day")
    return Entry(read.i, read.prev, read.time, read.version, body)


def link(data: bytes) -> Link:
    """What ties it to the one before. Raises `EntryError`."""
    check_text(data)
    try:
        return _link.decode(data)
    except (ValueError, RecursionError) as error:
        raise EntryError(f"an entry cannot be read{_where(error)}") from None


def after(previous: bytes | None) -> Link:
    """The link of the entry that follows one, or of the first."""
    if previous is None:
        return Link(0, FIRST_PREV)
    return Link(link(previous).i + 1, leaf_hash(previous).hex())


def check_text(data: bytes) -> None:
    """Entries are short ASCII without escapes, so that all who read JSON read the same."""
    if len(data) > MAX_BYTES:
        raise EntryError(f"an entry is at most {MAX_BYTES:,} bytes long")
    if not data.isascii() or b"\\" in data:
        raise EntryError("an entry is ASCII without escapes")


def _where(error: Exception) -> str:
    """The path to the field, which is made of our own names and never of what was read."""
    found = re.search(r"at `\$([.a-z_\[\]]*)`\Z", str(error))
    return f": {found[1].lstrip('.')}" if found and found[1] else ""
