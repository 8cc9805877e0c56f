"""A partner's copy of its events that does what notices ask: an example, to be made one's own.

    python partner_copy.py BROKER:9093 adreach copy.sqlite

It reads clickstream.partners.<name> and its .notices, and keeps events in SQLite. What is erased
leaves the copy, and does not come back however late it arrives; what is corrected is replaced. How
far it has read stands in the same transaction as what it read, so it may be killed at any time.
It needs aiokafka, the right to read these two topics, and nothing of Quietclicks.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer

KEEP_DAYS = 1  # as agreed; what is older is deleted, whatever notices say
TABLES = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS events (key BLOB PRIMARY KEY, came_ms INTEGER, event TEXT);
CREATE TABLE IF NOT EXISTS notices (key BLOB PRIMARY KEY, notice TEXT);
CREATE TABLE IF NOT EXISTS places (topic TEXT, partition INTEGER, next INTEGER,
    PRIMARY KEY (topic, partition));
"""


class Copy:
    """The events as they may be kept, in a file."""

    def __init__(self, path: str, name: str) -> None:
        self.events = f"clickstream.partners.{name}"
        self.notices = f"{self.events}.notices"
        self._data = sqlite3.connect(path)
        self._data.executescript(TABLES)

    def next(self, topic: str, partition: int) -> int:
        """The offset to read from."""
        place = topic, partition
        found = self._data.execute(
            "SELECT next FROM places WHERE topic = ? AND partition = ?", place
        ).fetchone()
        return found[0] if found else 0

    def take(self, topic: str, partition: int, records: Iterable[Any]) -> None:
        """Records of one partition, in order: all of them, or none."""
        with self._data:
            for record in records:
                if record.key is not None:  # a record without a key says nothing
                    self._take(topic, record)
                place = topic, partition, record.offset + 1
                self._data.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", place)

    def _take(self, topic: str, record: Any) -> None:
        if topic == self.events:
            if record.value is not None:
                row = record.key, record.timestamp, record.value.decode()
                self._data.execute("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", row)
        elif record.value is None:  # its day is over, and no event of it comes any more
            self._data.execute("DELETE FROM notices WHERE key = ?", (record.key,))
        else:
            row = record.key, record.value.decode()
            self._data.execute("INSERT OR REPLACE INTO notices VALUES (?, ?)", row)
        self._obey(record.key)

    def _obey(self, key: bytes) -> None:
        """Whichever came first, the event or its notice."""
        found = self._data.execute("SELECT notice FROM notices WHERE key = ?", (key,)).fetchone()
        notice = json.loads(found[0]) if found else {}
        if notice.get("reason") == "erased":
            self._data.execute("DELETE FROM events WHERE key = ?", (key,))
        elif notice.get("reason") == "corrected":
            row = json.dumps(notice["event"]), key
            self._data.execute("UPDATE events SET event = ? WHERE key = ?", row)

    def expire(self, now_ms: int) -> None:
        """Delete what has been here for as long as it may."""
        with self._data:
            oldest = now_ms - KEEP_DAYS * 86_400_000
            self._data.execute("DELETE FROM events WHERE came_ms < ?", (oldest,))

    def all(self) -> list[dict[str, Any]]:
        """The events that are here."""
        rows = self._data.execute("SELECT event FROM events ORDER BY key")
        return [json.loads(event) for (event,) in rows]

    def close(self) -> None:
        """Let the file go."""
        self._data.close()


async def follow(broker: str, copy: Copy, once: bool = False, **connection: Any) -> None:
    """Keep the copy as the topics say; with `once`, up to where they end now."""
    consumer = AIOKafkaConsumer(
        *(copy.notices, copy.events),  # in no group: it has all partitions, and its own places
        bootstrap_servers=broker,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        **connection,
    )
    await consumer.start()
    try:
        places = sorted(consumer.assignment())
        for place in places:
            consumer.seek(place, copy.next(*place))
        ends = await consumer.end_offsets(places)
        while not once or any([await consumer.position(each) < ends[each] for each in places]):
            got = await consumer.getmany(timeout_ms=1000)
            for place, records in got.items():
                copy.take(place.topic, place.partition, records)
                copy.expire(records[-1].timestamp)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], Copy(sys.argv[3], sys.argv[2])))
