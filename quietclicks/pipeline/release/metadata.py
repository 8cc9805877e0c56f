"""What the release stage writes beside a committed offset, and what others may read of it."""

import msgspec
from msgspec import Struct, field


class CommitMetadata(Struct):
    """How far was read and released, and every partition's watermark.

    All hours before `released` are, and of what ends next the first so many `sites`: those of the
    hour by name, then those of the day. A number, because a broker takes 4,096 bytes.
    """

    position: int = 0
    released: int = 0
    sites: int = 0
    marks: list[int] = field(default_factory=list)

    def encode(self) -> str:
        """As it goes with a commit."""
        return msgspec.json.encode(self).decode()


def decode(metadata: str) -> CommitMetadata:
    """And back. Raises `ValueError`."""
    return msgspec.json.decode(metadata, type=CommitMetadata)


def released_hour(metadata: str) -> int:
    """The hour since 1970 before which all is published or withheld for good; 0: none yet."""
    return decode(metadata).released if metadata else 0
