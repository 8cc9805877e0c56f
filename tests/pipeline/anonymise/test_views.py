"""What leaves for analysts and for a partner."""

import json

import msgspec
import pytest

from quietclicks.pipeline.anonymise.views import analyst_view, partner_view
from quietclicks.pipeline.policy import PartnerPolicy
from quietclicks.schemas.pseudonymised import Browser, Pseudonymised, Source

EVENT = Pseudonymised(
    "the-id",
    "shop.example",
    "2026-09-22T10:00:00Z",
    "the-visitor",
    "198.51.100.0/24",
    "DE",
    "/products/7",
    Source("search", "google.com"),
    "red shoes",
    Browser("Firefox", "128"),
    "Linux",
    "desktop",
    "de",
)


def test_analysts_get_every_field() -> None:
    [(_, key, value)] = analyst_view([EVENT])
    assert value is not None
    assert key == b"the-visitor:the-id"
    assert json.loads(value) == {
        "id": "the-id",
        "site": "shop.example",
        "timestamp": "2026-09-22T10:00:00Z",
        "visitor": "the-visitor",
        "network": "198.51.100.0/24",
        "country": "DE",
        "page": "/products/7",
        "source": {"class": "search", "host": "google.com"},
        "search": "red shoes",
        "browser": {"family": "Firefox", "major": "128"},
        "os": "Linux",
        "device": "desktop",
        "language": "de",
    }


def test_a_visitors_records_go_to_one_partition_whatever_they_hold() -> None:
    """By the pseudonym, also where a partner does not get it."""
    other = msgspec.structs.replace(EVENT, id="another", page="/", search=None)
    anyone = msgspec.structs.replace(EVENT, visitor="somebody-else")
    theirs = partner_view(PartnerPolicy("why", ("page",), ("shop.example",)))
    for view in (analyst_view, theirs):
        routes = [route for route, _, _ in view([EVENT, other, anyone])]
        assert routes[0] == routes[1] != routes[2]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (("id", "visitor", "page"), b"the-visitor:the-id"),
        (("visitor", "source"), b"the-visitor"),
        (("page", "id"), b"the-id"),
        (("page", "browser"), None),
    ],
)
def test_a_partner_gets_its_fields_in_key_and_value(
    fields: tuple[str, ...], key: bytes | None
) -> None:
    [(_, found, value)] = partner_view(PartnerPolicy("why", fields, ("shop.example",)))([EVENT])
    assert value is not None
    assert found == key
    assert tuple(json.loads(value)) == fields
    for field in {"id", "visitor"} - set(fields):
        assert getattr(EVENT, field).encode() not in (found or b"") + value
