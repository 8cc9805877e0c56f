"""Requests that somebody made to break the collector, or what comes behind it: none does.

Their cost is counted, not timed: it grows no faster than their size.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.collect.event import Arrival, Collecting
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit, Ignored, View
from tests.collect_tools import crowd, records, shipped, views
from tests.pipeline_tools import FIREFOX
from tests.rows import each_row
from tests.work import counted

SIZE = 32 * 1024  # half of what the collector takes of a body
URL = "https://shop.example/shoes"
CANARY = "canary"


def posted(path: str, body: object) -> Hit:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Hit(method="POST", path=path, body=data, headers={"user-agent": FIREFOX})


def asked(path: str, query: str) -> Hit:
    headers = {"origin": "https://shop.example", "user-agent": FIREFOX}
    return Hit(method=FORMATS[path].methods[0], path=path, query=query, headers=headers)


def bulk(size: int) -> Hit:
    part = "?rec=1&url=" + "%41" * (size // 150)
    return posted("/matomo.php", {"requests": [part] * 50})


JSON_PATHS = ("/collect", "/api/event", "/api/send", "/matomo.php")
QUERY_PATHS = ("/pixel.gif", "/matomo.php", "/count")
BODIES: dict[str, Callable[[int], bytes]] = {
    "deep lists": lambda size: b'{"url":' + b"[" * (size // 2) + b"]" * (size // 2) + b"}",
    "deep objects": lambda size: b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6),
    "many names": lambda size: json.dumps({f"n{i}": 1 for i in range(size // 12)}).encode(),
    "one name": lambda size: b"{" + b",".join([b'"a":1'] * (size // 6)) + b"}",
    "escapes": lambda size: b'{"url":"' + b"\\u0041" * (size // 6) + b'"}',
    "a number": lambda size: b'{"url":"x","n":' + b"7" * size + b"}",
    "spaces": lambda size: b" " * size,
    "an open text": lambda size: b'{"url":"' + b"x" * size,
}
QUERIES: dict[str, Callable[[int], str]] = {
    "many names": lambda size: "&".join(f"n{i}=1" for i in range(size // 8)),
    "one name": lambda size: "&".join(["url=1"] * (size // 6)),
    "escapes": lambda size: "url=" + "%41" * (size // 3),
    "broken escapes": lambda size: "url=" + "%" * size,
    "no name": lambda size: "&" * size,
    "bytes": lambda size: "rec=1&p=/&url=" + "%FF" * (size // 3),
}


Sized = Callable[[int], Hit]


def of_body(path: str, body: Callable[[int], bytes]) -> Sized:
    return lambda size: posted(path, body(size))


def of_query(path: str, query: Callable[[int], str]) -> Sized:
    return lambda size: asked(path, query(size))


HOSTILE: dict[str, Sized] = {
    "bulk": bulk,
    **{f"{path}: {name}": of_body(path, BODIES[name]) for path in JSON_PATHS for name in BODIES},
    **{f"{path}?{name}": of_query(path, QUERIES[name]) for path in QUERY_PATHS for name in QUERIES},
}


def read(hit: Hit) -> None:
    FORMATS[hit.path].read(hit)
    FORMATS[hit.path].reply(hit)


@each_row("name", HOSTILE)
def test_what_it_costs_grows_with_its_size(name: str) -> None:
    half, whole = (counted(read, HOSTILE[name](size)) for size in (SIZE, 2 * SIZE))
    assert whole < 2.5 * half


def test_a_requests_cookies_are_read_once_whatever_its_parts() -> None:
    collecting = Collecting(shipped("cookie choice=yes"))

    def cost(parts: int) -> int:
        body = {"requests": [f"?rec=1&url={URL}"] * parts}
        cookie = ";".join(["choice=yes"] * 2_000)
        sent = replace(posted("/matomo.php", body), headers={"cookie": cookie})
        arrival = Arrival(datetime(2026, 11, 22, tzinfo=UTC), "198.51.100.7", str)
        return counted(lambda: list(collecting.events(sent, FORMATS[sent.path], arrival)))

    assert cost(50) < 2 * cost(1)


@pytest.mark.parametrize("path", JSON_PATHS)
def test_a_megabyte_of_nested_lists_is_unreadable(path: str) -> None:
    assert FORMATS[path].read(posted(path, BODIES["deep lists"](1 << 20))) == [Ignored.UNREADABLE]


@pytest.mark.parametrize("path", QUERY_PATHS)
def test_ten_thousand_parameters_are_unreadable(path: str) -> None:
    query = f"rec=1&p=/&url={quote(URL)}&" + "&".join(f"n{i}=1" for i in range(10_000))
    assert FORMATS[path].read(asked(path, query)) == [Ignored.UNREADABLE]


@each_row(
    ("url", "page"),
    [
        (f"https://{CANARY}:{CANARY}@shop.example/shoes", "/shoes"),
        (f"https://shop.example/shoes?token={CANARY}#{CANARY}", "/shoes"),
        ("HTTPS://SHOP.EXAMPLE:443//shoes/", "/shoes"),
        ("https://shop.example/sho\u0000es", "/:token"),
        (f"https://shop.example@{CANARY}.example/shoes", None),
        (f"https://{CANARY}.example/https://shop.example/shoes", None),
        (f"javascript://shop.example/{CANARY}", None),
        (f"//{CANARY}.example/shoes", None),
        ("/shoes", None),
        ("https://shop.example/" + "x/" * 9_000, None),
    ],
)
@each_row("path", ["/collect", "/pixel.gif", "/api/event", "/matomo.php", "/api/send"])
def test_a_page_is_the_sites_own_or_none(path: str, url: str, page: str | None) -> None:
    """Umami's path beside no host is none, too."""
    hit = {
        "/collect": posted("/collect", {"url": url}),
        "/pixel.gif": asked("/pixel.gif", urlencode({"url": url})),
        "/api/event": posted("/api/event", {"n": "pageview", "u": url}),
        "/matomo.php": asked("/matomo.php", urlencode({"rec": "1", "url": url})),
        "/api/send": posted("/api/send", {"type": "event", "payload": {"url": url}}),
    }[path]
    policy = shipped("vouched")
    published = views(policy, records(policy, crowd(hit, policy.release.k)))
    assert CANARY not in str(published)
    assert published == ({page: policy.release.k} if page else {})


def test_a_view_tells_nothing_of_itself() -> None:
    assert CANARY not in repr(View(url=CANARY, referrer=CANARY, search_terms=CANARY))
    assert CANARY not in repr(Hit(method="GET", path=CANARY, query=CANARY, body=CANARY.encode()))
