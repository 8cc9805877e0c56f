"""Events of single visits, rejections and raw events: read once, and shown to the checks.

At most `MAX_RECORDS` of each kind, a beginning and an end of each partition where there are more;
of raw events the newest. No check keeps one.
"""

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from quietclicks.agents.audit.cluster import Span
from quietclicks.agents.audit.parts import newest_of, parts_of, read_parts
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.geo import Countries
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.attack.sightings import Sightings
from quietclicks.pipeline.audit.checks.choices import Alive, Choices
from quietclicks.pipeline.audit.checks.cuts import CutScan
from quietclicks.pipeline.audit.checks.events import EventScan
from quietclicks.pipeline.audit.checks.pseudonyms import PseudonymScan
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.pseudonym import KEY_BYTES
from quietclicks.schemas import topics

MAX_RECORDS = 1_000_000
MAX_SIGHTED = 100_000  # for linkability: 1.5 kB each
HOUR_MS = 3_600_000
NO_END = 2**63 - 1

Spans = Mapping[str, Mapping[int, Span]]


class Scans(NamedTuple):
    """Who looks at each event."""

    events: EventScan
    cuts: CutScan
    pseudonyms: PseudonymScan
    choices: Choices
    sightings: Sightings


async def scan_events(settings: Settings, spans: Spans, scans: Scans, tell: Tell) -> None:
    """All of them, for analysts and partners. Raises `Failure`, `KafkaError`."""
    there = {topic: spans[topic] for topic in sorted(spans) if topics.holds_events(topic)}
    most = MAX_RECORDS // max(1, sum(map(len, there.values())))
    sighted = 0
    for topic, its in there.items():
        parts = {number: parts_of(span, most) for number, span in its.items()}
        async for partition, records in read_parts(settings, topic, parts, tell):
            for each in records:
                where = f"{topic}[{partition}]@{each.offset}"
                said = scans.events.event(where, topic, each, len(each.headers))
                if said is None:
                    continue
                scans.cuts.event(where, topic, said, each.timestamp)
                scans.pseudonyms.event(where, topic, said)
                scans.choices.passed_on(where, topic, said, each.timestamp)
                if topic == topics.PSEUDONYMISED and sighted < MAX_SIGHTED:
                    sighted += _sight(scans.sightings, said)


async def scan_rejections(settings: Settings, spans: Spans, scan: EventScan, tell: Tell) -> None:
    """Raises `Failure`, `KafkaError`."""
    its = spans.get(topics.REJECTED, {})
    parts = {number: parts_of(span, MAX_RECORDS // len(its)) for number, span in its.items()}
    async for partition, records in read_parts(settings, topics.REJECTED, parts, tell):
        for each in records:
            where = f"{topics.REJECTED}[{partition}]@{each.offset}"
            scan.rejection(where, each.key, each.value, len(each.headers))


async def scan_raw(settings: Settings, spans: Spans, choices: Choices, tell: Tell) -> None:
    """Raw events, decided about anew. Raises `Failure`, `KafkaError`."""
    async for partition, records in read_parts(settings, topics.RAW, _raw_parts(spans), tell):
        choices.raw(partition, records)


async def alive(
    settings: Settings, policy: Policy, spans: Spans, policy_ms: int, now_ms: int
) -> Alive:
    """Of which events the raw event will be read. Raises `Failure`, `KafkaError`.

    `policy_ms`: what was written before was decided about by another policy.
    """
    its = spans.get(topics.RAW, {})
    begins_ms = min((each.oldest_ms for each in its.values() if each.oldest_ms), default=now_ms)
    since_ms, whole = 0, bool(its)
    for number, [(start, _)] in _raw_parts(spans).items():
        if start == 0:
            continue  # nothing of it was ever deleted, and all of it is read
        whole = False
        begins = now_ms
        if its[number].end > start:
            first = {number: [(start, start + 1)]}
            async for _, records in read_parts(settings, topics.RAW, first, lambda _: None):
                begins = records[0].timestamp
        # An event may be ahead of its append time; and while this reads, a segment may go.
        since_ms = max(since_ms, begins + policy.time.allowed_skew * 1000 + HOUR_MS)
    from_ms = max(policy_ms, begins_ms if whole else 0)
    return Alive(from_ms, 0 if whole else since_ms or now_ms)


def choices_of(policy: Policy, spans: Spans, alive: Alive, countries: Countries) -> Choices:
    """With keys that nobody else has, and that are forgotten with it."""
    events = sum(
        span.end - span.first
        for topic, its in spans.items()
        if topics.holds_events(topic)
        for span in its.values()
    )
    most = min(events, MAX_RECORDS)
    country = countries.country if countries.configured else None
    return Choices(policy, country, lambda: secrets.token_bytes(KEY_BYTES), alive, most)


def _raw_parts(spans: Spans) -> dict[int, list[tuple[int, int]]]:
    """Up to where each ends then, so that all are read that an event could be of."""
    its = spans.get(topics.RAW, {})
    return {
        number: [(newest_of(span, MAX_RECORDS // len(its)), NO_END)] for number, span in its.items()
    }


def _sight(sightings: Sightings, said: Mapping[str, object]) -> int:
    """One more, if it can be read: how it is written, another check tells."""
    try:
        sightings.add(said)
    except ValueError:
        return 0
    return 1
