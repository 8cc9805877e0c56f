"""Events on their way to the cells: the columns that the counting room works on."""

from collections.abc import Iterable
from itertools import compress

from msgspec import Struct, field


class Counted(Struct):
    """What is counted of one site's events: columns, in the log's order.

    A visitor has a number for each dimension, in the order of `Dimension`; `values` has a column
    for each of `cells.DIMENSIONS`. Of events that count in no trend the site is their stream's
    name, and the one column is the choice of visitors who opted out; bots have none.
    """

    hours: list[int] = field(default_factory=list)  # since 1970
    visitors: list[tuple[int, ...]] = field(default_factory=list)
    values: list[list[str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.hours)

    def extend(self, later: "Counted") -> None:
        """Take over what is counted of later events; it is used up by that."""
        if not self.hours:
            self.hours, self.visitors, self.values = later.hours, later.visitors, later.values
            return
        self.hours += later.hours
        self.visitors += later.visitors
        for column, more in zip(self.values, later.values, strict=True):
            column += more

    def where(self, wanted: Iterable[object]) -> "Counted":
        """Those events for which there is something true in the mask."""
        mask = list(wanted)
        return Counted(
            list(compress(self.hours, mask)),
            list(compress(self.visitors, mask)),
            [list(compress(column, mask)) for column in self.values],
        )
