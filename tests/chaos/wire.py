"""What the proxy reads of Kafka's protocol: which request a frame is, and whose transaction's.

It decodes no more than a request's beginning, and never changes a byte.
"""

import struct
from asyncio import IncompleteReadError, StreamReader
from enum import IntEnum
from typing import NamedTuple

_HEAD = struct.Struct(">hhi")  # API key, version, correlation id
_SIZE = struct.Struct(">i")
_LENGTH = struct.Struct(">h")


class Api(IntEnum):
    """The requests that a fault may be about."""

    PRODUCE = 0
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS = 24
    ADD_OFFSETS = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


# From these versions on the requests are laid out in another way, which the client does not use.
_FLEXIBLE = {
    Api.PRODUCE: 9,
    Api.INIT_PRODUCER_ID: 2,
    Api.ADD_PARTITIONS: 3,
    Api.ADD_OFFSETS: 3,
    Api.END_TXN: 3,
    Api.TXN_OFFSET_COMMIT: 3,
}


class Frame(NamedTuple):
    """A request with the length that it begins with; the id is None outside transactions."""

    api: int
    transactional_id: str | None
    data: bytes


def frame_of(data: bytes) -> Frame:
    """Read a whole request's beginning."""
    api, version, _ = _HEAD.unpack_from(data, _SIZE.size)
    if version >= _FLEXIBLE.get(api, 0):
        return Frame(api, None, data)
    _, at = _text(data, _SIZE.size + _HEAD.size)  # the client's name
    transactional_id, _ = _text(data, at)
    return Frame(api, transactional_id, data)


async def read_frame(reader: StreamReader) -> Frame | None:
    """The next request; None where the client has closed the connection."""
    try:
        size = await reader.readexactly(_SIZE.size)
        return frame_of(size + await reader.readexactly(_SIZE.unpack(size)[0]))
    except (IncompleteReadError, ConnectionError):
        return None


def _text(data: bytes, at: int) -> tuple[str | None, int]:
    """A nullable string, and where it ends."""
    (length,) = _LENGTH.unpack_from(data, at)
    at += _LENGTH.size
    if length < 0:
        return None, at
    return data[at : at + length].decode(), at + length
