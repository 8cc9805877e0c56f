"""Which event ids were seen lately, so that a repeated one is told.

Whether an id counts as seen depends only on the log: on where it last stood. So it can be filled
again by reading as far back as it looks.
"""

RECENT_EVENTS = 10_000  # among how many records a repeated event id is looked for


class RecentIds:
    """A site's ids of the latest records, by offset; at most twice as many as are looked among."""

    def __init__(self) -> None:
        self._newer: dict[str, int] = {}
        self._older: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def is_repeated(self, event_id: str, offset: int) -> bool:
        """Whether the id stood among the recent records; from now on it did."""
        newer = self._newer
        seen = newer.get(event_id)
        if seen is None:
            seen = self._older.get(event_id)
        newer[event_id] = offset
        if len(newer) > RECENT_EVENTS:
            # The two together hold at least as many of the newest as are looked among.
            self._older, self._newer = newer, {}
        # Seen at this very offset: it comes again after its day's key was missing.
        return seen is not None and 0 < offset - seen <= RECENT_EVENTS
