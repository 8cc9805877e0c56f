"""An officer's side: writes requests, reads answers, and nothing else. It holds no key of ours."""

import asyncio
from collections.abc import Callable

import msgspec
from aiokafka import TopicPartition

from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.clients import ANSWER_SECONDS
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.rows import encode
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, Done, Request

WAIT_SECONDS = 300.0  # for a worker that searches a large day, or waits for another
SILENT_SECONDS = 10.0  # after so long it is said that nobody says anything
POLL_MS = 500


async def read(settings: Settings) -> Inbox:
    """What is answered up to now. Raises `Failure`, `KafkaError`."""
    await clients.partitions(settings, topics.RESPONSES)  # else a reader would wait long
    inbox = Inbox()
    async for records in batches_to_end(settings, topics.RESPONSES, 0):
        for record in records:
            _take(inbox, record)
    return inbox


def _take(inbox: Inbox, record: Record) -> Answer | None:
    try:
        return inbox.take(record)
    except ValueError:
        return None  # of another version


async def ask(
    settings: Settings,
    request: Request,
    is_over: Callable[[Answer], bool],
    hears: Callable[[int | None], None] = lambda percent: None,
) -> Answer:
    """Write a request and wait for its answer. Raises `Failure`, `KafkaError`.

    `hears` how much of a search is done, in percent, where it takes long; None where no worker has
    said anything for a while.
    """
    place = TopicPartition(topics.RESPONSES, 0)
    consumer = clients.consumer(settings)
    await clients.start(consumer, settings)
    try:
        consumer.assign([place])
        consumer.seek(place, (await consumer.end_offsets([place]))[place])
        await _write(settings, request.id, encode(request))
        inbox, clock = Inbox(), asyncio.get_running_loop().time
        silent_since = clock()
        try:
            async with asyncio.timeout(WAIT_SECONDS) as patience:
                while True:
                    got = await consumer.getmany(place, timeout_ms=POLL_MS)
                    for record in got.get(place, []):
                        answer = _take(inbox, record)
                        if answer is not None and answer.id == request.id and is_over(answer):
                            return answer
                    if (percent := inbox.searched.pop(request.id, None)) is not None:
                        patience.reschedule(clock() + WAIT_SECONDS)
                        silent_since = clock()
                        hears(percent)
                    elif clock() - silent_since >= SILENT_SECONDS:
                        silent_since = clock()
                        hears(None)
        except TimeoutError:
            raise Failure(
                f"no worker has answered within {WAIT_SECONDS:.0f} s; the request stays: see "
                f"`quietclicks rights status {request.id}`"
            ) from None
    finally:
        await clients.stop(consumer)


async def fetched(settings: Settings, request: str) -> None:
    """Say that an archive is here, so that it leaves the topic."""
    await _write(settings, request, msgspec.json.encode(Done(id=request, done="fetched")))


async def _write(settings: Settings, key: str, value: bytes) -> None:
    producer = clients.producer(settings, acks="all")
    await clients.start(producer, settings)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await producer.send_and_wait(topics.REQUESTS, value, key.encode(), partition=0)
    finally:
        await clients.stop(producer)
