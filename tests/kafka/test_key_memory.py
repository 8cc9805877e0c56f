"""A destroyed key is nowhere in a worker's memory: the process itself is searched, byte by byte.

Nothing promises it: Python frees bytes and does not wipe them. It is what happens.
"""

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quietclicks.agents.evidence.audit_log import read_log
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.commands.run.own_policy import for_a_run
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import KeyMade
from quietclicks.pipeline.pseudonyms.key_life import THROUGH
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics
from tests.kafka.test_worker import SMALL, event, now, processed, ready, send
from tests.kafka.world import KEK, until, world
from tests.kafka_tools import produce

EVENTS = 1000
ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0, reason="a worker's memory is root's alone to read"
)


def copies(pid: int, secret: bytes) -> int:
    """How often it is in memory that the process can write."""
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            region = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if region and "[v" not in line:
                first, end = (int(each, 16) for each in region.groups())
                memory.seek(first)
                found += memory.read(end - first).count(secret)
    return found


@ROOT_ONLY
async def test_a_destroyed_key_is_nowhere_in_memory(tmp_path: Path) -> None:
    key, nonce = secrets.token_bytes(KEY_BYTES), bytes(12)
    today = datetime.now(UTC).date().isoformat().encode()
    async with world(tmp_path, SMALL) as made:
        sealed = nonce + AESGCM(KEK).encrypt(nonce, key, today)
        await produce(made.settings.bootstrap, topics.KEYS, [(0, today, sealed)])
        worker = made.work()
        await ready(worker, 2)
        await send(made, 0, *(event(number, now()) for number in range(EVENTS)))
        await processed(made, EVENTS)
        assert copies(worker.process.pid, key) > 0, "the search finds what is there"
        ends = [(0, today, None), (0, THROUGH, today)]
        await produce(made.settings.bootstrap, topics.KEYS, ends)

        async def gone() -> bool:
            return copies(worker.process.pid, key) == 0

        await until(gone, "no copy is left")
        await send(made, 0, *(event(EVENTS + number, now()) for number in range(EVENTS)))
        await processed(made, 2 * EVENTS)
        assert copies(worker.process.pid, key) == 0
        assert "the day keys up to" in worker.said


@ROOT_ONLY
async def test_nor_in_that_of_who_made_it_and_wrote_the_log(tmp_path: Path) -> None:
    """It has had the key under other names: made and wrapped it, and opened it for an entry."""
    today = datetime.now(UTC).date()
    wrapping = Wrapping([KEK])
    async with world(tmp_path, for_a_run(SMALL)) as made:
        worker = made.work()
        await ready(worker, 2)
        await send(made, 0, *(event(number, now()) for number in range(EVENTS)))
        await processed(made, EVENTS)
        [there] = (await read_keys(made.settings)).living.values()
        key = wrapping.unwrap(today.isoformat(), there.sealed)
        assert copies(worker.process.pid, key) > 0

        async def told() -> bool:
            entries = (await read_log(made.settings)).entries
            return any(isinstance(decode(each).body, KeyMade) for each in entries)

        await until(told, "the log says that it was made")
        name = today.isoformat().encode()
        await produce(made.settings.bootstrap, topics.KEYS, [(0, name, None), (0, THROUGH, name)])

        async def gone() -> bool:
            return copies(worker.process.pid, key) == 0

        await until(gone, "no copy is left")
