"""Compares what the topics hold with what they have to hold, and says what differs.

Pure: it is given both. It tells offsets, reasons and counts, and never a value of an event.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from quietclicks.pipeline.clock import day_text, hour_text, precise_text
from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from quietclicks.pipeline.pseudonyms.pseudonym import (
    EVENT_ID,
    Pseudonymiser,
    delimited_part,
    partner_event_id,
)
from quietclicks.pipeline.release import partials
from quietclicks.schemas import topics
from tests.chaos.oracle import Written
from tests.chaos.stream import PSEUDONYMISED, TICK, Truth
from tests.kafka_tools import Stored

SHOWN = 4  # of each kind of difference

Sent = Sequence[Sequence[tuple[bytes | None, Truth]]]
"""By partition of the raw topic, in order."""


class Found(NamedTuple):
    """Something that is not as it has to be."""

    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


def raw_is_sent(sent: Sent, raw: Sequence[Stored]) -> Iterator[Found]:
    """Everything that was sent stands in the raw topic, once and in order."""
    logs = defaultdict(list)
    for record in raw:
        logs[record.partition].append((record.offset, record.value))
    for partition, values in enumerate(sent):
        wanted = [(offset, value) for offset, (value, _) in enumerate(values)]
        if logs[partition] != wanted:
            have, want = len(logs[partition]), len(wanted)
            yield Found("raw = sent", f"partition {partition} holds {have} records of {want} sent")


def each_event_once(
    sent: Sent, keys: Mapping[int, bytes], written: Mapping[str, Sequence[Stored]]
) -> Iterator[Found]:
    """Each event has one record of the right kind: by its offset, or by its re-keyed id."""
    rejected = defaultdict(list)
    for record in written[topics.REJECTED]:
        told = json.loads(record.value or b"{}")
        rejected[told["partition"], told["offset"]].append(told["reason"])
    ids = {topic: _ids(records) for topic, records in written.items() if _has_events(topic)}
    pseudonyms: dict[tuple[bytes, int, str], Pseudonymiser] = {}

    def passed_on(topic: str, truth: Truth) -> int:
        use = EVENT_ID if topic == topics.PSEUDONYMISED else _use(topic)
        place = use, truth.day, truth.site
        if truth.day not in keys:
            return 0
        if place not in pseudonyms:
            pseudonyms[place] = Pseudonymiser(keys[truth.day], use, truth.site)
        return ids[topic].pop(pseudonyms[place].text(delimited_part(truth.event_id.encode())), 0)

    differ: defaultdict[str, list[str]] = defaultdict(list)
    for partition, values in enumerate(sent):
        for offset, (_, truth) in enumerate(values):
            reasons = rejected.pop((partition, offset), [])
            found = Counter(reasons)
            if truth.event_id:
                found[PSEUDONYMISED] = passed_on(topics.PSEUDONYMISED, truth)
            wanted = Counter() if truth.became == TICK else Counter([truth.became])
            if +found != wanted:
                differ[f"{_told(wanted)} became {_told(+found)}"].append(f"{partition}@{offset}")
            for name in truth.partners:
                if (times := passed_on(topics.PARTNERS + name, truth)) != 1:
                    differ[f"{times} times to {name}"].append(f"{partition}@{offset}")
    for what, places in differ.items():
        yield Found("one record each", f"{len(places)} events: {what}: {_first(places)}")
    if rejected:
        yield Found("one record each", f"{len(rejected)} rejections of what was never sent")
    for topic, more in ids.items():
        if more:
            yield Found("one record each", f"{more.total()} events in {topic} that nobody sent")


def as_undisturbed(expected: Written, written: Written) -> Iterator[Found]:
    """Byte for byte what an undisturbed pipeline writes."""
    for topic in sorted(expected.keys() | written.keys()):
        want, have = expected.get(topic, Counter()), written.get(topic, Counter())
        lost, more = want - have, have - want
        doubled = sum(number for record, number in more.items() if record in want)
        if lost or more:
            yield Found(
                "as undisturbed",
                f"{topic}: {lost.total()} lost, {doubled} doubled, {more.total() - doubled} wrong,"
                f" of {want.total()}",
            )
    if not any(expected.get(topic) for topic in topics.PUBLISHED):
        yield Found("as undisturbed", "no trend was to be released: the check says nothing")


def one_value_each(topic: str, records: Iterable[Stored]) -> Iterator[Found]:
    """No key twice: a released number is final."""
    again = Counter(record.key for record in records)
    twice = [key for key, number in again.items() if number > 1]
    if twice:
        yield Found("one value a key", f"{topic}: {len(twice)} keys have more than one record")


def closed_once(held: Iterable[Stored]) -> Iterator[Found]:
    """No closed cell of `internal.partials` twice; if so, of whose closing, where and when."""
    stands: defaultdict[tuple[int, bytes], list[Stored]] = defaultdict(list)
    for record in held:
        if partials.kind_of(record.key or b"") == "cell":
            stands[record.partition, record.key or b""].append(record)
    closings: defaultdict[tuple[int, int, int], list[list[Stored]]] = defaultdict(list)
    for (partition, key), copies in stands.items():
        if len(copies) > 1:
            _, raw_partition, _, hour, *_ = partials.cell_key.decode(key)
            closings[partition, raw_partition, hour].append(copies)
    for (partition, raw_partition, hour), twice in sorted(closings.items()):
        at = ", ".join(f"{each.offset} ({precise_text(each.timestamp)})" for each in twice[0])
        yield Found(
            "closed once",
            f"{topics.PARTIALS}[{partition}]: {len(twice)} cells that raw partition "
            f"{raw_partition} closed of {hour_text(hour)} stand more than once, the first at {at}",
        )


def one_key_a_day(records: Iterable[Stored]) -> Iterator[Found]:
    """Of `privacy.keys`, but for nudges."""
    days = Counter((record.key or b"").decode() for record in records if record.value)
    for day, number in sorted(days.items()):
        if number > 1:
            yield Found("one key a day", f"{day} has {number}")


def audit_log_is_one(
    entries: Iterable[Stored], notes: Iterable[Stored], key: VerifierKey
) -> Iterator[Found]:
    """Each entry follows the one before it, and each checkpoint is of that log."""
    report = verify(
        [record.value or b"" for record in entries],
        [record.value or b"" for record in notes],
        [key],
    )
    for finding in (report.intact, report.consistent):
        if finding.verdict is Verdict.BROKEN:
            yield Found("one audit log", finding.says)
    if report.size and report.intact.verdict is not Verdict.HOLDS:
        yield Found("one audit log", report.intact.says)


def nothing_open(
    stable: Mapping[str, Mapping[int, int]], ends: Mapping[str, Mapping[int, int]]
) -> Iterator[Found]:
    """By topic and partition: where committed records end, and where all do."""
    for topic, partitions in ends.items():
        for partition, end in partitions.items():
            if (at := stable[topic][partition]) < end:
                yield Found(
                    "no open transaction", f"{topic}[{partition}] is stuck at {at} of {end}"
                )


def days_without_key(sent: Sent, keys: Mapping[int, bytes]) -> Iterator[Found]:
    """Whose day has no key cannot have become anything."""
    days = {truth.day for values in sent for _, truth in values if truth.became == PSEUDONYMISED}
    for day in sorted(days - keys.keys()):
        yield Found("one key a day", f"{day_text(day)} has none")


def _has_events(topic: str) -> bool:
    return topics.holds_events(topic)


def _use(topic: str) -> bytes:
    return partner_event_id(topic.removeprefix(topics.PARTNERS))


def _ids(records: Iterable[Stored]) -> Counter[str]:
    return Counter(json.loads(record.value or b"{}").get("id", "") for record in records)


def _told(kinds: Counter[str]) -> str:
    return (
        " and ".join(
            str(kind) if number == 1 else f"{kind} x {number}" for kind, number in kinds.items()
        )
        or "nothing"
    )


def _first(places: Sequence[str]) -> str:
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return ", ".join(places[:SHOWN]) + more
