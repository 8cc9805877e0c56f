"""Which event ids were seen lately, so that a repeated one is told.

Whether an id counts as seen depends only on the log: on where it last stood. So it can be filled
again by reading as far back as it looks.
"""

from collections.abc import Sequence, Set

RECENT_EVENTS = 10_000  # among how many records a repeated event id is looked for


class RecentIds:
    """A site's ids of the latest records, by offset: those that are looked among, and a bounded
    number of older ones."""

    def __init__(self) -> None:
        self._newer: dict[str, int] = {}
        self._older: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def repeated(self, event_ids: Sequence[str], offsets: Sequence[int]) -> Set[int]:
        """The positions of those ids that stood among the recent records; now all of them did."""
        latest = dict(zip(event_ids, offsets, strict=True))
        if (
            len(latest) == len(event_ids)
            and self._newer.keys().isdisjoint(latest)
            and self._older.keys().isdisjoint(latest)
        ):
            self._newer |= latest
            self._turn_over()
            return frozenset()
        asked = zip(event_ids, offsets, strict=True)
        return {at for at, (each, offset) in enumerate(asked) if self.is_repeated(each, offset)}

    def is_repeated(self, event_id: str, offset: int) -> bool:
        """Whether the id stood among the recent records; from now on it did."""
        newer = self._newer
        seen = newer.get(event_id)
        if seen is None:
            seen = self._older.get(event_id)
        newer[event_id] = offset
        self._turn_over()
        # Seen at this very offset: it comes again after its day's key was missing.
        return seen is not None and 0 < offset - seen <= RECENT_EVENTS

    def _turn_over(self) -> None:
        if len(self._newer) > RECENT_EVENTS:
            # The two together hold at least as many of the newest as are looked among.
            self._older, self._newer = self._newer, {}
