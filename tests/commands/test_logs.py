"""The reason a worker ended for is its last line: nothing of a client's stands behind it."""

import subprocess
import sys

PROGRAM = """
import asyncio, gc, logging
from aiokafka.errors import ProducerFenced
from aiokafka.producer.message_accumulator import BatchBuilder
from quietclicks.agents.kafka.unanswered import OutcomeUnknown
from quietclicks.commands import logs

logs.set_up()

async def main():
    loop = asyncio.get_running_loop()
    try:  # as of a slip of the client's own
        BatchBuilder(0, 0, key_serializer={}.__getitem__)._serialize(b"k", b"v")
    except KeyError as error:
        loop.create_future().set_exception(error)
    for error in (ProducerFenced(), OutcomeUnknown("EndTxn"), ValueError("203.0.113.77")):
        loop.create_future().set_exception(error)  # as of a delivery that nobody awaits
    gc.collect()

asyncio.run(main())
"""


def test_a_clients_own_futures_say_nothing_and_others_no_value() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    lines = done.stderr.splitlines()
    assert sum("never retrieved" in line for line in lines) == 1
    assert "ValueError" in done.stderr
    assert "203.0.113.77" not in done.stderr
    for silent in ("Fenced", "Unknown", "KeyError", "Traceback"):
        assert silent not in done.stderr
