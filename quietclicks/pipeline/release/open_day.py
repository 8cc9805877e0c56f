"""A day that is gathered: closed cells of all raw partitions, until the day closes."""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct, field

from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.release import OVERFLOW, Cell, Params, Remainder, partials
from quietclicks.schemas.trend import Dimension, Stream, Window, stream_of


class OpenDay(Struct):
    """`offset` is that of its first record; `hours` have not closed yet, `remainders` have.

    It is mixed where partitions number visitors differently, as when a version was not drained
    before the next: their samples cannot be united, and nothing more of the day is published.
    """

    offset: int
    params: Params | None = None
    mixed: bool = False
    without_choices: set[int] = field(default_factory=set)  # partitions that do not count them
    hours: dict[int, dict[str, dict[Dimension, dict[str, Cell]]]] = field(default_factory=dict)
    remainders: dict[str, dict[int, Remainder]] = field(default_factory=lambda: defaultdict(dict))

    def open(self, partition: int, params: Params) -> None:
        """Partitions may have opened the day under different policies: the log's first is it."""
        self.params = self.params or params
        self.mixed |= params.numbering != self.params.numbering
        if not params.choices:
            self.without_choices.add(partition)

    def add(self, key: partials.CellKey, partial: bytes) -> int:
        """Take in a closed cell; how many of its visitors came in another partition, too.

        Of totals alone. Raises `ValueError`.
        """
        spread = 0
        _, partition, site, hour, dimension, value = key
        for wanted, named in self._as_it_counts(partition, site, dimension, value):
            values = self.hours.setdefault(hour, {}).setdefault(site, {}).setdefault(wanted, {})
            if wanted is Dimension.TOTAL:
                spread += partials.in_both(values.get(named), partial)
            add = partials.add_cell if wanted is dimension else partials.add_views
            add(values, named, partial)
        return spread

    def _as_it_counts(
        self, partition: int, site: str, dimension: Dimension, value: str
    ) -> Iterator[tuple[Dimension, str]]:
        """Where a partition's cell belongs, which may have opened the day under another policy.

        Every dimension has to add up to the total, so whose choices are not known have overflowed.
        """
        counts = self.params is not None and self.params.choices
        if counts or (
            dimension is not Dimension.CHOICE and stream_of(site) is not Stream.OPTED_OUT
        ):
            yield dimension, value
        is_total = dimension is Dimension.TOTAL and stream_of(site) is None
        if counts and is_total and partition in self.without_choices:
            yield Dimension.CHOICE, OVERFLOW

    def ending(self, end: int) -> Iterator[tuple[str, Window]]:
        """The sites, in order, that are not closed of the hour that ends there, then of the day."""
        for site in sorted(self.hours.get(end - 1, ())):
            yield site, "PT1H"
        if end % HOURS_PER_DAY == 0:
            for site in sorted(self.remainders):
                yield site, "P1D"
