"""What the release stage writes beside a committed offset, and what others may read of it.

Where that is lost, it is found out from what is published.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, milliseconds
from quietclicks.pipeline.release.withheld import Withheld, by_day
from quietclicks.schemas.raw import Instant
from quietclicks.schemas.trend import Window


class _Ended(Struct):
    """What of a trend's key tells when its window ends."""

    site: str
    window: Window
    start: Instant


_ended = msgspec.json.Decoder(_Ended)


class CommitMetadata(Struct):
    """How far was read and released, and every partition's watermark.

    All hours before `released` are, and of what ends next the first so many `sites`: those of the
    hour by name, then those of the day. A number, because a broker takes 4,096 bytes. `withheld` is
    rounded: whoever may look at the group sees it.
    """

    position: int = 0
    released: int = 0
    sites: int = 0
    marks: list[int] = field(default_factory=list)
    withheld: Withheld | None = None  # of a former version

    def encode(self) -> str:
        """As it goes with a commit."""
        return msgspec.json.encode(self).decode()


def decode(metadata: str) -> CommitMetadata:
    """And back. Raises `ValueError`."""
    return msgspec.json.decode(metadata, type=CommitMetadata)


def released_hour(metadata: str) -> int:
    """The hour since 1970 before which all is closed, and published or withheld for good; 0: none.

    After a loss more is withheld than is closed: a day that has begun, to its end.
    """
    if not metadata:
        return 0
    memo = decode(metadata)
    return min(memo.released, min(memo.marks, default=0))


def withheld_by_day(metadata: Iterable[str]) -> dict[int, int]:
    """What all partitions' tell of the days that are over: day since 1970 → views, about."""
    memos = [decode(each) if each else CommitMetadata() for each in metadata]
    return by_day((min(each.released, min(each.marks, default=0)), each.withheld) for each in memos)


def published_until(key: bytes) -> tuple[str, int]:
    """A trend's key → its site, and the hour since 1970 at which its window ends.

    Raises `ValueError`.
    """
    of = _ended.decode(key)
    hours = HOURS_PER_DAY if of.window == "P1D" else 1
    return of.site, milliseconds(of.start) // MILLISECONDS_PER_HOUR + hours
