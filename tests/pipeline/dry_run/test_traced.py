"""Whose the events of a log are; and what they would say, had everybody agreed."""

import json
from typing import Any

import msgspec
import pytest

from quietclicks.errors import UsageError
from quietclicks.pipeline.consent.table import TCF_NO
from quietclicks.pipeline.dry_run import traced
from quietclicks.pipeline.dry_run.traced import Tracer, agreed, person
from quietclicks.pipeline.logs.events import tick
from tests.pipeline_tools import FIREFOX, MIDNIGHT, country, day_key, event, policy


def people_of(values: list[bytes]) -> list[tuple[str, str]]:
    """(person, page) of every event that is passed on."""
    tracer = Tracer(policy(), country, day_key)
    appended = MIDNIGHT + 72 * 3_600_000
    found = tracer.run((value, appended) for value in [tick(MIDNIGHT), *values])
    return [(each.person, each.event["page"]) for each in found]


def seen(number: int, at_ms: int = MIDNIGHT, **fields: Any) -> bytes:
    return event(number, at_ms, url=f"https://shop.example/products/{number}", **fields)


def test_each_event_has_its_sender_on_any_day() -> None:
    addresses = ["8.8.8.8", "5.5.5.5", "8.8.8.8", "2001:db8::7"]
    values = [
        seen(number, MIDNIGHT + number * 12 * 3_600_000, ip=ip)
        for number, ip in enumerate(addresses)
    ]
    assert people_of(values) == [
        (person(ip, FIREFOX), f"/products/{number}") for number, ip in enumerate(addresses)
    ]


def test_of_a_repeated_id_the_first_counts() -> None:
    values = [seen(1, ip="8.8.8.8"), seen(1, ip="5.5.5.5"), b"garbage", tick(MIDNIGHT)]
    assert people_of(values) == [(person("8.8.8.8", FIREFOX), "/products/1")]


@pytest.mark.parametrize(
    "refusal",
    [
        {"consent": {"analytics": False}},
        {"consent": ...},
        {"tcf": TCF_NO},
        {"dnt": "1"},
        {"gpc": True},
    ],
    ids=["refused", "no choice", "a string", "Do Not Track", "Global Privacy Control"],
)
def test_what_who_refuses_would_have_said(refusal: dict[str, Any]) -> None:
    value = seen(1, ip="8.8.8.8", **refusal)
    assert people_of([value]) == []
    assert people_of([agreed(value)]) == [(person("8.8.8.8", FIREFOX), "/products/1")]


def test_nothing_else_is_changed() -> None:
    before = json.loads(seen(1, consent={"partners": True}, shoe={"a": [1]}))
    after = json.loads(agreed(msgspec.json.encode(before)))
    assert after == {**before, "consent": {"analytics": True, "partners": False}}


@pytest.mark.parametrize("value", [b"", b"garbage", b"[]", b"\xff", tick(MIDNIGHT), b"[" * 100_000])
def test_what_is_no_event_stays_as_it_is(value: bytes) -> None:
    assert agreed(value) == value


def test_a_person_is_an_address_with_a_browser_and_shows_neither() -> None:
    sent = [("8.8.8.8", "a"), ("8.8.8.8", "b"), ("8.8.8.88", ""), ("", ""), ("2001:db8::1", "a")]
    sent.append(("2001:db8:0:1::1", "a"))
    names = {person(*each) for each in sent}
    assert len(names) == len(sent)
    assert all(name.isalnum() and len(name) == 24 for name in names)
    assert person("8.8.8.8", None) == person("8.8.8.8", "")
    assert person("2001:db8::1", "a") == person("2001:db8::ffff:2", "a"), "one /64 is one visitor"
    assert person("::ffff:8.8.8.8", "a") == person("8.8.8.8", "a")


@pytest.mark.parametrize("name", ["id", "site", "timestamp", "visitor"])
def test_events_that_cannot_be_traced(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        """As the policy may leave a field out."""

        def decode(self, value: bytes) -> dict[str, Any]:
            fields: dict[str, Any] = msgspec.json.decode(value)
            del fields[name]
            return fields

    monkeypatch.setattr(traced, "_event", Without())
    with pytest.raises(UsageError, match="let the policy list them"):
        people_of([seen(1)])
