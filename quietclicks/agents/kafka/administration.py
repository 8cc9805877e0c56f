"""The admin client, for what aiokafka's cannot do: users, access lists, single values, offsets.

It blocks: `asyncio.to_thread` where a loop runs. What goes wrong is one line with what to do.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from quietclicks.agents.kafka.connection import connection
from quietclicks.agents.kafka.reach import refuse_unreachable
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure

ANSWER_MS = 20_000


@contextmanager
def administration(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A client that is closed afterwards. Raises `Failure`, `UsageError`."""
    # It logs what it was given, the password among it, to whoever listens.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    asyncio.run(refuse_unreachable(settings))
    try:
        client = KafkaAdminClient(
            **connection(settings), bootstrap_timeout_ms=ANSWER_MS, request_timeout_ms=ANSWER_MS
        )
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        told = refusal(error) or f"the broker refused: {type(error).__name__}"
        raise Failure(told) from None
