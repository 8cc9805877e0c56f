"""The sample day: the same bytes each time, in order, and as mixed as a real one."""

import hashlib
import ipaddress
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from quietclicks.demo.hostile import MEBIBYTE, hostile
from quietclicks.demo.shop import Record, canaries, newest_day, sample_day, sample_records
from quietclicks.schemas.raw import RawEvent, Tick

DAY = date(2026, 11, 21)
SEED = 5
VISITORS = 1_500
EVENTS_END = 48 * 3600 + 900  # as the reference policy has it
EVENTS = ("event", "delayed", "late", "repeated")
PINNED = "f037e8f142899a0e7351debd73afbc6a4773d3d7f1a808724b5239c057dd07cb"
HOSTILE = dict(hostile("h09", "2026-11-21T09:30:00.000Z"))


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(sample_records(SEED, DAY, VISITORS))


@pytest.fixture(scope="module")
def events(records: list[Record]) -> list[RawEvent]:
    decoder = msgspec.json.Decoder(RawEvent)
    return [decoder.decode(record.value) for record in records if record.kind in EVENTS]


def share(matching: Iterable[bool]) -> float:
    counted = Counter(matching)
    return counted[True] / counted.total()


def digest(seed: int, day: date) -> str:
    joined = hashlib.sha256()
    for value in sample_day(seed, day, 200):
        joined.update(len(value).to_bytes(4, "big") + value)
    return joined.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    assert digest(1, DAY) == PINNED
    assert digest(2, DAY) != PINNED
    assert digest(1, DAY + timedelta(days=1)) != PINNED


def test_sample_day_is_the_values_of_the_records(records: list[Record]) -> None:
    assert list(sample_day(SEED, DAY, VISITORS)) == [record.value for record in records]


def test_every_record_is_an_event_a_tick_or_hostile_by_name(records: list[Record]) -> None:
    kinds = Counter(record.kind for record in records)

    assert kinds.keys() == {*EVENTS, "tick", *HOSTILE}
    for record in records:
        if record.kind in EVENTS:
            assert msgspec.json.decode(record.value).keys() <= set(RawEvent.__struct_fields__)
        elif record.kind == "tick":
            msgspec.json.decode(record.value, type=Tick)
    assert all(kinds[kind] > 3 for kind in EVENTS)
    assert all(kinds[kind] == 3 for kind in HOSTILE)


def test_ticks_come_first_every_five_minutes_and_last_beyond_the_lateness(
    records: list[Record],
) -> None:
    ticks = [
        datetime.fromisoformat(msgspec.json.decode(record.value)["timestamp"])
        for record in records
        if record.kind == "tick"
    ]

    assert records[0].kind == records[-1].kind == "tick"
    assert ticks[0] == datetime(2026, 11, 21, tzinfo=UTC)
    assert ticks[-1] > datetime(2026, 11, 22, 0, 15, tzinfo=UTC)
    assert {b - a for a, b in itertools.pairwise(ticks)} == {timedelta(minutes=5)}


def test_only_late_events_belong_to_an_hour_that_the_ticks_have_closed(
    records: list[Record],
) -> None:
    tick = datetime.min.replace(tzinfo=UTC)
    for record in records:
        if record.kind == "tick":
            tick = datetime.fromisoformat(msgspec.json.decode(record.value)["timestamp"])
        elif record.kind in EVENTS:
            at = datetime.fromisoformat(msgspec.json.decode(record.value)["timestamp"])
            hour_ends = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            closed = hour_ends <= tick - timedelta(minutes=15)
            if record.kind != "repeated":  # a repeat may be one of a late event
                assert closed == (record.kind == "late")
            assert at < tick + timedelta(minutes=5)
            assert at.date() == DAY


def test_a_repeat_follows_its_original_closely(records: list[Record]) -> None:
    at: dict[bytes, int] = {}
    repeats = 0
    for number, record in enumerate(records):
        if record.kind == "repeated":
            repeats += 1
            assert 0 < number - at[record.value] < 100
        at[record.value] = number
    assert repeats > 5


def test_ids_are_unique_but_for_the_repeats(records: list[Record]) -> None:
    ids = Counter(
        msgspec.json.decode(record.value)["event_id"]
        for record in records
        if record.kind in EVENTS and record.kind != "repeated"
    )

    assert set(ids.values()) == {1}


def test_the_key_stands_for_the_address_and_the_browser(records: list[Record]) -> None:
    pairs: dict[bytes, set[tuple[str, str]]] = defaultdict(set)
    for record in records:
        if record.kind in EVENTS:
            fields = msgspec.json.decode(record.value)
            pairs[record.key].add((fields["ip"], fields.get("user_agent", "")))
        else:
            assert record.key == b""

    assert all(len(pair) == 1 for pair in pairs.values())
    assert len({pair for [pair] in pairs.values()}) == len(pairs) > VISITORS * 0.9


def test_the_mixes_are_those_of_a_real_day(events: list[RawEvent]) -> None:
    bots = [event for event in events if _is_bot(event.user_agent)]
    people = [event for event in events if not _is_bot(event.user_agent)]
    consents = [event.consent.analytics if event.consent else None for event in people]

    assert 5 * VISITORS < len(events) < 12 * VISITORS
    assert 0.03 < len(bots) / len(events) < 0.15
    assert 0.6 < share(consent is True for consent in consents) < 0.85
    assert 0.07 < share(consent is False for consent in consents) < 0.18
    assert 0.08 < share(consent is None for consent in consents) < 0.2
    assert 0.03 < share(event.dnt == "1" for event in people) < 0.12
    assert 0.03 < share(event.gpc == "1" for event in people) < 0.12
    assert 0.2 < share(ipaddress.ip_address(e.ip).version == 6 for e in people) < 0.4
    assert 0.3 < share(event.sec_ch_ua is not None for event in people) < 0.8
    assert any(event.user_agent is None for event in bots)
    assert any(event.search_terms for event in people)


def test_what_is_typed_into_the_search_has_a_head_a_tail_and_mistakes(
    events: list[RawEvent],
) -> None:
    visitors: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if "/search?q=" in event.url:
            visitors[event.url].add(event.ip)

    assert sum(len(seen) >= 20 for seen in visitors.values()) >= 3
    assert sum(len(seen) == 1 for seen in visitors.values()) > 100
    assert any("%40" in url for url in visitors)


def test_links_say_what_they_are_part_of_and_now_and_then_who_reads_them(
    events: list[RawEvent],
) -> None:
    queries = [parse_qs(urlsplit(event.url).query) for event in events]
    sources = Counter(query["utm_source"][0] for query in queries if "utm_source" in query)
    assert sources["newsletter"] > sources["catalogue"] > 10
    assert sources["chatgpt.com"] > 10
    assert any("@" in source for source in sources)


def test_addresses_are_nobodys_and_of_many_networks(events: list[RawEvent]) -> None:
    set_aside = [
        ipaddress.ip_network(block)
        for block in (
            "192.0.2.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "198.18.0.0/15",
            "2001:db8::/32",
        )
    ]
    addresses = {ipaddress.ip_address(event.ip) for event in events}
    networks = {
        ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False)
        for address in addresses
    }

    assert all(any(address in block for block in set_aside) for address in addresses)
    assert len(networks) > VISITORS / 3


@pytest.mark.slow
def test_canaries_cover_what_the_records_hold(
    records: list[Record], events: list[RawEvent]
) -> None:
    known = canaries(SEED, DAY, VISITORS)

    for event in events:
        assert event.ip.encode() in known
        assert not event.user_agent or event.user_agent.encode() in known
    assert min(len(canary) for canary in known) >= 8  # short ones would be found by accident
    assert b"anna.schmidt%40mail.example" in known
    found = [any(b"@" in c and c in record.value for c in known) for record in records]
    assert sum(found) >= 5


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        pytest.param("empty", lambda value: value == b"", id="empty"),
        pytest.param("one mebibyte", lambda value: len(value) == MEBIBYTE, id="large"),
        pytest.param("nested", lambda value: value.count(b"[") == 10_000, id="nested"),
        pytest.param("nested in a field", lambda value: value.count(b"{") > 10_000, id="deep"),
        pytest.param("invalid utf-8", lambda value: b"\xff\xfe" in value, id="not-utf-8"),
        pytest.param("null bytes", lambda value: set(value) == {0}, id="nulls"),
        pytest.param("address with a zone", lambda value: b'"::1%eth0"' in value, id="zone"),
    ],
)
def test_hostile_records_are_as_hostile_as_their_name(kind: str, holds: object) -> None:
    assert callable(holds)
    assert holds(HOSTILE[kind])


def test_hostile_events_differ_from_each_other() -> None:
    assert len(set(HOSTILE.values())) == len(HOSTILE)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param("2026-11-22T12:00:00+00:00", "2026-11-18", id="noon"),
        pytest.param("2026-11-22T00:14:59+00:00", "2026-11-17", id="just-after-midnight"),
        pytest.param("2026-11-22T00:15:00+00:00", "2026-11-18", id="once-its-key-could-go"),
        pytest.param("2026-11-22T23:59:59+00:00", "2026-11-18", id="just-before-midnight"),
    ],
)
def test_newest_day_is_due_with_a_day_to_spare(now: str, day: str) -> None:
    assert newest_day(datetime.fromisoformat(now), EVENTS_END) == date.fromisoformat(day)


@pytest.mark.parametrize("events_end", [0, EVENTS_END, 30 * 86_400 + 1])
def test_its_key_is_due_at_whatever_hour(events_end: int) -> None:
    for minute in range(0, 2 * 1440, 7):
        now = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minute)
        ends = newest_day(now, events_end) + timedelta(days=1)
        due = datetime(ends.year, ends.month, ends.day, tzinfo=UTC) + timedelta(seconds=events_end)
        assert timedelta(days=1) <= now - due < timedelta(days=2)


def _is_bot(user_agent: str | None) -> bool:
    marks = ("bot", "headless", "curl", "python", "go-http", "scrapy", "external")
    return not user_agent or any(mark in user_agent.lower() for mark in marks)
