"""The key store: exactly one random key a day, whoever races for it.

Any worker may ask. The one transactional id `<app>.keys` fences a rival; the topic is read to its
end, and a key is written only if the day has none. Keys are wrapped by the operator's
key-encryption key and never printed.
"""

import asyncio
import secrets

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.hanging import Hanging
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.settings import Settings, key_encryption_key
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics

NONCE_BYTES, TAG_BYTES = 12, 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
ATTEMPTS = 30  # with longer pauses each time, some 20 s in all: so many rivals have had their turn


class _Rival(Exception):
    """Another worker asked for a key at the same time, and fenced us."""


class KeyStore:
    """Gets or makes the key of a day, and hands it to the ring. It keeps none itself."""

    def __init__(self, settings: Settings, ring: DayKeys) -> None:
        self._settings = settings
        self._ring = ring
        self._cipher = AESGCM(key_encryption_key(settings))
        self._lock = asyncio.Lock()

    async def provide(self, day: int) -> None:
        """See to it that the ring has the key of a day (since 1970)."""
        async with self._lock:
            if day not in self._ring:
                self._ring.put(day, await self._key(day_text(day)))

    async def _key(self, name: str) -> bytes:
        for attempt in range(ATTEMPTS):
            # Most often another worker was first: then nobody needs to be fenced.
            key = await self._read(name)
            try:
                return key or await self._ensure(name)
            except _Rival:
                # Its key, or ours, is there when we look again.
                await asyncio.sleep(secrets.randbelow(100) / 1000 * (attempt + 1))
        raise Failure(f"could not get the key of {name}: other workers ask for it all the time")

    async def _ensure(self, name: str) -> bytes:
        producer: AIOKafkaProducer = clients.producer(
            self._settings, transactional_id=f"{self._settings.app}.keys"
        )
        await clients.start(producer, self._settings)
        try:
            # A key whose transaction hangs may be in use, and nobody would find it. One that was
            # given up does no harm: nobody has used it.
            await Hanging(producer, {topics.KEYS: 1}).commit()
            if there := await self._read(name):
                return there
            async with producer.transaction():
                key = secrets.token_bytes(KEY_BYTES)
                wrapped = self._wrap(name, key)
                await producer.send_and_wait(topics.KEYS, wrapped, name.encode(), partition=0)
            return key
        except KafkaError as error:
            # Fenced at its end, a transaction fails with an error that the client knows no name of.
            if isinstance(error, ProducerFenced) or type(error) is KafkaError:
                raise _Rival from None
            raise Failure(f"the key store cannot be used: {type(error).__name__}") from None
        finally:
            await clients.stop(producer)

    async def _read(self, name: str) -> bytes | None:
        # No other day's key is opened: what is not in memory cannot leak from it.
        first: bytes | None = None
        async for record in read_to_end(self._settings, topics.KEYS, 0):
            if record.key == name.encode():
                first = record.value if record.value is None or first is None else first
        return None if first is None else self._unwrap(name, first)

    def _wrap(self, name: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def _unwrap(self, name: str, wrapped: bytes) -> bytes:
        if len(wrapped) != WRAPPED_BYTES:
            raise UsageError(
                f"the key of {name} in {topics.KEYS} is damaged: it is {len(wrapped)} bytes long "
                f"and not {WRAPPED_BYTES}; what is pseudonymised with it cannot go on"
            )
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], name.encode())
        except InvalidTag:
            raise UsageError(
                f"the key of {name} does not open with this key-encryption key: use the one it was "
                f"made with (or its record in {topics.KEYS} is damaged)"
            ) from None
