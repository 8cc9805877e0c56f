"""Events side by side: every field is a column, and all are of one length, or empty still."""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, Self

from msgspec import Struct, structs


class Columns(Struct):
    """A base. It shows nothing of what it holds: some columns are as they were sent."""

    def columns(self) -> tuple[Sequence[Any], ...]:
        """In the order of the fields."""
        return structs.astuple(self)

    def where(self, mask: Iterable[object]) -> Self:
        """Those events for which there is something true in the mask."""
        kept = list(mask)
        return type(self)(*[list(compress(column, kept)) for column in self.columns()])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"
