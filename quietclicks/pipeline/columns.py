"""Events side by side: every field is a column, and all are of one length, or empty still."""

from collections.abc import Iterable
from itertools import compress
from typing import Self

from msgspec import Struct, structs


class Columns(Struct):
    """A base. It shows nothing of what it holds: some columns are as they were sent."""

    def only(self, wanted: Iterable[object]) -> Self:
        """Those events for which there is something true in `wanted`."""
        mask = list(wanted)
        return type(self)(*[list(compress(column, mask)) for column in structs.astuple(self)])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"
