"""`make fuzz`: mutated records through the whole pure pipeline.

Nothing may crash, every record must be accounted for, no canary may come out, and no record may
cost more than fifty honest ones (counted, see tests/work.py). The same seed gives the same records.
`python -m tests.fuzz --records 100000 --seed 7`
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from quietclicks.pipeline.dry_run.canaries import START, Canary, Finder, canaries, log_of
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.schemas import topics
from tests.paths import ROOT
from tests.pipeline_tools import HOUR, country, day_key
from tests.work import LIMIT, Rig

RECORDS = 1_000_000
ROUND = 5000  # records of one pipeline; then it starts anew, whatever time a tick told it
COUNTED = 20  # records of a round whose cost is counted, which takes a thousand times theirs
LARGEST_OUTPUT = 4096  # bytes of a pseudonymised event, whatever came in
NEEDED = ("event_id", "site", "timestamp", "consent")  # without these an event is rejected at once
TYPED = ("page", "search", "value")  # fields that hold words of the input

JUNK = (
    "\x00 \x1f \x7f \ud7ff \ufeff \u200b \u202e \u0301 \uff20 \U0001f600 % %00 %25 %2525 %zz "
    "%u0040 & &# &#64; &amp; ; / // \\ .. @ : # ? = + \" ' < > { } [ ] ( ) , null true NaN 1e999 "
    "-0 0x7f000001 777.2 ::1%eth0 [::] tick 1970-01-01T00:00:00Z 9999-12-31T23:59:59-23:59"
).split(" ")
SITES = ("shop.example", "blog.example")


class Failed(Exception):
    """What the fuzzing found."""


class Result(NamedTuple):
    """What came of a run."""

    records: int
    pseudonymised: int
    rejected: int
    ticks: int


class Mutator:
    """Makes hostile records out of the canaries' records."""

    def __init__(self, corpus: Sequence[bytes], seed: int) -> None:
        self._corpus = corpus
        self._random = random.Random(seed)
        self._count = 0
        self._ways = (
            self._as_it_is,
            self._flip,
            self._cut,
            self._insert,
            self._splice,
            self._stretch,
            self._nest,
            self._swap_values,
        )

    def record(self) -> bytes:
        """One record, mutated once or several times."""
        self._count += 1
        record = self._random.choice(self._corpus)
        # Ids of their own: or most would be turned away as repeated.
        record = record.replace(b'"event_id":"', b'"event_id":"%d.' % self._count, 1)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            # Mostly what a field holds: a broken record is rejected at once.
            changed = self._random.random() < 0.8
            way = self._change_a_field if changed else self._random.choice(self._ways)
            record = way(record)
        return record

    def _as_it_is(self, record: bytes) -> bytes:
        return record

    def _flip(self, record: bytes) -> bytes:
        changed = bytearray(record or b"x")
        for _ in range(self._random.randrange(1, 5)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _cut(self, record: bytes) -> bytes:
        start, end = sorted(self._random.randrange(len(record) + 1) for _ in range(2))
        return record[:start] + record[end:] if self._random.random() < 0.7 else record[start:end]

    def _insert(self, record: bytes) -> bytes:
        at = self._random.randrange(len(record) + 1)
        junk = self._random.choice(JUNK).encode() * self._random.choice((1, 1, 3, 50))
        return record[:at] + junk + record[at:]

    def _splice(self, record: bytes) -> bytes:
        other = self._random.choice(self._corpus)
        at = self._random.randrange(len(record) + 1)
        return record[:at] + other[self._random.randrange(len(other) + 1) :]

    def _stretch(self, record: bytes) -> bytes:
        start, end = sorted(self._random.randrange(len(record) + 1) for _ in range(2))
        times = self._random.choice((2, 10, 100)) if self._random.random() < 0.2 else 2
        return (record[:start] + record[start:end] * times + record[end:])[:70_000]

    def _nest(self, record: bytes) -> bytes:
        depth = self._random.choice((1, 5, 100, 5000))
        return b'{"a":' * depth + record + b"}" * depth if depth < 1000 else b"[" * depth + record

    def _swap_values(self, record: bytes) -> bytes:
        fields = self._fields(record)
        if fields is None or len(fields) < 2:
            return record
        first, second = self._random.sample(list(fields), 2)
        fields[first], fields[second] = fields[second], fields[first]
        return self._written(fields)

    def _change_a_field(self, record: bytes) -> bytes:
        fields = self._fields(record)
        if not fields:
            return record
        names = [each for each in fields if each not in NEEDED] or list(fields)
        name = self._random.choice(names if self._random.random() < 0.9 else list(fields))
        value = fields[name]
        if not isinstance(value, str) or self._random.random() < 0.05:
            fields[name] = self._random.choice((None, 0, -1, 1e300, True, [], {}, "", "x" * 9000))
            return self._written(fields)
        at = self._random.randrange(len(value) + 1)
        junk = self._random.choice(JUNK)
        fields[name] = self._random.choice(
            (
                value[:at] + junk + value[at:],
                value[:at] + junk * 40 + value[at:],
                value[:at] + value,
                value.swapcase(),
                value[::-1],
                junk + value,
                value + junk,
            )
        )
        return self._written(fields)

    def _fields(self, record: bytes) -> dict[str, object] | None:
        try:
            fields = json.loads(record)
        except (ValueError, RecursionError):
            return None
        return fields if isinstance(fields, dict) else None

    def _written(self, fields: dict[str, object]) -> bytes:
        return json.dumps(fields, ensure_ascii=self._random.random() < 0.5).encode(
            errors="surrogatepass"
        )


def fuzz(policy: Policy, records: int, seed: int) -> Iterator[Result]:
    """Results as they grow; raises `Failed` at the first record of a round that breaks a rule."""
    sent: list[Canary] = []
    corpus: list[bytes] = []
    for canary, values in canaries(policy):
        sent.append(canary)
        corpus.append(values[0])
    corpus += [tick(START + HOUR)] * 20
    finder = Finder(sent)
    mutator = Mutator(corpus, seed)
    rig = Rig(policy)
    total = Result(0, 0, 0, 0)
    while total.records < records:
        batch = [mutator.record() for _ in range(min(ROUND, records - total.records))]
        found = one_round(policy, batch, finder)
        for record in batch[:COUNTED]:
            if (times := rig.times_the_median(record)) > LIMIT:
                raise Failed(f"a record of {len(record)} bytes costs {times:.0f} honest ones")
        total = Result(*(sum(pair) for pair in zip(total, found, strict=True)))
        yield total


def one_round(policy: Policy, batch: Sequence[bytes], finder: Finder) -> Result:
    """One pipeline from its first tick to its last."""
    offline = Offline(policy, country, day_key)
    outputs: dict[str, int] = {}
    for record in offline.run(log_of(batch, policy)):
        outputs[record.topic] = outputs.get(record.topic, 0) + 1
        value = record.value or b""
        if len(value) > LARGEST_OUTPUT:
            raise Failed(f"a record of {len(value)} bytes in {record.topic}")
        for part in (record.key, record.value):
            for canary in finder.find(part.decode()) if part else ():
                if leaks(canary, part or b"", finder):
                    raise Failed(f"{canary.whole!r}, put into {canary.field}, is in {part!r}")
    pseudonymised = outputs.get(topics.PSEUDONYMISED, 0)
    rejected = outputs.get(topics.REJECTED, 0)
    ticks = offline.tally["tick"] - 2
    if offline.tally["error"]:
        raise Failed(f"{offline.tally['error']} events ended in an unexpected error")
    if pseudonymised + rejected + ticks != len(batch):
        raise Failed(f"{len(batch)} records: {pseudonymised} + {rejected}, and {ticks} ticks")
    return Result(len(batch), pseudonymised, rejected, ticks)


def leaks(canary: Canary, part: bytes, finder: Finder) -> bool:
    """Whether a canary that was found is one, still.

    Half an address that a mutation left is no address: in a page and in a search it may stay. What
    stands there whole may not, and in every other field not even a part of it may.
    """
    fields = json.loads(part) if part.startswith(b"{") else {"key": part.decode()}
    free = " ".join([str(fields.pop(name, "")) for name in TYPED]).casefold()
    whole = re.escape(canary.whole.casefold())
    return bool(
        re.search(rf"(?<![\w:.]){whole}(?![\w:.])", unquote(unquote(free)))
        or canary in finder.find(json.dumps(fields))
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 where a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    path = ROOT / "deploy" / "policy.toml"
    policy = parse(path.read_text("utf-8"), str(path))
    started = time.monotonic()
    result = Result(0, 0, 0, 0)
    try:
        for result in fuzz(policy, wanted.records, wanted.seed):
            if result.records % 100_000 == 0:
                print(f"fuzz: {result.records:,} of {wanted.records:,}", file=sys.stderr)
    except Failed as error:
        print(f"fuzz: after {result.records:,} records, seed {wanted.seed}: {error}")
        return 1
    seconds = time.monotonic() - started
    print(
        f"fuzz: {result.records:,} records, seed {wanted.seed}: "
        f"{result.pseudonymised:,} pseudonymised, {result.rejected:,} rejected, "
        f"{result.ticks:,} ticks; no crash, no canary found, none too dear; "
        f"{result.records / seconds:,.0f} a second"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
