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
        """The positions of those ids that stood among the recent records. Nothing is noted."""
        newer, older = self._newer, self._older
        if (
            len(set(event_ids)) == len(event_ids)
            and newer.keys().isdisjoint(event_ids)
            and older.keys().isdisjoint(event_ids)
        ):
            return frozenset()
        here: dict[str, int] = {}
        found = set()
        for at, (event_id, offset) in enumerate(zip(event_ids, offsets, strict=True)):
            seen = here.get(event_id, newer.get(event_id, older.get(event_id)))
            if seen is not None and offset - seen <= RECENT_EVENTS:
                found.add(at)
            here[event_id] = offset
        return found

    def note(self, event_ids: Sequence[str], offsets: Sequence[int]) -> None:
        """From now on these were seen."""
        self._newer.update(zip(event_ids, offsets, strict=True))
        if len(self._newer) > RECENT_EVENTS:
            # The two together hold at least as many of the newest as are looked among.
            self._older, self._newer = self._newer, {}
