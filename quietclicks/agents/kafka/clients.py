"""Kafka clients with the settings' address and credentials: every connection is made here."""

import asyncio
import contextlib
import ssl
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from quietclicks.agents.files import check_file
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError

MAX_BATCH_BYTES = 1024 * 1024  # what a broker takes by default (message.max.bytes 1,048,588)
# Of a partition. Measured: 5.1 µs a record at 64 KiB, 3.8 at 1 MiB, 3.5 at 4 MiB, 4.6 at 16 MiB.
MAX_FETCH_BYTES = 4 * 1024 * 1024
MAX_PEM_BYTES = 16 * 1024 * 1024
ANSWER_SECONDS = 10  # for a start, a stop or a question; a broker that is there needs a fraction


def connection(settings: Settings) -> dict[str, Any]:
    """The arguments that every client shares."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap,
        "security_protocol": settings.security_protocol,
    }
    if "SSL" in settings.security_protocol:
        arguments["ssl_context"] = _ssl_context(settings)
    if "SASL" in settings.security_protocol:
        if not (settings.sasl_username and settings.sasl_password):
            raise UsageError(
                f"{settings.security_protocol} needs QUIETCLICKS_SASL_USERNAME and _SASL_PASSWORD"
            )
        arguments["sasl_mechanism"] = settings.sasl_mechanism
        arguments["sasl_plain_username"] = settings.sasl_username
        arguments["sasl_plain_password"] = settings.sasl_password
    return arguments


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
        [description] = await asyncio.wait_for(client.describe_topics([topic]), ANSWER_SECONDS)
    except (KafkaError, TimeoutError) as error:
        raise Failure(f"the broker does not tell of {topic}: {type(error).__name__}") from None
    finally:
        await stop(client)
    code = description["error_code"]
    if code == UnknownTopicOrPartitionError.errno:
        # A user without rights is told the same where it may not even know the name.
        raise Failure(f"there is no topic {topic}: run `quietclicks topics apply`")
    if code == TopicAuthorizationFailedError.errno:
        raise Failure(f"this user has no right to {topic}: see its access list")
    if code:
        raise Failure(f"the broker does not tell of {topic}: {for_code(code).__name__}")
    return len(description["partitions"])


async def start(client: Any, settings: Settings) -> None:
    """Start a client within `ANSWER_SECONDS`; raises `Failure` in one line."""
    try:
        await _started(client)
    except (KafkaConnectionError, TimeoutError, OSError):
        raise Failure(
            f"no Kafka broker answers at {settings.bootstrap}: is it running, and do address, "
            "protocol, certificate and password fit?"
        ) from None
    except KafkaError as error:
        raise Failure(
            f"the broker at {settings.bootstrap} refused: {type(error).__name__}"
        ) from None


async def _started(client: Any) -> None:
    try:
        await asyncio.wait_for(client.start(), ANSWER_SECONDS)
    except BaseException:  # cancelled, too: a partition may be given back while it is taken over
        await stop(client)
        raise


async def stop(client: Any) -> None:
    """Close a client, however broken; a dead broker does not hold it up."""
    closing = getattr(client, "close", None) or client.stop
    with contextlib.suppress(KafkaError, TimeoutError, OSError, AssertionError):
        await asyncio.wait_for(closing(), ANSWER_SECONDS)


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        for path in (settings.tls_ca, settings.tls_certificate, settings.tls_key):
            if path:
                check_file(path, MAX_PEM_BYTES)  # of a pipe the library would wait for ever
        context = ssl.create_default_context(cafile=settings.tls_ca)
        if settings.tls_certificate:
            context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError):
        raise UsageError(
            "cannot load QUIETCLICKS_TLS_CA, _TLS_CERTIFICATE or _TLS_KEY: PEM files are expected"
        ) from None
    return context
