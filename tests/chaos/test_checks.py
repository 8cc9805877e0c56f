"""Every check finds what it is for, and nothing where all is well."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import msgspec
import pytest

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.evidence.checkpoints import signed
from quietclicks.pipeline.evidence.kinds import PolicyInForce
from quietclicks.pipeline.evidence.log import Log
from quietclicks.schemas import topics
from tests.chaos import checks, rules
from tests.chaos.checks import Found
from tests.chaos.oracle import undisturbed
from tests.chaos.rig import SIGNING_KEY
from tests.chaos.stream import FIRST_DAY, PSEUDONYMISED, Item, Stream, Truth
from tests.chaos.verdict import verdict
from tests.kafka_tools import Stored

APPENDED = 1_790_000_000_000
KEYS = {
    FIRST_DAY + day: hashlib.blake2b(str(day).encode(), digest_size=32).digest() for day in range(3)
}
PARTNER = topics.PARTNERS + "adreach"
TOTALS = topics.PUBLISHED[0]

Held = dict[str, list[Stored]]


class Round:
    """What was sent, and what an undisturbed pipeline made of it."""

    def __init__(self) -> None:
        stream = Stream(7, rules.RAW_PARTITIONS)
        self.sent: list[list[tuple[bytes | None, Truth]]] = [[], [], []]
        for item in [*islice(stream, 4_000), stream.last()]:
            self._send(item)
        raw = [
            Stored(partition, offset, b"", value, APPENDED)
            for partition, values in enumerate(self.sent)
            for offset, (value, _) in enumerate(values)
        ]
        self.held: Held = {
            topic: [
                Stored(partition, 0, key, value, APPENDED)
                for partition, key, value in records.elements()
            ]
            for topic, records in undisturbed(rules.policy(), KEYS, raw).items()
        }
        self.held[topics.RAW] = raw
        self.held[topics.KEYS] = [
            Stored(0, 0, day_text(day).encode(), b"wrapped", APPENDED) for day in KEYS
        ]
        for name in topics.PUBLISHED:
            self.held.setdefault(name, [])

    def _send(self, item: Item) -> None:
        everywhere = range(rules.RAW_PARTITIONS)
        for number in everywhere if item.partition is None else [item.partition]:
            self.sent[number].append((item.value, item.truth))

    def judged(self, held: Held) -> list[Found]:
        return list(verdict(rules.policy(), self.sent, KEYS, held))


@pytest.fixture(scope="module")
def played() -> Round:
    return Round()


def test_an_audit_log_that_is_another_is_found() -> None:
    log, key = Log(), SIGNING_KEY
    at = datetime(2026, 11, 22, tzinfo=UTC)
    policy = PolicyInForce(revision=at.date(), hash="0" * 32, key_due_seconds=1)
    entries = [log.append(policy, at, "0.1.0") for _ in range(3)]
    note = signed(log.checkpoint("campaign/audit"), [key])

    def judged(values: Sequence[bytes]) -> list[str]:
        held = [Stored(0, offset, None, value, 0) for offset, value in enumerate(values)]
        found = checks.audit_log_is_one(held, [Stored(0, 0, None, note, 0)], key.verifier)
        return [each.check for each in found]

    assert judged(entries) == []
    for other in (entries[:2], entries[::-1], [*entries, entries[2]], [entries[0], entries[2]]):
        assert "one audit log" in judged(other)


def test_all_is_well(played: Round) -> None:
    assert played.judged(played.held) == []
    assert all(played.held[name] for name in (topics.PSEUDONYMISED, PARTNER, TOTALS))


def drop(topic: str) -> Callable[[Held], None]:
    def change(held: Held) -> None:
        del held[topic][5]

    return change


def double(topic: str) -> Callable[[Held], None]:
    def change(held: Held) -> None:
        held[topic].append(held[topic][5])

    return change


def alter(topic: str, field: str, value: object) -> Callable[[Held], None]:
    def change(held: Held) -> None:
        record = held[topic][5]
        fields = json.loads(record.value or b"")
        assert fields[field] != value
        assert msgspec.json.encode(fields) == record.value  # nothing but the field will differ
        held[topic][5] = replace(record, value=msgspec.json.encode(fields | {field: value}))

    return change


def move(topic: str) -> Callable[[Held], None]:
    def change(held: Held) -> None:
        record = held[topic][5]
        held[topic][5] = replace(record, partition=1 - record.partition)

    return change


def swap_raw(held: Held) -> None:
    raw = held[topics.RAW]
    raw[5], raw[6] = replace(raw[5], value=raw[6].value), replace(raw[6], value=raw[5].value)


def publish_again(held: Held) -> None:
    record = held[TOTALS][0]
    held[TOTALS].append(replace(record, value=b"{}"))


@pytest.mark.parametrize(
    ("change", "by"),
    [
        pytest.param(drop(topics.RAW), "raw = sent", id="a raw record is lost"),
        pytest.param(swap_raw, "raw = sent", id="two raw records change places"),
        pytest.param(drop(topics.PSEUDONYMISED), "one record each", id="an event is lost"),
        pytest.param(double(topics.PSEUDONYMISED), "one record each", id="an event is doubled"),
        pytest.param(
            alter(topics.PSEUDONYMISED, "id", "AAAAAAAAAAAAAAAA"),
            "one record each",
            id="an event has another's id",
        ),
        pytest.param(
            alter(topics.PSEUDONYMISED, "page", "/elsewhere"), "as undisturbed", id="another page"
        ),
        pytest.param(move(topics.PSEUDONYMISED), "as undisturbed", id="another partition"),
        pytest.param(drop(topics.REJECTED), "one record each", id="a rejection is lost"),
        pytest.param(double(topics.REJECTED), "one record each", id="a rejection is doubled"),
        pytest.param(
            alter(topics.REJECTED, "reason", "error"), "one record each", id="another reason"
        ),
        pytest.param(
            alter(topics.REJECTED, "offset", 10**6), "one record each", id="another event's"
        ),
        pytest.param(
            alter(topics.REJECTED, "timestamp", "then"), "as undisturbed", id="another time"
        ),
        pytest.param(drop(PARTNER), "one record each", id="a partner's event is lost"),
        pytest.param(double(PARTNER), "one record each", id="a partner's event is doubled"),
        pytest.param(drop(topics.PARTIALS), "as undisturbed", id="a closed cell is lost"),
        pytest.param(double(topics.PARTIALS), "as undisturbed", id="a closed cell is doubled"),
        pytest.param(double(topics.PARTIALS), "closed once", id="a closed cell stands twice"),
        pytest.param(drop(TOTALS), "as undisturbed", id="a trend is lost"),
        pytest.param(double(TOTALS), "one value a key", id="a trend is released twice"),
        pytest.param(alter(TOTALS, "views", 1), "as undisturbed", id="a trend is altered"),
        pytest.param(publish_again, "one value a key", id="a key has two values"),
        pytest.param(
            lambda held: held[topics.KEYS].append(held[topics.KEYS][0]),
            "one key a day",
            id="a day has two keys",
        ),
    ],
)
def test_is_found(played: Round, change: Callable[[Held], None], by: str) -> None:
    held = {topic: list(records) for topic, records in played.held.items()}
    change(held)
    found = played.judged(held)
    assert by in {each.check for each in found}
    told = " ".join(map(str, found))
    assert "198.51.100" not in told
    assert "https" not in told


def test_what_nobody_sent(played: Round) -> None:
    held = dict(played.held)
    more = replace(held[topics.PSEUDONYMISED][0], value=b'{"id": "BBBBBBBBBBBBBBBB"}')
    held[topics.PSEUDONYMISED] = [*held[topics.PSEUDONYMISED], more]
    told = [str(each) for each in played.judged(held)]
    assert f"one record each: 1 events in {topics.PSEUDONYMISED} that nobody sent" in told


def test_a_day_without_key(played: Round) -> None:
    keys = {day: key for day, key in KEYS.items() if day != FIRST_DAY}
    found = list(verdict(rules.policy(), played.sent, keys, played.held))
    assert Found("one key a day", f"{day_text(FIRST_DAY)} has none") in found
    assert Found("as undisturbed", "a day of the stream has no key") in found


def test_nothing_released_is_no_proof(played: Round) -> None:
    found = list(checks.as_undisturbed({}, {}))
    assert [each.check for each in found] == ["as undisturbed"]


def test_an_open_transaction() -> None:
    assert list(checks.nothing_open({"t": {0: 5, 1: 7}}, {"t": {0: 5, 1: 7}})) == []
    [found] = checks.nothing_open({"t": {0: 5, 1: 7}}, {"t": {0: 5, 1: 9}})
    assert str(found) == "no open transaction: t[1] is stuck at 7 of 9"


def test_shows_where(played: Round) -> None:
    held = dict(played.held)
    wanted = {
        (partition, offset)
        for partition, values in enumerate(played.sent)
        for offset, (_, truth) in enumerate(values)
        if truth.became == "late"
    }
    told = [json.loads(each.value or b"") for each in held[topics.REJECTED]]
    late = [each for each in told if each["reason"] == "late"]
    assert {(each["partition"], each["offset"]) for each in late} == wanted
    held[topics.REJECTED] = [
        record
        for record, each in zip(held[topics.REJECTED], told, strict=True)
        if each["reason"] != "late"
    ]
    found = list(checks.each_event_once(played.sent, KEYS, held))
    [differ] = [each.what for each in found]
    assert differ.startswith(f"{len(wanted)} events: late became nothing: ")
    assert differ.split(": ")[2].split(", ")[0] in {f"{p}@{offset}" for p, offset in wanted}
    assert PSEUDONYMISED not in differ
