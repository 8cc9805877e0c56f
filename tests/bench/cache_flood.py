"""What a flood of long values that never come again makes a worker hold, in memory, without Kafka.

    .venv/bin/python -m tests.bench.cache_flood [SITES [KIND]]

KIND is `ascii`, or `mixed`: one character in each value for the sake of which Python keeps all of
it in four bytes a character. Prints MiB resident before, and at most during 262 MiB of input.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from quietclicks.agents.kafka import hot_path
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.decoded import LONG_RECORD
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.clock import text
from quietclicks.pipeline.fields import bots, browser
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys

INPUT = 262 << 20  # bytes
RECORDS = 1000  # to a step: a worker's first ones
PARTITIONS = 4
MARK = {"ascii": "", "mixed": "\U00020000"}


class Nothing:
    """Outputs that are written and forgotten."""

    def extend(self, topic: str, rows: Iterable[Any]) -> None:
        """Every row is made."""
        for _ in rows:
            pass


def policy_of(sites: int) -> Policy:
    """So many sites, with searches."""
    tables = "".join(
        f'[sites."s{number}.example"]\nsearch_pages = ["/search"]\nsearch_parameters = ["q"]\n'
        for number in range(sites)
    )
    return parse(f'revision = "2026-11-22"\nversion = 1\n{tables}', "flood")


def flood(sites: int, kind: str, at_ms: int) -> Iterator[bytes]:
    """Records as long as what is remembered of may be, each with values of its own everywhere."""
    number = 0
    while True:
        number += 1
        site = f"s{number % sites}.example"
        event: dict[str, Any] = {
            "event_id": f"e{number}",
            "site": site,
            "timestamp": text(at_ms),
            "ip": f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1",
            "consent": {"analytics": True},
        }
        head = len(json.dumps(event)) + 200  # the names of what follows
        filler = MARK[kind] + "abcdefgh" * ((LONG_RECORD - head) // 6 // 8 - 2)
        own = f"{number:x}x"
        event |= {
            "url": f"https://{site}/search/{own}{filler}?q={own}{filler}",
            "user_agent": f"{own}{filler}",
            "accept_language": f"{own}{filler}",
            "referrer": f"https://{own}.example.org/{filler}",
            "sec_ch_ua_platform": f"{own}{filler}",
        }
        yield json.dumps(event, ensure_ascii=False).encode()


def resident() -> int:
    """MiB of this process."""
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) >> 10


def run(sites: int, kind: str, given: int = INPUT) -> tuple[int, int]:
    """MiB resident before, and at most afterwards."""
    policy = policy_of(sites)
    browser.load()
    bots.load()
    hot_path.tune()
    now_ms = int(time.time() * 1000)
    keys = DayKeys()
    keys.put(now_ms // 86_400_000, bytes(32))
    anonymiser = Anonymiser(policy, lambda address: None, keys)
    processors = [
        AnonymiseProcessor(policy, anonymiser, number, PARTITIONS, 1)
        for number in range(PARTITIONS)
    ]
    for processor in processors:
        processor.resume(0, "")
    before = most = resident()
    values, offset = flood(sites, kind, now_ms), 0
    while given > 0:
        records = [
            ListedRecord(offset + number, now_ms, None, next(values)) for number in range(RECORDS)
        ]
        given -= sum(len(each.value or b"") for each in records)
        step = processors[offset // RECORDS % PARTITIONS].process(records, Nothing())
        assert not step.tally["error"]
        offset += RECORDS
        most = max(most, resident())
    return before, most


def main() -> None:
    """For so many sites."""
    sites = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kind = sys.argv[2] if len(sys.argv) > 2 else "mixed"
    before, most = run(sites, kind)
    print(f"{sites} sites, {kind}: {before} MiB before, {most} MiB at most")


if __name__ == "__main__":
    main()
