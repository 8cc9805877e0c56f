"""From a request to raw events: what is taken of it, and that nobody's body says who they are."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from quietclicks.pipeline.collect.event import Arrival, Collecting, NotTaken, Unused, record
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit, Ignored
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.raw import MAX_RECORD_BYTES, ExactConsent, ExactEvent, Header, RawEvent
from tests.paths import ROOT
from tests.rows import each_row

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")
COLLECTING = Collecting(POLICY)
AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ADDRESS, PAGE = "198.51.100.7", "https://shop.example/shoes"


def collected(body: object, headers: Mapping[str, str] | None = None) -> list[RawEvent | Unused]:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    hit = Hit(method="POST", path="/collect", headers=headers or {}, body=said)
    return list(COLLECTING.events(hit, FORMATS["/collect"], Arrival(AT, ADDRESS, lambda: "id-1")))


def event(body: object, headers: Mapping[str, str] | None = None) -> RawEvent:
    [found] = collected(body, headers)
    assert isinstance(found, RawEvent), found
    return found


def test_all_that_is_taken() -> None:
    body = {
        "url": PAGE + "?q=red",
        "referrer": "https://search.example/",
        "search_terms": "red",
        "consent": {"analytics": True, "partners": False},
        "tcf": "CP",
    }
    headers = {
        "user-agent": "Mozilla/5.0",
        "accept-language": "de",
        "sec-ch-ua": '"Chromium";v="140"',
        "sec-ch-ua-mobile": "?0",
        "sec-ch-ua-platform": '"Linux"',
        "sec-gpc": "1",
        "origin": "https://shop.example",
        "referer": "https://shop.example/shoes",
        "cookie": "session=canary",
        "x-forwarded-for": "canary",
    }
    value = record(event(body, headers))
    assert isinstance(value, bytes)
    assert msgspec.json.decode(value, type=ExactEvent) == ExactEvent(
        event_id="id-1",
        site="shop.example",
        timestamp=AT,
        type="pageview",
        url=PAGE + "?q=red",
        ip=ADDRESS,
        user_agent="Mozilla/5.0",
        accept_language="de",
        referrer="https://search.example/",
        sec_ch_ua='"Chromium";v="140"',
        sec_ch_ua_mobile="?0",
        sec_ch_ua_platform='"Linux"',
        search_terms="red",
        gpc="1",
        consent=ExactConsent(analytics=True, partners=False),
        tcf="CP",
    )
    assert b"canary" not in value


def test_a_body_says_nothing_of_who_when_and_which() -> None:
    forged = {
        "url": PAGE,
        "ip": "203.0.113.9",
        "user_agent": "canary",
        "timestamp": "2020-01-01T00:00:00Z",
        "event_id": "canary",
        "site": "canary.example",
        "type": "tick",
        "purpose": "prefetch",
        "headers": {"user-agent": "canary"},
    }
    assert event(forged) == event({"url": PAGE})


def test_what_a_browser_keeps_to_itself_is_not_written_down() -> None:
    assert event({"url": f"{PAGE}?a=1#access_token=canary#canary"}).url == f"{PAGE}?a=1"


@each_row(
    ("header", "page", "expected"),
    [
        (None, None, None),
        ("1", None, "1"),
        (None, True, True),
        (None, False, False),
        ("1", False, "1, False"),
        ("0", True, "0, True"),
        ("0", "0", "0, 0"),
    ],
)
def test_an_objection_counts_from_either(
    header: str | None, page: Header, expected: Header
) -> None:
    headers = {} if header is None else {"sec-gpc": header, "dnt": header}
    found = event({"url": PAGE, "gpc": page, "dnt": page}, headers)
    assert (found.gpc, found.dnt) == (expected, expected)


@each_row(
    ("body", "headers", "why"),
    [
        ({"url": "https://evil.example/"}, {}, NotTaken.OTHER_HOST),
        ({"url": "/shoes"}, {}, NotTaken.OTHER_HOST),
        ({"url": PAGE}, {"origin": "https://evil.example"}, NotTaken.OTHER_ORIGIN),
        ({"url": PAGE}, {"referer": "https://evil.example/shop"}, NotTaken.OTHER_ORIGIN),
        ({"url": PAGE}, {"origin": "null", "sec-fetch-site": "cross-site"}, NotTaken.OTHER_ORIGIN),
        ({"referrer": PAGE}, {}, Ignored.UNREADABLE),
        (b"", {}, Ignored.UNREADABLE),
        (b"[" * 60_000, {}, Ignored.UNREADABLE),
        (b'{"url":"https://shop.example/\\ud800"}', {}, Ignored.UNREADABLE),
        (b'{"url":"https://shop.example/","referrer":"\\udfff"}', {}, Ignored.UNREADABLE),
        (b"\xff\xfe", {}, Ignored.UNREADABLE),
    ],
)
def test_what_is_not_taken(body: object, headers: dict[str, str], why: Unused) -> None:
    assert collected(body, headers) == [why]


def test_an_event_that_no_reader_takes_is_not_written() -> None:
    assert record(event({"url": PAGE, "referrer": "a" * MAX_RECORD_BYTES})) is NotTaken.TOO_LARGE


@pytest.mark.parametrize("shown", [Arrival(AT, ADDRESS, lambda: "id-1")])
def test_its_repr_shows_no_address(shown: Arrival) -> None:
    assert ADDRESS not in repr(shown)
