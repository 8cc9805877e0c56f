"""Everything that a collector should never send, through a real run, and what of it may leak.

On a broker that no other test used: what its disk holds, this run put there.
"""

import json
import mmap
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import re2

from quietclicks.agents.metrics import EXACT, STEP
from quietclicks.demo.shop import canaries, sample_records
from quietclicks.schemas import topics
from tests.broker_files import files_below
from tests.kafka.test_dashboard import showing
from tests.kafka.world import World, page, policy_text, start_broker, until, world

DAY, SEED, VISITORS = date(2024, 3, 1), 23, 900

REASONS = {  # of each kind of quietclicks.demo.hostile; None: nothing is wrong with it
    "empty": "empty",
    "not json": "not_json",
    "cut off": "not_json",
    "not an object": "not_json",
    "null bytes": "not_json",
    "null in a value": None,
    "invalid utf-8": "not_utf8",
    "lone surrogate": "not_json",
    "nested": "not_json",
    "nested in a field": "too_deep",
    "url is a number": "invalid",
    "address is a list": "invalid",
    "consent is a string": "invalid",
    "consent says maybe": "invalid",
    "no address": "invalid",
    "no id": "invalid",
    "id too long": "invalid",
    "no zone": "bad_timestamp",
    "not a time": "bad_timestamp",
    "no such day": "bad_timestamp",
    "from the future": "from_the_future",
    "of 1970": "late",
    "address 777.2": None,  # counted and passed on, without a network
    "address with a zone": None,
    "empty address": None,
    "unknown site": "unknown_site",
    "another type": "not_a_page",
    "extra fields": None,
    "url without end": "invalid",
    "one mebibyte": "too_large",
}


async def test_each_kind_has_its_reason_and_nothing_leaks(tmp_path: Path) -> None:
    records = list(sample_records(SEED, DAY, VISITORS))
    kinds = {record.value: record.kind for record in records if record.kind in REASONS}
    with start_broker() as broker:
        async with world(tmp_path, policy_text(), broker) as made:
            workers = [made.work(), made.work()]
            await made.send([record.value for record in records])
            await made.all_released()

            await each_kind_has_its_reason(made, kinds)
            assert (await made.output()).trends.total() > 100, "the rest went its way"
            with showing(made) as port:

                async def read() -> bool:
                    return not json.loads(page(port, "/api/v1/sites"))["reading"]

                await until(read, "all trends are read")
                pages = [page(port, "/api/v1/trends"), *(each.get("/metrics") for each in workers)]
            assert {json.loads(worker.get("/healthz"))["state"] for worker in workers} == {"ok"}
            statuses = [worker.stop() for worker in workers]
            assert statuses == [0, 0]
            said = [*pages, *(worker.said for worker in workers)]
        canary = re2.compile(
            b"|".join(re2.escape(text) for text in sorted(canaries(SEED, DAY, VISITORS))),
            unlimited(),
        )
        found = list(leaks(broker.data_dir, canary))
        assert not [text for text in said if canary.search(text.encode())]
    assert {folder for folder, _ in found} == {f"{topics.RAW}-{n}" for n in range(4)}, found


async def each_kind_has_its_reason(made: World, kinds: dict[bytes, str]) -> None:
    sent: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for record in await made.read(topics.RAW):
        if kind := kinds.get(record.value or b""):
            sent[kind].append((record.partition, record.offset))
    assert set(sent) == set(REASONS)
    output = await made.output()
    reasons = {
        (partition, offset): reason for reason, partition, offset in output.rejected.elements()
    }
    assert len(reasons) == output.rejected.total(), "an event was rejected twice"
    told = {kind: {reasons.get(place) for place in places} for kind, places in sent.items()}
    assert told == {kind: {reason} for kind, reason in REASONS.items()}

    # Every reason that occurred has a counter, and it is right, or rounded where it has to be.
    occurred = Counter(reasons.values())
    exact = {reason: number for reason, number in occurred.items() if reason in EXACT}

    async def counted() -> Counter[str]:
        found: Counter[str] = Counter()
        for worker in made.workers:
            for (stage, outcome), number in (await worker.outcomes()).items():
                found[outcome] += int(number) if stage == "anonymise" else 0
        return found if {reason: found[reason] for reason in exact} == exact else Counter()

    counters = await until(counted, f"the ports have been told: {exact}")
    for reason in occurred:
        assert reason in counters
        assert reason in EXACT or counters[reason] % STEP == 0
    assert "unlisted_fields" in counters
    assert "error" not in occurred


def unlimited() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 1 << 30
    return options


def leaks(data: Path, canary: "re2.Pattern[bytes]") -> Iterator[tuple[str, str]]:
    """(folder, file) of the broker's files that hold one; they are large and mostly holes."""
    for path in files_below(data):
        content = b""
        with suppress(FileNotFoundError), path.open("rb") as file:  # deleted just now
            if os.fstat(file.fileno()).st_size:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
                    content = held[:].rstrip(b"\0")
        if canary.search(content):
            yield path.parent.name, path.name
