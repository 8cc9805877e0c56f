"""Follows `privacy.keys`, so that every worker forgets a key when it is destroyed.

Not only the worker that destroyed it: each has had the day's key in memory. Python cannot wipe a
freed key's bytes; nothing of ours refers to them any more.
"""

import logging
from collections.abc import Callable

from aiokafka import TopicPartition
from mode import Service

from quietclicks.agents.kafka import clients
from quietclicks.agents.keys import outside
from quietclicks.agents.keys.topic import take
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import NEVER, KeyRecords
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics

POLL_MS = 1000

log = logging.getLogger(__name__)


class KeyWatch(Service):
    """Reads the topic from its beginning, and goes on; `destroyed` hears when keys are."""

    def __init__(self, settings: Settings, ring: DayKeys, destroyed: Callable[[], None]) -> None:
        super().__init__()
        self._settings = settings
        self._ring = ring
        self._destroyed = destroyed
        self._through = NEVER  # what the topic said; the ring may know it from elsewhere
        self._kept = NEVER
        self._heard = ring.destroyed_through  # what was said before this worker was

    @Service.task
    async def _follow(self) -> None:
        consumer = clients.consumer(self._settings, auto_offset_reset="earliest")
        await clients.start(consumer, self._settings)
        try:
            tp = TopicPartition(topics.KEYS, 0)
            consumer.assign([tp])
            records = KeyRecords()
            compared = False
            while not self.should_stop:
                batches = await consumer.getmany(timeout_ms=POLL_MS)
                for batch in batches.values():
                    for record in batch:
                        self._take(records, record)
                if records.through > self._through:
                    self._forget(records.through)
                if self._through > self._kept:
                    self._keep()
                if not (compared or batches) and consumer.highwater(tp) is not None:
                    compared = True
                    self._compare(records)
        finally:
            await clients.stop(consumer)

    def _take(self, records: KeyRecords, record: Record) -> None:
        try:
            take(records, record)
        except Failure as error:  # what it says of destruction, the next one says as well
            log.error("%s", error)

    def _forget(self, through: int) -> None:
        self._through = through
        self._ring.destroy(through)
        self._destroyed()
        log.info("the day keys up to %s are destroyed", day_text(through))

    def _keep(self) -> None:
        """Outside the broker, too; again, if somebody else was at it."""
        try:
            if outside.keep(self._settings, self._through):
                self._kept = self._through
        except Failure as error:
            log.error("%s", error)
            self._kept = self._through  # told once

    def _compare(self, records: KeyRecords) -> None:
        """Say that the topic has forgotten what was heard from it before."""
        if records.through < self._heard:
            log.error(
                "the day keys up to %s were destroyed, and %s does not say so: it is older than "
                "that, or was made anew. None of them is used; see 'An older copy' in "
                "docs/operating.md",
                day_text(self._heard),
                topics.KEYS,
            )
