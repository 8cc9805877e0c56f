"""A dashboard's feed that can be killed: `python -m tests.kafka.dashboard_feeding FOLDER TOLD`.

It takes few records at a time, and says a word after each batch that is written.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from quietclicks.agents.dashboard import feed
from quietclicks.agents.dashboard.store import Partition, Store
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas import topics


class Telling(Store):
    """Says when something is written."""

    def apply(
        self, entries: Mapping[Key, Numbers | None], positions: Mapping[Partition, int]
    ) -> None:
        super().apply(entries, positions)
        print("written", flush=True)


async def main(folder: str, told: str) -> None:
    """Until it is killed."""
    what = json.loads(told)
    feed.MAX_RECORDS = 500
    topics.PUBLISHED = tuple(what["topics"])
    feeding = feed.TrendsFeed(Settings(bootstrap=what["bootstrap"]), Telling(Path(folder)))
    await feeding.start()
    await feeding.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
