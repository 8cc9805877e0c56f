"""Follows the published trends, committed records only, and keeps what the live page shows."""

import asyncio

from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.schemas import topics


class TrendsReader(Service):
    """Reads every trends topic from its beginning and goes on as records come."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.trends = LiveTrends()

    @Service.task
    async def _follow(self) -> None:
        # No group: every worker shows everything, and nothing is committed.
        consumer = clients.consumer(self._settings, *topics.PUBLISHED, auto_offset_reset="earliest")
        await clients.start(consumer, self._settings)
        try:
            while not self.should_stop:
                for records in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                    for record in records:
                        if record.key is not None:
                            self.trends.update(record.key, record.value)
                await asyncio.sleep(0)
        finally:
            await clients.stop(consumer)
