"""The decisions in the whole pure pipeline: what reaches which topic, event by event."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.consent.rules import ALLOWS, decide
from quietclicks.pipeline.consent.table import Case, cases
from quietclicks.pipeline.dry_run.offline import Offline, Public
from quietclicks.pipeline.policy import PartnerPolicy, Policy, parse
from quietclicks.schemas import topics
from tests.paths import ROOT

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
PARTNER = topics.PARTNERS + "adreach"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
AT_MS = 1_774_000_000_000  # 2026-03-20
AT = "2026-03-20T09:46:40Z"

# One public address a country, as a database would have them
_ADDRESSES: dict[str | None, str] = {
    country: f"8.8.{number}.8"
    for number, country in enumerate(dict.fromkeys(c.signals.country for c in cases(POLICY)))
}
_COUNTRIES = {bytes(map(int, ip.split("."))): country for country, ip in _ADDRESSES.items()}


def run(policy: Policy, events: list[dict[str, object]]) -> list[Public]:
    new_key: Callable[[int], bytes] = lambda day: bytes(31) + bytes([day % 256])  # noqa: E731
    offline = Offline(policy, _COUNTRIES.get, new_key)
    ticks: list[dict[str, object]] = [
        {"type": "tick", "timestamp": f"2026-03-{day}T01:00:00Z"} for day in (21, 22)
    ]
    appended = [(AT_MS, event) for event in events]
    appended += [(AT_MS + 3 * 86_400_000, tick) for tick in ticks]
    return list(offline.run((json.dumps(event).encode(), at) for at, event in appended))


def event(number: int, **fields: object) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "site": "shop.example",
        "timestamp": AT,
        "url": "https://shop.example/products/1042",
        "ip": "8.8.9.9",
        "user_agent": BROWSER,
        **fields,
    }


def said(case: Case) -> dict[str, object]:
    signals = case.signals
    consent = signals.consent
    assert consent
    fields = {
        "dnt": signals.dnt,
        "gpc": signals.gpc,
        "tcf": signals.tcf,
        "consent": {"analytics": consent.analytics, "partners": consent.partners},
        "ip": _ADDRESSES[signals.country],
    }
    return {name: value for name, value in fields.items() if value is not None}


def of(records: list[Public], topic: str) -> Iterator[dict[str, object]]:
    for record in records:
        if record.topic == topic:
            assert record.value
            yield json.loads(record.value)


HERE = [case for case in cases(POLICY) if case.site == "shop.example"]


def test_objections_in_other_words(shared: Path) -> None:
    """Six ways that public trackers were seen to send one."""
    values = (shared / "data" / "cases" / "30-objection-in-other-words.ndjson").read_bytes()
    midnight = 1_795_651_200_000  # 2026-11-26
    offline = Offline(POLICY, lambda address: None, lambda day: bytes(32))
    records = list(offline.run((each, midnight + 40_000_000) for each in values.splitlines()))
    assert len(values.splitlines()) >= 6
    assert {record.topic for record in records} <= {topics.REJECTED}


def test_every_combination_reaches_only_the_topics_it_may() -> None:
    records = run(POLICY, [event(n, **said(case)) for n, case in enumerate(HERE)])
    why = [decide(case.signals, POLICY) for case in HERE]
    events = [each.events in ALLOWS for each in why]
    trends = [each.trends in ALLOWS for each in why]
    partners = [each.partners["adreach"] in ALLOWS for each in why]
    rejected = {one["offset"]: one["reason"] for one in of(records, topics.REJECTED)}
    expected = {
        offset: "counted_only" if trends[offset] else "no_consent"
        for offset in range(len(HERE))
        if not events[offset]
    }
    assert rejected == expected
    assert len(list(of(records, topics.PSEUDONYMISED))) == sum(events)
    assert len(list(of(records, PARTNER))) == sum(partners)
    assert 0 < sum(partners) < sum(events) < sum(trends) < len(HERE)


@pytest.mark.parametrize(
    "objection", [{"dnt": "1"}, {"dnt": "1x"}, {"gpc": "1"}, {"dnt": "1", "gpc": "1"}], ids=str
)
def test_nothing_to_a_partner_for_who_objects(objection: dict[str, object]) -> None:
    events = [event(n, **{**said(case), **objection}) for n, case in enumerate(HERE)]
    records = run(POLICY, events)
    assert {record.topic for record in records} <= {topics.REJECTED, *topics.PUBLISHED}
    assert len(list(of(records, topics.REJECTED))) == len(HERE)


def agreed(count: int = 1, **fields: object) -> list[dict[str, object]]:
    both = {"analytics": True, "partners": True}
    return [event(n, ip=f"8.9.{n}.1", consent=both, **fields) for n in range(count)]


def test_a_partner_gets_its_fields_and_no_other() -> None:
    [passed_on] = of(run(POLICY, agreed()), PARTNER)
    assert set(passed_on) == set(POLICY.partners["adreach"].fields)


def test_partners_cannot_join_with_each_other_nor_with_analysts() -> None:
    second = PartnerPolicy("measure", ("id", "visitor"), ("shop.example",))
    policy = replace(POLICY, partners={**POLICY.partners, "second": second})
    records = run(policy, agreed())
    found = [
        next(of(records, topic))
        for topic in (topics.PSEUDONYMISED, PARTNER, topics.PARTNERS + "second")
    ]
    for field in ("id", "visitor"):
        assert len({str(one[field]) for one in found}) == 3


def test_withdrawal_holds_from_the_next_event_and_nothing_is_inferred() -> None:
    no = {"analytics": False, "partners": False}
    first, last = agreed(), event(3, ip="8.9.0.1", consent=None)
    middle = event(2, ip="8.9.0.1", consent=no)
    records = run(POLICY, [*first, middle, last])
    assert len(list(of(records, topics.PSEUDONYMISED))) == 1
    assert [one["reason"] for one in of(records, topics.REJECTED)] == ["no_consent"] * 2


def test_a_policy_that_forbids_everything_releases_nothing() -> None:
    purposes = POLICY.purposes
    off = {
        name: replace(getattr(purposes, name), enabled=False) for name in purposes.__struct_fields__
    }
    records = run(replace(POLICY, purposes=replace(purposes, **off)), agreed(200))
    assert {record.topic for record in records} == {topics.REJECTED}
    assert {one["reason"] for one in of(records, topics.REJECTED)} == {"no_consent"}


@pytest.mark.parametrize("off", ["trends", "events", "partners"])
def test_switching_a_purpose_off_changes_the_output(off: str) -> None:
    topic_of = {"trends": "trends.totals", "events": topics.PSEUDONYMISED, "partners": PARTNER}
    purposes = POLICY.purposes
    disabled = replace(getattr(purposes, off), enabled=False)
    policy = replace(POLICY, purposes=replace(purposes, **{off: disabled}))
    before, after = run(POLICY, agreed(200)), run(policy, agreed(200))
    for purpose, topic in topic_of.items():
        assert list(of(before, topic))
        assert bool(list(of(after, topic))) is (purpose != off)


# What a retailer has elsewhere, and what must not pass if it comes along
ELSEWHERE = {
    "account": {"account_id": "canary-1", "name": "canary-2", "email": "canary-3@x.example"},
    "order": {"order": {"id": "canary-4", "items": ["canary-5"]}, "total": "canary-6"},
    "payment": {"card": "canary-7", "iban": "canary-8", "billing_address": ["canary-9"]},
    "marketing": {"newsletter": "canary-10", "segment": "canary-11", "campaign": "canary-12"},
    "support": {"ticket": {"text": "canary-13"}, "phone": "canary-14"},
}


@pytest.mark.parametrize("fields", ELSEWHERE.values(), ids=ELSEWHERE)
def test_data_from_elsewhere_never_passes(fields: dict[str, object]) -> None:
    plain, more = run(POLICY, agreed(200)), run(POLICY, agreed(200, **fields))
    assert {record.topic for record in more} > {topics.PSEUDONYMISED, PARTNER, "trends.totals"}
    assert more == plain
