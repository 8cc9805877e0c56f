"""The newest checkpoint as a header on each day's trends: whoever keeps those has an anchor.

A header is no part of a window's hash: what was published is the same with it and without.
"""

from collections.abc import Iterable

from quietclicks.pipeline.evidence.window_hash import name_of

HEADER = "checkpoint"


def header_of(key: bytes | None, note: bytes | None) -> list[tuple[str, bytes]]:
    """The headers of a trend; none of an hour's, and none where nothing is signed yet."""
    if note is None:
        return []
    name = name_of(key)
    return [(HEADER, note)] if name is not None and name.is_day else []


def notes_of(headers: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """The checkpoints that a record has been given."""
    return [note for name, note in headers if name == HEADER]
