"""What was passed on, against what is decided anew: of who objected, nothing is there."""

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import pytest

from quietclicks.pipeline.audit.checks.choices import Alive, Choices
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.clock import milliseconds
from quietclicks.pipeline.dry_run.canaries import log_of
from quietclicks.pipeline.dry_run.offline import Public
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.schemas import topics
from tests.pipeline.audit.made import POLICY
from tests.pipeline.audit.passed_on import (
    DAY,
    EVERY_FIELD,
    canary_log,
    changed,
    country,
    events,
    raw,
    run,
)
from tests.rows import each_row

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
ALL = Alive(0, 0)
AT = 1_000
Log = Sequence[tuple[bytes, int]]


def judged(
    passed_on: Iterable[Public],
    log: Log | None = None,
    *,
    alive: Alive = ALL,
    policy: Policy = EVERY_FIELD,
    countries: Callable[[bytes], str | None] | None = country,
) -> Finding:
    scan = Choices(policy, countries, lambda: secrets.token_bytes(32), alive, len(events()))
    for offset, each in enumerate(passed_on):
        said = msgspec.json.decode(each.value or b"{}")
        scan.passed_on(f"{each.topic}[0]@{offset}", each.topic, said, AT)
    records = [ListedRecord(n, at, None, v) for n, (v, at) in enumerate(log or raw())]
    for start in range(0, len(records), 200):
        scan.raw(0, records[start : start + 200])
    return scan.finding()


def one(topic: str = topics.PSEUDONYMISED) -> Public:
    return next(each for each in events() if each.topic == topic)


def partner() -> Public:
    return one(topics.PARTNERS + "adreach")


def test_all_that_was_passed_on_was_permitted() -> None:
    found = judged(events())
    assert found.outcome is HELD, found.problems
    found = judged(events(run(canary_log())), canary_log())
    assert found.outcome is HELD, found.problems


def test_nothing_is_not_checked() -> None:
    assert judged([]).outcome is NOT
    gone = Alive(0, milliseconds(DAY) * 2)
    assert judged(events(), alive=gone).outcome is NOT
    made_anew = Alive(AT + 1, 0)
    assert judged(events(), alive=made_anew).outcome is NOT


@each_row(
    ("record", "fields"),
    [
        (one(), {"page": "/nobody/was/here"}),
        (one(), {"timestamp": "2024-01-01T23:59:59Z"}),
        (one(), {"language": "zz"}),
        (one(), {"site": "other.example"}),
        (one(), {"more": 1}),
        (partner(), {"page": "/nobody/was/here"}),
        (partner(), {"more": 1}),
    ],
    ids=str,
)
def test_a_record_that_nobody_permitted(record: Public, fields: dict[str, Any]) -> None:
    found = judged([*events(), changed(record, **fields)])
    assert found.problems == (
        f"{record.topic}[0]@{len(events())}: no raw event permits this record",
    )


def test_a_record_that_is_there_twice() -> None:
    found = judged([*events(), events()[5]])
    assert len(found.problems) == 1


def visit(number: int, **fields: Any) -> bytes:
    event = {
        "event_id": f"e{number}",
        "site": "shop.example",
        "timestamp": f"2024-01-01T10:{number:02}:00Z",
        "url": f"/products/{number}",
        "ip": f"198.51.100.{number + 1}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "consent": {"analytics": True, "partners": True},
    }
    return json.dumps({**event, **fields}).encode()


@each_row(
    "objects",
    [
        {"consent": {"analytics": True, "partners": False}},
        {"consent": {"analytics": False, "partners": False}},
        {"consent": None},
        {"gpc": "1"},
        {"dnt": "1"},
        {"gpc": "1", "dnt": "1"},
        {"tcf": "not a string of theirs"},
    ],
    ids=str,
)
def test_a_partners_copy_of_who_objected(objects: dict[str, Any]) -> None:
    """As if the pipeline had passed on what it must not."""
    visits = [visit(number) for number in range(10)]
    agreed = tuple(log_of(visits, EVERY_FIELD))
    copies = [each for each in events(run(agreed)) if each.topic.startswith(topics.PARTNERS)]
    assert len(copies) == 10
    visits[3] = visit(3, **objects)
    said_no = tuple(log_of(visits, EVERY_FIELD))
    assert judged(copies, agreed).outcome is HELD
    found = judged(copies, said_no)
    assert len(found.problems) == 1, found.problems
    assert all("no raw event permits" in each for each in found.problems)


def test_a_collectors_id_that_was_passed_on() -> None:
    sent = msgspec.json.decode(next(value for value, _ in raw() if b"event_id" in value))
    found = judged([*events(), changed(one(), id=sent["event_id"])], alive=Alive(AT + 1, 0))
    assert found.outcome is BROKEN
    assert "its id is the one that the collector sent" in found.problems[0]
    assert sent["event_id"] not in str(found)


def test_without_the_countries_that_the_workers_know_nothing_is_said() -> None:
    found = judged(events(), countries=None)
    assert found.outcome is NOT
    assert "QUIETCLICKS_COUNTRY_DATABASE" in found.says
    # Events that do not tell a country: whether workers know one shows in what differs, if at all.
    plain = events(run(raw(), POLICY))
    found = judged(plain, countries=None, policy=POLICY)
    assert found.outcome in {HELD, NOT}
    odd = judged([*plain, changed(plain[0], page="/nobody")], countries=None, policy=POLICY)
    tells = "country" in POLICY.events.fields
    assert odd.outcome is (BROKEN if tells and found.outcome is HELD else NOT)


def test_only_those_are_compared_whose_raw_event_must_live() -> None:
    noon = milliseconds(DAY.replace(hour=0, minute=0, second=30))
    part = Alive(0, noon)
    newer = [value for value, _ in raw() if _at(value) >= "2024-01-01T00:00:30"]
    found = judged(events(), [(value, AT) for value in newer], alive=part)
    assert found.outcome is HELD, found.problems
    late = changed(one(), page="/nobody", timestamp="2024-01-01T00:00:31Z")
    assert judged([late], alive=part).outcome is BROKEN
    early = changed(one(), page="/nobody", timestamp="2024-01-01T00:00:29Z")
    assert judged([late, early], alive=part).problems == judged([late], alive=part).problems


def _at(value: bytes) -> str:
    try:
        return str(json.loads(value)["timestamp"])
    except ValueError:
        return ""


@pytest.mark.parametrize("number", [600_000, 1_500_000])
def test_of_very_many_some_are_compared(number: int) -> None:
    scan = Choices(EVERY_FIELD, country, lambda: secrets.token_bytes(32), ALL, number)
    for offset, each in enumerate(events()):
        said = msgspec.json.decode(each.value or b"")
        scan.passed_on(f"x@{offset}", each.topic, said, AT)
    compared = len(scan.finding().problems)
    assert compared > 0
    total = sum(1 for _ in events())
    assert int(scan.finding().says.split()[0].replace(",", "")) < total
