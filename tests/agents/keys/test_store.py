"""The key store: one key a day, whoever races; wrapped, and never told."""

import asyncio
import base64
import logging
import re

import pytest
from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import structs

from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.pseudonyms.key_life import THROUGH, day_of
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics
from tests.agents.kafka.test_runner_faults import remake
from tests.kafka_tools import SharedBroker, create_topics, produce, read_all, unique

KEK = bytes(range(KEY_BYTES))
DAY, NAME = 19_782, b"2024-02-29"


@pytest.fixture
async def settings(broker: SharedBroker, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A key topic of the test's own."""
    topic = unique("keys")
    monkeypatch.setattr(topics, "KEYS", topic)
    await create_topics(broker.bootstrap, {topic: 1}, {"cleanup.policy": "compact"})
    return made(broker.bootstrap, KEK)


def made(bootstrap: str, kek: bytes, app: str | None = None) -> Settings:
    encoded = base64.b64encode(kek).decode()
    return Settings(bootstrap=bootstrap, app=app or unique("app"), key_encryption_key=encoded)


async def stored(settings: Settings) -> list[tuple[bytes | None, bytes | None]]:
    records = await read_all(settings.bootstrap, topics.KEYS)
    return [(record.key, record.value) for record in records]


async def key_of(settings: Settings, day: int = DAY) -> bytes:
    """What a worker that has just started is provided with."""
    ring = DayKeys()
    await KeyStore(settings, ring).provide(day)
    return ring._keys[day]


async def test_racing_workers_get_one_key(settings: Settings) -> None:
    found = await asyncio.gather(*(key_of(settings) for _ in range(4)))
    assert len(set(found)) == 1
    assert len(found[0]) == KEY_BYTES
    assert [key for key, _ in await stored(settings)] == [NAME]


async def test_a_day_has_its_own_key_and_keeps_it(settings: Settings) -> None:
    today, tomorrow = await key_of(settings), await key_of(settings, DAY + 1)
    assert today != tomorrow
    assert await key_of(settings) == today
    assert await key_of(settings, DAY + 1) == tomorrow
    assert len(await stored(settings)) == 2


async def test_partitions_that_wait_for_one_key_ask_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = DayKeys()
    store = KeyStore(settings, ring)
    asked: list[int] = []
    original = KeyStore._make

    async def counted(self: KeyStore, day: int) -> None:
        asked.append(day)
        await original(self, day)

    monkeypatch.setattr(KeyStore, "_make", counted)
    await asyncio.gather(*(store.provide(DAY) for _ in range(4)))
    assert asked == [DAY]
    ring.forget(DAY)  # the store has kept none: it reads again
    await store.provide(DAY)
    assert asked == [DAY]
    assert DAY in ring
    assert len(await stored(settings)) == 1


async def test_the_format_is_nonce_and_sealed_key(settings: Settings) -> None:
    key = await key_of(settings)
    [(name, wrapped)] = await stored(settings)
    assert name == NAME
    assert wrapped is not None
    assert AESGCM(KEK).decrypt(wrapped[:12], wrapped[12:], NAME) == key
    assert key not in wrapped


async def test_the_first_key_wins(settings: Settings) -> None:
    def wrapped(key: bytes) -> bytes:
        return bytes(12) + AESGCM(KEK).encrypt(bytes(12), key, NAME)

    first, second = bytes(KEY_BYTES), bytes([1]) * KEY_BYTES
    records = [(0, NAME, wrapped(first)), (0, NAME, wrapped(second))]
    await produce(settings.bootstrap, topics.KEYS, records)
    assert await key_of(settings) == first


async def test_another_key_encryption_key_is_refused(settings: Settings) -> None:
    await key_of(settings)
    other = made(settings.bootstrap, bytes(reversed(KEK)), settings.app)
    with pytest.raises(UsageError, match=r"the key of 2024-02-29 does not open") as refused:
        await key_of(other)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert len(await stored(settings)) == 1, "nothing was written in its place"


async def test_a_key_of_another_day_does_not_open(settings: Settings) -> None:
    await key_of(settings)
    [(_, wrapped)] = await stored(settings)
    await produce(settings.bootstrap, topics.KEYS, [(0, b"2024-03-01", wrapped)])
    with pytest.raises(UsageError, match="2024-03-01"):
        await key_of(settings, DAY + 1)


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(59), bytes(61)], ids=len)
async def test_a_damaged_key_is_wrong_use_and_no_traceback(
    settings: Settings, damaged: bytes
) -> None:
    await produce(settings.bootstrap, topics.KEYS, [(0, NAME, damaged)])
    with pytest.raises(UsageError, match=r"the key of 2024-02-29 in \S+ is damaged"):
        await key_of(settings)


async def test_no_other_days_key_is_opened(settings: Settings) -> None:
    await produce(settings.bootstrap, topics.KEYS, [(0, b"2024-02-28", b"under a former key")])
    ring = DayKeys()
    store = KeyStore(settings, ring)
    await store.provide(DAY)
    await store.provide(DAY + 1)
    assert set(ring._keys) == {DAY, DAY + 1}


async def test_no_key_is_made_for_one_that_was_deleted(settings: Settings) -> None:
    await key_of(settings)
    await produce(settings.bootstrap, topics.KEYS, [(0, NAME, None)])
    with pytest.raises(Failure, match=r"^the key of 2024-02-29 was deleted from [^\n]+$"):
        await key_of(settings)
    assert [key for key, _ in await stored(settings)] == [NAME, NAME, b"lost:" + NAME]


async def test_that_a_key_was_deleted_is_known_when_its_tombstone_is_gone(
    settings: Settings,
) -> None:
    """Compaction leaves what was noted, and a day without key."""
    await produce(settings.bootstrap, topics.KEYS, [(0, b"lost:" + NAME, b"1")])
    with pytest.raises(Failure, match="was deleted from"):
        await key_of(settings)
    sealed = Wrapping([KEK]).wrap(NAME.decode(), bytes(KEY_BYTES))
    await produce(settings.bootstrap, topics.KEYS, [(0, NAME, sealed)])
    assert await key_of(settings) == bytes(KEY_BYTES), "it was brought back"


async def test_a_key_behind_an_open_transaction_of_somebody_else_is_waited_for(
    settings: Settings,
) -> None:
    other = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, transactional_id=unique("other"))
    await other.start()
    try:
        await other.begin_transaction()
        await other.send_and_wait(topics.KEYS, None, b"nudge", partition=0)
        asked = asyncio.create_task(key_of(settings))
        done, _ = await asyncio.wait([asked], timeout=3)
        assert not done, "nobody knows what is there"
        await other.commit_transaction()
        key = await asked
    finally:
        await other.stop()
    assert await key_of(settings) == key


@pytest.mark.parametrize("through", [b"2024-02-29", b"2024-03-05"])
async def test_no_key_is_ever_made_for_a_destroyed_day(settings: Settings, through: bytes) -> None:
    await key_of(settings)
    await produce(settings.bootstrap, topics.KEYS, [(0, NAME, None), (0, THROUGH, through)])
    ring = DayKeys()
    store = KeyStore(settings, ring)
    await store.provide(DAY)
    await store.provide(DAY - 400)
    assert not ring._keys
    assert ring.destroyed_through == day_of(through)
    await store.provide(ring.destroyed_through + 1)
    assert set(ring._keys) == {ring.destroyed_through + 1}


async def test_a_key_that_comes_back_is_not_used(settings: Settings) -> None:
    """From a backup, or a mirror."""
    await key_of(settings)
    [(_, wrapped)] = await stored(settings)
    records = [(0, NAME, None), (0, THROUGH, NAME), (0, NAME, wrapped)]
    await produce(settings.bootstrap, topics.KEYS, records)
    ring = DayKeys()
    await KeyStore(settings, ring).provide(DAY)
    assert not ring._keys


async def test_a_damaged_end_of_keys_is_a_clear_stop(settings: Settings) -> None:
    await produce(settings.bootstrap, topics.KEYS, [(0, THROUGH, b"yesterday")])
    with pytest.raises(Failure, match=r"\[0\]@0 says up to which day keys are destroyed, and"):
        await key_of(settings)


async def test_who_says_anew_how_far_keys_are_destroyed_ends_that(settings: Settings) -> None:
    ends = [(0, THROUGH, b"yesterday"), (0, THROUGH, None)]
    await produce(settings.bootstrap, topics.KEYS, ends)
    with pytest.raises(Failure, match=r"write it anew, see 'Lost keys' in docs/operating\.md$"):
        await key_of(settings)
    await produce(settings.bootstrap, topics.KEYS, [(0, THROUGH, b"2024-02-28")])
    assert len(await key_of(settings)) == KEY_BYTES


async def test_no_key_is_made_in_a_topic_that_was_made_anew(settings: Settings) -> None:
    """The worker runs on; the day may have had a key, and nobody can know."""
    ring = DayKeys()
    store = KeyStore(settings, ring)
    await store.provide(DAY)
    await remake(settings.bootstrap, topics.KEYS)
    for day in (DAY, DAY + 1):
        ring.forget(day)
        with pytest.raises(Failure, match=r"^\S+ was deleted and made anew while this [^\n]+$"):
            await store.provide(day)
    assert not ring._keys
    assert await stored(settings) == []


async def test_a_topic_that_is_not_there_is_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "KEYS", unique("missing"))
    with pytest.raises(
        Failure, match=r"^missing-\w+ cannot be used: .* `quietclicks topics apply`$"
    ):
        await key_of(settings)


async def test_several_key_encryption_keys_open_and_the_first_wraps(settings: Settings) -> None:
    old = await key_of(settings)
    new = bytes(reversed(KEK))
    both = " ".join(base64.b64encode(each).decode() for each in (new, KEK))
    rotated = structs.replace(settings, key_encryption_key=both)
    assert await key_of(rotated) == old
    await key_of(rotated, DAY + 1)
    alone = made(settings.bootstrap, new, settings.app)
    await key_of(alone, DAY + 1)
    with pytest.raises(UsageError, match="does not open"):
        await key_of(alone)


async def test_a_dead_rival_is_no_hindrance(settings: Settings) -> None:
    rival = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap, transactional_id=f"{settings.app}.keys"
    )
    await rival.start()
    try:
        await rival.begin_transaction()
        await rival.send_and_wait(topics.KEYS, b"never committed", NAME, partition=0)
        key = await key_of(settings)
    finally:
        await rival.stop()
    assert await key_of(settings) == key
    assert [name for name, _ in await stored(settings)] == [NAME]


async def test_no_broker_is_one_line() -> None:
    with pytest.raises(Failure, match=r"^no Kafka broker answers at 127\.0\.0\.1:1: [^\n]+$"):
        await key_of(made("127.0.0.1:1", KEK))


async def test_nothing_tells_the_key(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "quietclicks")
    caplog.set_level(logging.INFO)
    known = DayKeys()
    store = KeyStore(settings, known)
    await store.provide(DAY)
    key = known._keys[DAY]
    shown = " ".join(
        [
            caplog.text,
            repr(store),
            repr(known),
            repr(known.of(DAY, "shop.example", ())),
            repr(settings),
        ]
    )
    for secret in (key, KEK):
        for form in (secret.hex(), base64.b64encode(secret).decode(), repr(secret)[2:-1]):
            assert form not in shown


def test_wrong_key_encryption_keys_are_named() -> None:
    assert re.search("openssl rand", refusal(None))
    assert "32 bytes in base64" in refusal("c2hvcnQ=")
    assert "32 bytes in base64" in refusal("not base64!")


def refusal(text: str | None) -> str:
    with pytest.raises(UsageError) as refused:
        KeyStore(Settings(key_encryption_key=text), DayKeys())
    message = str(refused.value)
    assert text is None or text not in message
    return message
