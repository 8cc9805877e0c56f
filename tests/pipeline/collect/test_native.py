"""Our own format, as bytes."""

from typing import Any

import msgspec

from quietclicks.pipeline.collect.native import read
from quietclicks.pipeline.collect.view import Hit, Ignored, View
from quietclicks.schemas.raw import Consent
from tests.rows import each_row

URL = "https://shop.example/shoes?q=1"


def posted(body: bytes) -> list[View | Ignored]:
    return list(read(Hit(method="POST", path="/collect", body=body)))


def pictured(query: str, **headers: str) -> list[View | Ignored]:
    return list(read(Hit(method="GET", path="/pixel.gif", query=query, headers=headers)))


@each_row(
    ("said", "view"),
    [
        ({}, View(url=URL)),
        ({"referrer": "https://news.example/"}, View(url=URL, referrer="https://news.example/")),
        ({"referrer": ""}, View(url=URL)),
        ({"referrer": None, "unknown": {"uid": "7"}}, View(url=URL)),
        ({"search_terms": "red shoes"}, View(url=URL, search_terms="red shoes")),
        ({"gpc": True, "dnt": "1"}, View(url=URL, gpc=True, dnt="1")),
        ({"consent": {"analytics": True}}, View(url=URL, consent=Consent(analytics=True))),
        (
            {"consent": {"analytics": False, "partners": True, "by": "x"}},
            View(url=URL, consent=Consent(analytics=False, partners=True)),
        ),
        ({"tcf": "CP"}, View(url=URL, tcf="CP")),
    ],
)
def test_what_is_said_is_taken(said: dict[str, Any], view: View) -> None:
    assert posted(msgspec.json.encode({"url": URL, **said})) == [view]


@each_row(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"url":""}',
        b'{"url":7}',
        b'{"url":"x","consent":true}',
        b'{"url":"x","consent":{"analytics":"yes"}}',
        b'{"url":"x","gpc":{}}',
        b'{"url":"x","url":"y"}',
        b'{"url":"x","consent":{"analytics":false,"analytics":true}}',
        b'{"url":"x","consent":{"analytics":false},"consent":{"analytics":true}}',
        b'{"url":"x","deep":{"er":{"a":1,"a":2}}}',
        # A signal in another spelling would be one that nobody heard.
        b'{"url":"x","DNT":"1"}',
        b'{"url":"x","globalPrivacyControl":true}',
        b'{"url":"x","Consent":{"analytics":false}}',
        b'{"url":"x","consent":{"Analytics":false}}',
        b'{"url":"x","tc_string":"CP"}',
        b'{"url":"\\ud800"}',
        b'{"url":"\xff"}',
        b'{"url":"x","big":' + b"9" * 5000 + b"}",
        b'{"url":"x","deep":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
def test_what_is_unclear_is_no_view(body: bytes) -> None:
    assert posted(body) == [Ignored.UNREADABLE]


@each_row(
    ("query", "headers", "found"),
    [
        ("url=https%3A%2F%2Fshop.example%2F", {}, View(url="https://shop.example/")),
        ("url=x&referrer=https%3A%2F%2Fn.example", {}, View(url="x", referrer="https://n.example")),
        ("url=x", {"referer": "https://other.example/"}, View(url="x")),
        ("", {"referer": "https://shop.example/"}, View(url="https://shop.example/")),
        ("uid=7&ip=192.0.2.1", {"referer": "https://shop.example/"}, View(url=URL[:21])),
        ("", {}, Ignored.UNREADABLE),
        ("url=", {"referer": "https://shop.example/"}, Ignored.UNREADABLE),
        ("url=x&url=y", {}, Ignored.UNREADABLE),
        ("&".join(["a=1"] * 10_000), {"referer": URL}, Ignored.UNREADABLE),
    ],
)
def test_a_picture_stands_for_a_page(
    query: str, headers: dict[str, str], found: View | Ignored
) -> None:
    assert pictured(query, **headers) == [found]
