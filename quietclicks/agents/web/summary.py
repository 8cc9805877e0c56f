"""Keeps the newest public summary for the live page, which shows its numbers without one, too."""

from collections.abc import Sequence

from quietclicks.agents.evidence.follow import Follower
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.evidence.public import decode
from quietclicks.pipeline.processor import Record
from quietclicks.schemas import topics
from quietclicks.schemas.summary import SUMMARY_KEY, Summary


class SummaryReader(Follower):
    """`summary` is None as long as there is none that can be read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, topics.SUMMARY, self._newest)
        self.summary: Summary | None = None

    def _newest(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.key == SUMMARY_KEY:
                self.summary = decode(record.value or b"")
