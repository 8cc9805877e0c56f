"""The key store: exactly one random key a day, whoever races for it, and none after its end.

Any worker may ask. A key is written only if the day has none, and was not destroyed. Keys are
wrapped by the operator's key-encryption key and never printed.
"""

import asyncio
import secrets

from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.keys.topic import key_topic_id, key_writer, read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import LIST, LOST, KeyRecords
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics

ATTEMPTS = 30  # with longer pauses each time, some 20 s in all: so many rivals have had their turn


class KeyStore:
    """Gets or makes the key of a day, and hands it to the ring. It keeps none itself."""

    def __init__(self, settings: Settings, ring: DayKeys) -> None:
        self._settings = settings
        self._ring = ring
        self._wrapping = Wrapping(key_encryption_keys(settings))
        self._lock = asyncio.Lock()
        self._topic_id: str | None = None  # of the topic that was there first

    async def provide(self, day: int) -> None:
        """See to it that the ring has the key of a day (since 1970), or knows that it is gone."""
        async with self._lock:
            for attempt in range(ATTEMPTS):
                if day in self._ring or day <= self._ring.destroyed_through:
                    return
                self._topic_id = self._topic_id or await key_topic_id(self._settings)
                # Most often another worker was first: then nobody needs to be fenced.
                if not self._found(day, await read_keys(self._settings)):
                    try:
                        await self._make(day)
                    except Rival:
                        # Its key, or ours, is there when we look again.
                        await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
        name = day_text(day)
        raise Failure(f"could not get the key of {name}: other workers ask for it all the time")

    async def living(self) -> tuple[list[int], int]:
        """The days whose keys live, all at hand now, and up to which day keys are destroyed."""
        records = await read_keys(self._settings)
        through = max(records.through, self._ring.destroyed_through)
        days = [day for day in sorted(records.living) if day > through]
        for day in days:
            if day not in self._ring:
                sealed = records.living[day].sealed
                self._ring.put(day, self._wrapping.unwrap(day_text(day), sealed))
        return days, through

    async def list_key(self, *, make: bool) -> bytes | None:
        """The key of the list of restrictions; None: there is none, and `make` was not said."""
        for attempt in range(ATTEMPTS):
            there = (await read_keys(self._settings)).of_list
            if there is not None:
                return self._wrapping.unwrap(LIST.decode(), there.sealed)
            if not make:
                return None
            try:
                async with key_writer(self._settings) as writer:
                    if (await read_keys(self._settings, pending=True)).of_list is None:
                        wrapped = self._wrapping.wrap(LIST.decode(), secrets.token_bytes(KEY_BYTES))
                        await writer.write(topics.KEYS, [(LIST, wrapped)])
            except Rival:
                await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
        raise Failure("could not get the list's key: other workers ask for keys all the time")

    def _found(self, day: int, records: KeyRecords) -> bool:
        """Whether the records decide about that day. No other day's key is opened."""
        if records.destroyed(day):
            self._ring.destroy(records.through)
            return True
        if day <= self._ring.destroyed_through:
            return True  # it was heard of meanwhile
        if there := records.living.get(day):
            self._ring.put(day, self._wrapping.unwrap(day_text(day), there.sealed))
            return True
        if day in records.lost:
            raise Failure(
                f"the key of {day_text(day)} was deleted from {topics.KEYS}, and not when it was "
                "due: what is pseudonymised with it cannot go on; see 'Lost keys' in "
                "docs/operating.md"
            )
        return False

    async def _make(self, day: int) -> None:
        name = day_text(day)
        async with key_writer(self._settings) as writer:
            records = await read_keys(self._settings, pending=True)
            if day in records.deleted - records.lost and day not in records.living:
                # Its tombstone will be gone soon, and nobody would know.
                await writer.write(topics.KEYS, [(LOST + name.encode(), b"1")])
                records.lost.add(day)
            if self._found(day, records):
                return
            if await writer.topic_id(topics.KEYS) != self._topic_id:
                raise Failure(
                    f"{topics.KEYS} was deleted and made anew while this worker ran, and no key is "
                    f"made in it for {name}: there may have been one; see 'Lost state' in "
                    "docs/operating.md"
                )
            key = secrets.token_bytes(KEY_BYTES)
            await writer.write(topics.KEYS, [(name.encode(), self._wrapping.wrap(name, key))])
        if day > self._ring.destroyed_through:
            self._ring.put(day, key)
