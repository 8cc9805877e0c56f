"""What the anonymise stage hands to the release stage: `internal.partials`.

Three kinds of records, told apart by the first element of the key: a closed cell, a day's release
parameters, and a partition's watermark. All absolute; each cell is written once, when it closes.
"""

from typing import Literal
from zlib import crc32

import msgspec
from msgspec import Struct

from quietclicks.pipeline.release import Cell, Params
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import Dimension

CellKey = tuple[Literal["cell"], int, str, int, Dimension, str]
"""("cell", raw partition, site, hour, dimension, value) → [views, visitor sample]"""
DayKey = tuple[Literal["day"], int, int]
"""("day", raw partition, day) → the release parameters that partition opened the day with"""
WatermarkKey = tuple[Literal["mark"], int]
"""("mark", raw partition) → `Watermark`"""


class Watermark(Struct, frozen=True, array_like=True):
    """Partition p of `partitions`: every hour before `closed_until` is complete."""

    partitions: int
    closed_until: int


# A key's first bytes: of how many elements the array is, then the first of them. There are millions
# of keys, and nothing else of one has to be decoded to tell.
_KINDS = {
    msgspec.msgpack.encode((kind, *range(others)))[:4]: kind
    for kind, others in (("cell", 5), ("day", 2), ("mark", 1))
}


def site_route(site: str) -> int:
    """All of a site's partials meet in one partition."""
    return crc32(site.encode())


def kind_of(key: bytes) -> str:
    """`cell`, `day` or `mark`. Raises `ValueError` on what is no key."""
    kind = _KINDS.get(key[:4])
    if kind is None:
        raise ValueError("not a key of internal.partials")
    return kind


def add_cell(values: dict[str, Cell], value: str, partial: bytes) -> None:
    """Make a cell record part of a dimension's values."""
    views, sample = cell_value.decode(partial)
    cell = values.get(value)
    if cell is None:
        values[value] = Cell(views, Sample.decode(sample))
    else:
        cell.views += views
        cell.visitors.merge(Sample.decode(sample))


def add_views(values: dict[str, Cell], value: str, partial: bytes) -> None:
    """The same of another dimension's cell: its visitors have other numbers there."""
    cell = values.setdefault(value, Cell())
    cell.views += cell_value.decode(partial)[0]


def in_both(cell: Cell | None, partial: bytes) -> int:
    """How many visitors of a cell record another partition has told of: of what samples keep."""
    if cell is None:
        return 0
    return len(cell.visitors.hashes & Sample.decode(cell_value.decode(partial)[1]).hashes)


cell_key = msgspec.msgpack.Decoder(CellKey)
day_key = msgspec.msgpack.Decoder(DayKey)
watermark_key = msgspec.msgpack.Decoder(WatermarkKey)
cell_value = msgspec.msgpack.Decoder(tuple[int, bytes])
watermark_value = msgspec.msgpack.Decoder(Watermark)
params_value = msgspec.msgpack.Decoder(Params)
