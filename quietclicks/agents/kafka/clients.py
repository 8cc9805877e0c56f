"""Kafka clients with the settings' address and credentials; none is made elsewhere."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

import quietclicks.agents.kafka.empty_batches  # noqa: F401  # every consumer reads by it
from quietclicks.agents.kafka.connection import connection
from quietclicks.agents.kafka.reach import why_unreachable
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.schemas.raw import MAX_BATCH_BYTES

T = TypeVar("T")

BROKEN = (KafkaError, TimeoutError, OSError, AssertionError)  # what closing a client may raise

# Of a partition. Measured: 5.1 µs a record at 64 KiB, 3.8 at 1 MiB, 3.5 at 4 MiB, 4.6 at 16 MiB.
MAX_FETCH_BYTES = 4 * 1024 * 1024
QUESTIONS, QUESTION_SECONDS = 25, 0.2  # some five seconds
START_SECONDS = 2.0  # longer no start goes on that is cancelled
ANSWER_SECONDS = 10  # for a start, a stop or a question; a broker that is there needs a fraction


def consumer(
    settings: Settings, *topics: str, uncommitted: bool = False, **more: Any
) -> AIOKafkaConsumer:
    """A consumer that reads committed records only, or all, and commits nothing by itself."""
    return AIOKafkaConsumer(
        *topics,
        **connection(settings),
        isolation_level="read_uncommitted" if uncommitted else "read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=MAX_FETCH_BYTES,
        **more,
    )


def producer(settings: Settings, **more: Any) -> AIOKafkaProducer:
    """A producer of whole batches."""
    return AIOKafkaProducer(**connection(settings), max_batch_size=MAX_BATCH_BYTES, **more)


def admin(settings: Settings) -> AIOKafkaAdminClient:
    """For topics and groups."""
    return AIOKafkaAdminClient(**connection(settings))


async def partitions(settings: Settings, topic: str) -> int:
    """How many partitions a topic has; raises `Failure` where the broker shows none."""
    client = admin(settings)
    await start(client, settings)
    try:
        async with in_time(f"told of {topic}"):
            [description] = await client.describe_topics([topic])
    except KafkaError as error:
        raise Failure(f"the broker does not tell of {topic}: {type(error).__name__}") from None
    finally:
        await stop(client)
    code = description["error_code"]
    if code == UnknownTopicOrPartitionError.errno:
        # A user without rights is told the same where it may not even know the name.
        raise Failure(f"there is no topic {topic}: run `quietclicks topics apply`")
    if code == TopicAuthorizationFailedError.errno:
        raise Failure(f"{refusal(TopicAuthorizationFailedError(topic))}")
    if code:
        raise Failure(f"the broker does not tell of {topic}: {for_code(code).__name__}")
    return len(description["partitions"])


async def start(client: Any, settings: Settings) -> None:
    """Start a client within `ANSWER_SECONDS`; raises `Failure` in one line."""
    try:
        await _started(client)
    except (KafkaConnectionError, TimeoutError, OSError, UnicodeError):
        # The client tells nothing of the reason; so it is looked for, step by step.
        told = await why_unreachable(settings)
        raise Failure(
            told or f"the broker at {settings.bootstrap} answers too slowly, or was away just now"
        ) from None
    except KafkaError as error:
        told = refusal(error) or f"the broker at {settings.bootstrap} refused: {_kind(error)}"
        raise Failure(told) from None


def _kind(error: KafkaError) -> str:
    return type(error).__name__


async def _started(client: Any) -> None:
    starting = asyncio.ensure_future(client.start())
    try:
        await answered(asyncio.shield(starting), ANSWER_SECONDS)
    except BaseException as error:
        # Cancelled, too: a partition may be given back while it is taken over. A start that is
        # broken off as it asks for metadata leaves a connection that nobody could close any more.
        if isinstance(error, asyncio.CancelledError):
            await asyncio.wait([starting], timeout=START_SECONDS)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await stop(client)
        raise


@contextlib.asynccontextmanager
async def in_time(what: str, seconds: float | None = None) -> AsyncIterator[None]:
    """`what` the broker is to have done, within `ANSWER_SECONDS`; raises `Failure`."""
    limit = ANSWER_SECONDS if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError:
        raise Failure(f"the broker has not {what} within {limit:.0f} s") from None


async def asked(client: Any, ask: Callable[[], Awaitable[T]]) -> T:
    """What a broker answers that may only just have started, or learnt of a topic.

    `client` is a started one whose knowledge of leaders may be of before. Raises `KafkaError`.
    """
    for _ in range(QUESTIONS - 1):
        try:
            return await ask()
        except KafkaError as error:
            if not error.retriable:
                raise
        await inner(client).force_metadata_update()
        await asyncio.sleep(QUESTION_SECONDS)
    return await ask()


def inner(client: Any) -> Any:
    """What a producer, a consumer or an admin is connected by."""
    return getattr(client, "client", None) or client._client


async def stop(client: Any) -> None:
    """Close a client, however broken; a dead broker does not hold it up."""
    closing = getattr(client, "close", None) or client.stop
    try:
        await answered(closing(), ANSWER_SECONDS)
    except BROKEN:
        # It gave up on its way, and left what it is connected by.
        with contextlib.suppress(*BROKEN):
            await answered(inner(client).close(), ANSWER_SECONDS)
    finally:
        _forget_fetched(client)


def _forget_fetched(client: Any) -> None:
    """What a consumer has fetched ahead, some MiB, holds itself by its iterator.

    So it would stay until the collector comes, which in a worker may be never. Private to the
    client, whose version is pinned.
    """
    if isinstance(client, AIOKafkaConsumer) and (fetcher := client._fetcher) is not None:
        for fetched in fetcher._records.values():
            records = getattr(fetched, "_partition_records", None)  # none where it is an error
            if (iterator := getattr(records, "_records_iterator", None)) is not None:
                iterator.close()
        fetcher._records.clear()


async def answered(asking: Awaitable[T], seconds: float) -> T:
    """Waits for it so long, and loses no cancellation that comes meanwhile; raises `TimeoutError`.

    aiokafka, while it closes, takes one for the end of a task of its own; `wait_for` drops one that
    comes with the answer.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    try:
        return await asyncio.wait_for(asking, seconds)
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
