"""A partition of a broker that is none, for who asks where a day's stretch begins and ends."""

from typing import Any

import pytest
from aiokafka.structs import OffsetAndTimestamp

from quietclicks.agents.kafka import clients
from quietclicks.agents.rights import search
from quietclicks.pipeline.pseudonyms.key_life import NEVER
from quietclicks.pipeline.topology.lifetime import Progress
from tests.pipeline_tools import MIDNIGHT


class Partition:
    """From `first` on; what one asks about lies at 7. It ends at 9.

    `hides`: a reader of committed records is told of nothing, as behind an open transaction.
    """

    at_ms = MIDNIGHT + 5  # when 7 was appended

    def __init__(self, first: int = 0, *, hides: bool = False) -> None:
        self.first = first
        self.asked_ms: list[int] = []
        self._hides = hides
        self._uncommitted = False

    def consumer(self, _: object, *, uncommitted: bool = False) -> "Partition":
        self._uncommitted = uncommitted
        return self

    async def offsets_for_times(self, times: Any) -> Any:
        self.asked_ms += times.values()
        is_told = self._uncommitted or not self._hides
        return {tp: OffsetAndTimestamp(7, self.at_ms) if is_told else None for tp in times}

    async def beginning_offsets(self, places: Any) -> Any:
        return dict.fromkeys(places, self.first)

    async def end_offsets(self, places: Any) -> Any:
        return dict.fromkeys(places, 9)

    def serve(self, patch: pytest.MonkeyPatch) -> None:
        """Be the broker of the search."""

        async def nothing(*_: object) -> None:
            return None

        async def not_closed(*_: object) -> Progress:
            return Progress(NEVER, {}, 0)

        for name, made in (("consumer", self.consumer), ("start", nothing), ("stop", nothing)):
            patch.setattr(clients, name, made)
        patch.setattr(search, "event_cut", not_closed)
