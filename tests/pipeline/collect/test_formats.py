"""The trackers' formats, by requests of our own making: what is taken, and what never is."""

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.matomo import EVENTS, MAX_PARTS
from quietclicks.pipeline.collect.view import NOTHING, PICTURE, Hit, Ignored, Reply, View
from tests.rows import each_row

URL = "https://shop.example/shoes?q=1"
NEWS = "https://news.example/"
AHEAD = {"sec-purpose": "prefetch;prerender"}
PAGE = {"origin": "https://shop.example", "referer": "https://shop.example/"}
MATOMO = {"idsite": "1", "rec": "1", "url": URL}
UMAMI = {"website": "w", "hostname": "shop.example", "url": URL, "referrer": ""}

Found = View | Ignored


def posted(path: str, body: Any = b"", query: str = "", **headers: str) -> Hit:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Hit(method="POST", path=path, query=query, headers=headers, body=data)


def asked(path: str, query: str, **headers: str) -> Hit:
    return Hit(method="GET", path=path, query=query, headers=headers)


def found(hit: Hit) -> list[Found]:
    return list(FORMATS[hit.path].read(hit))


def ahead(hit: Hit) -> Hit:
    """The same from a page that is made ahead."""
    return Hit(
        method=hit.method,
        path=hit.path,
        query=hit.query,
        headers={**hit.headers, **AHEAD},
        body=hit.body,
    )


def plausible(**said: object) -> Hit:
    return posted("/api/event", {"n": "pageview", "u": URL, "d": "shop.example", "r": None} | said)


def umami(kind: object = "event", **said: object) -> Hit:
    return posted("/api/send", {"type": kind, "payload": UMAMI | said})


def matomo(**said: str) -> Hit:
    return posted("/matomo.php", query=urlencode(MATOMO | said))


def bulk(*parts: object) -> Hit:
    return posted("/matomo.php", {"requests": parts, "token_auth": "secret"})


def goatcounter(**said: str) -> Hit:
    return posted("/count", query=urlencode(said), **PAGE)


VIEW = View(url=URL)


@each_row(
    ("hit", "expected"),
    [
        (plausible(), VIEW),
        (plausible(v=36), VIEW),
        (plausible(r=NEWS), View(url=URL, referrer=NEWS)),
        (plausible(r=""), VIEW),
        (plausible(p={"email": "a@b.example"}, m={"x": 1}, h=1, w=800), VIEW),
        (plausible(n="engagement", e=7, sd=90), Ignored.OTHER_EVENT),
        (plausible(n="Outbound Link: Click"), Ignored.OTHER_EVENT),
        (plausible(n=""), Ignored.OTHER_EVENT),
        (plausible(n=None), Ignored.UNREADABLE),
        (plausible(u=""), Ignored.UNREADABLE),
        (plausible(u=None), Ignored.UNREADABLE),
        (plausible(r=["x"]), Ignored.UNREADABLE),
        (plausible(v="36"), Ignored.UNREADABLE),
        (posted("/api/event", b'{"n":"pageview","u":"x","u":"y"}'), Ignored.UNREADABLE),
        (posted("/api/event"), Ignored.UNREADABLE),
        (ahead(plausible(v=33)), VIEW),
        (ahead(plausible()), Ignored.PRERENDERED),
        (ahead(plausible(n="Signup")), Ignored.OTHER_EVENT),
        (umami(), VIEW),
        (umami(referrer=NEWS), View(url=URL, referrer=NEWS)),
        (umami(ip="192.0.2.1", userAgent="x", timestamp=7, id="me"), VIEW),
        (umami(name="signup"), Ignored.OTHER_EVENT),
        (umami("identify", id="me"), Ignored.OTHER_EVENT),
        (umami("performance", lcp=7), Ignored.OTHER_EVENT),
        (umami(7), Ignored.UNREADABLE),
        (umami(url=""), Ignored.UNREADABLE),
        (umami(url=7), Ignored.UNREADABLE),
        (umami(url="/shoes?q=1"), VIEW),
        (umami(url="//evil.example/"), View(url="https://shop.example//evil.example/")),
        (umami(url="/x", hostname="shop.example:8443"), View(url="https://shop.example:8443/x")),
        (umami(url="/x", hostname="me@evil.example"), Ignored.UNREADABLE),
        (umami(url="/x", hostname="evil.example/"), Ignored.UNREADABLE),
        (umami(url="/x", hostname=""), Ignored.UNREADABLE),
        (umami(url="/x", hostname=None), Ignored.UNREADABLE),
        (posted("/api/send", []), Ignored.UNREADABLE),
        (ahead(umami()), Ignored.PRERENDERED),
        (goatcounter(p="/shoes?q=1"), VIEW),
        (goatcounter(p="/shoes?q=1", q="?q=1"), VIEW),
        (goatcounter(p="/shoes", q="?q=1"), VIEW),
        (goatcounter(p="/shoes?v=2", q="?q=1"), View(url=URL.replace("q=1", "v=2&q=1"))),
        (goatcounter(p="/shoes?q=1#size", q="?q=1"), VIEW),
        (goatcounter(p="shoes?q=1"), VIEW),
        (goatcounter(p="//evil.example/"), View(url="https://shop.example/evil.example/")),
        (goatcounter(p="\\\\evil.example/"), View(url="https://shop.example/evil.example/")),
        (goatcounter(p="/gr%C3%BCn"), View(url="https://shop.example/gr%C3%BCn")),
        (goatcounter(p="/shoes?q=1", r=NEWS), View(url=URL, referrer=NEWS)),
        (goatcounter(p="signup", e="true"), Ignored.OTHER_EVENT),
        (goatcounter(p="/", b="153"), Ignored.AUTOMATED),
        (goatcounter(p=""), Ignored.UNREADABLE),
        (goatcounter(), Ignored.UNREADABLE),
        (asked("/count", "p=/shoes?q=1", referer="https://shop.example/x"), VIEW),
        (asked("/count", "p=/shoes?q=1", origin="null", referer="https://shop.example"), VIEW),
        (asked("/count", "p=/shoes?q=1", origin="https://me:pw@shop.example"), VIEW),
        (asked("/count", "p=/", origin="file:///x"), Ignored.UNREADABLE),
        (asked("/count", "p=/"), Ignored.UNREADABLE),
        (asked("/count", "p=/&p=/x", **PAGE), Ignored.UNREADABLE),
        (ahead(goatcounter(p="/shoes?q=1", rnd="x")), VIEW),
        (ahead(asked("/count", "p=/", **PAGE)), Ignored.PRERENDERED),
        (matomo(), VIEW),
        (
            matomo(urlref=NEWS, search="red shoes"),
            View(url=URL, referrer=NEWS, search_terms="red shoes"),
        ),
        (matomo(urlref="", search=""), VIEW),
        (matomo(cip="192.0.2.1", ua="x", cdt="2026-01-01", uid="me", _id="7"), VIEW),
        (matomo(rec="0"), Ignored.UNREADABLE),
        (asked("/piwik.php", urlencode(MATOMO)), VIEW),
        (posted("/matomo.php", urlencode(MATOMO).encode()), VIEW),
        (posted("/matomo.php", b"rec=1", urlencode(MATOMO)), Ignored.UNREADABLE),
        (asked("/matomo.php", "idsite=1&rec=1", referer=URL), VIEW),
        (asked("/matomo.php", "idsite=1&rec=1"), Ignored.UNREADABLE),
        (asked("/matomo.php", ""), Ignored.UNREADABLE),
        *((matomo(**{name: "0"}), Ignored.OTHER_EVENT) for name in sorted(EVENTS)),
        (ahead(matomo()), Ignored.PRERENDERED),
        (ahead(asked("/pixel.gif", "url=x")), Ignored.PRERENDERED),
        (ahead(posted("/collect", {"url": URL})), VIEW),
    ],
    ids=lambda hit: (
        f"{hit.path}?{hit.query} {hit.body!r} {dict(hit.headers)}"
        if isinstance(hit, Hit)
        else str(hit)
    ),
)
def test_one_request_is_read(hit: Hit, expected: Found) -> None:
    assert found(hit) == [expected]


def test_of_a_bulk_request_each_part_is_read() -> None:
    parts = ["?" + urlencode(MATOMO), urlencode(MATOMO | {"ping": "1"}), "", "?rec=1"]
    assert found(bulk(*parts)) == [
        VIEW,
        Ignored.OTHER_EVENT,
        Ignored.UNREADABLE,
        Ignored.UNREADABLE,
    ]
    assert found(ahead(bulk(*parts[:1]))) == [Ignored.PRERENDERED]


def test_a_bulk_request_is_bounded() -> None:
    assert found(bulk(*["?" + urlencode(MATOMO)] * MAX_PARTS)) == [VIEW] * MAX_PARTS
    assert found(bulk(*["?" + urlencode(MATOMO)] * 10_000)) == [VIEW] * MAX_PARTS + [
        Ignored.TOO_MANY
    ]


@each_row("parts", [[7], [None], [{"url": URL, "rec": 1}], "?rec=1"], ids=str)
def test_a_bulk_request_of_another_form_is_unreadable(parts: object) -> None:
    assert found(posted("/matomo.php", {"requests": parts})) == [Ignored.UNREADABLE]


@each_row(
    ("hit", "expected"),
    [
        (posted("/collect"), NOTHING),
        (asked("/pixel.gif", ""), PICTURE),
        (plausible(), Reply(202, "text/plain; charset=utf-8", b"ok")),
        (umami(), Reply(200, "application/json", b"{}")),
        (goatcounter(p="/"), PICTURE),
        (matomo(), PICTURE),
        (matomo(send_image="0"), NOTHING),
        (matomo(send_image="1"), PICTURE),
        (posted("/matomo.php", b"send_image=0"), PICTURE),
        (bulk(), Reply(200, "application/json", b'{"status":"success"}')),
    ],
)
def test_a_tracker_is_told_what_it_expects(hit: Hit, expected: Reply) -> None:
    assert FORMATS[hit.path].reply(hit) == expected


NAMES = sorted(
    {*MATOMO, *UMAMI, *EVENTS, *"n u d r v p q e b rnd urlref search requests type payload".split()}
    | {"referrer", "search_terms", "gpc", "dnt", "consent", "tcf", "analytics", "name"}
)
texts = st.text(max_size=30) | st.sampled_from([URL, NEWS, "/", "\x00", "//", "pageview", "event"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode())
queries = st.text(max_size=60) | st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=8).map(
    lambda pairs: urlencode(pairs, errors="replace")
)
hits = st.builds(
    Hit,
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(sorted(FORMATS)),
    query=queries,
    headers=st.dictionaries(
        st.sampled_from(["origin", "referer", "sec-purpose", "content-type"]), texts, max_size=4
    ),
    body=bodies,
)


@given(hits)
def test_nothing_that_is_sent_breaks_a_reader(hit: Hit) -> None:
    for each in FORMATS.values():
        read = each.read(hit)
        assert 0 <= len(read) <= MAX_PARTS + 1
        assert all(view.url for view in read if isinstance(view, View))
        assert each.reply(hit).status in (200, 202, 204)
