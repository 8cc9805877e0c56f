"""The page by which visitors opt out: no script, no id, and no other website's page can use it."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from quietclicks.agents.collector import opt_out
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.consent import has_opted_out
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Hit
from tests.agents.collector.tools import ORIGIN, PEER, POLICY, Standing
from tests.rows import each_row

SITES = Sites(POLICY)


def chosen(body: bytes = b"choice=out", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    hit = Hit(method="POST", path="/opt-out", headers=sent, body=body)
    return opt_out.chosen(hit, SITES)


def shown(**headers: str) -> str:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return opt_out.page(Hit(method="GET", path="/opt-out", headers=sent)).body.decode()


def test_the_cookie_is_the_same_for_everybody() -> None:
    cookie = chosen(origin=ORIGIN).headers["Set-Cookie"]
    assert cookie == (
        "quietclicks-opt-out=out; Max-Age=31536000; Path=/; HttpOnly; SameSite=None; Secure"
        "; Domain=shop.example"
    )
    assert chosen(origin=ORIGIN, user_agent="other", cookie="a=b").headers["Set-Cookie"] == cookie
    plain = chosen(origin="http://localhost:6068", host="localhost:6068").headers["Set-Cookie"]
    assert plain == "quietclicks-opt-out=out; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"


def test_no_other_answer_sets_a_cookie() -> None:
    answering = Standing().answering
    for path in (*FORMATS, "/q.js", "/.well-known/gpc.json", "/opt-out", "/healthz", "/nowhere"):
        for method in ("GET", "POST", "OPTIONS", "HEAD"):
            headers = {"origin": "https://evil.example", "cookie": "a=b"}
            answer = answering(Hit(method=method, path=path, headers=headers), PEER)
            assert "set-cookie" not in map(str.lower, answer.headers)


def test_what_it_sets_is_what_the_collector_reads() -> None:
    pair = chosen(origin=ORIGIN).headers["Set-Cookie"].partition(";")[0]
    assert has_opted_out(Hit(method="POST", path="/collect", headers={"cookie": pair}))


@each_row(
    ("origin", "domain"),
    [
        ("https://shop.example", "; Domain=shop.example"),
        ("https://www.shop.example", "; Domain=shop.example"),
        ("https://www.shop.example.", ""),
        ("https://collect.shop.example", ""),
        ("https://myshop.example", ""),
        ("null", ""),
    ],
)
def test_it_holds_for_all_hosts_of_the_site_below_the_first(origin: str, domain: str) -> None:
    own = {"origin": origin, "sec_fetch_site": "same-origin"}
    for body in (b"choice=out", b"choice=in"):
        assert chosen(body, **own).headers["Set-Cookie"].partition("; Domain")[1:] == (
            domain[:8],
            domain[8:],
        )


def test_it_can_be_taken_back() -> None:
    answer = chosen(b"choice=in", origin=ORIGIN)
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert (answer.status, answer.headers["Location"]) == (303, "opt-out")


@each_row(
    ("headers", "status"),
    [
        ({"origin": "https://shop.example"}, 303),
        ({"origin": "https://stats.example", "host": "stats.example"}, 303),
        ({"origin": "null", "sec_fetch_site": "same-origin"}, 303),
        ({"origin": "https://evil.example", "host": "stats.example"}, 403),
        ({"origin": "null", "host": "null"}, 403),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, 403),
        ({"origin": "https://evil.example", "sec_fetch_site": "same-site"}, 403),
        ({"host": ""}, 403),
        ({"referer": "https://shop.example/"}, 403),
        ({}, 403),
    ],
)
def test_only_its_own_page_can_choose(headers: dict[str, str], status: int) -> None:
    """Another website's page might take a refusal back."""
    answer = chosen(b"choice=out", **headers)
    assert answer.status == status
    assert ("Set-Cookie" in answer.headers) is (status == 303)


@each_row(
    "body", [b"", b"choice=", b"choice=maybe", b"choice=out&choice=in", b"\xff\x00", b"x&" * 999]
)
def test_what_is_no_choice_changes_nothing(body: bytes) -> None:
    answer = chosen(body, origin=ORIGIN)
    assert answer.status == 400
    assert "Set-Cookie" not in answer.headers


def test_it_says_what_holds_in_the_readers_language() -> None:
    assert "may be counted" in shown()
    assert "You have opted out" in shown(cookie="quietclicks-opt-out=out")
    assert "können in der Statistik" in shown(accept_language="de-AT,de;q=0.9,en;q=0.5")
    assert 'lang="en"' in shown(accept_language="fr")
    assert 'value="out"' in shown()
    assert 'value="in"' in shown(cookie="quietclicks-opt-out=out")


def test_each_language_says_the_same_things() -> None:
    english, german = opt_out.TEXTS["en"], opt_out.TEXTS["de"]
    assert english.keys() == german.keys()
    assert all(german.values())


def test_it_promises_no_more_than_holds() -> None:
    """Not every request brings the cookie, and no header ends the counting."""
    out = {"cookie": "quietclicks-opt-out=out"}
    english, german = shown(**out), shown(**out, accept_language="de")
    assert "visits that it tells us this of are not counted" in english
    assert "Besuche, bei denen er uns das mitteilt" in german
    for page in (english, shown()):
        assert "opting out here has no effect" in page
        assert "but you are still counted" in page
    for page in (german, shown(accept_language="de")):
        assert "ohne Wirkung" in page
        assert "gezählt werden Sie aber weiterhin" in page


def test_it_needs_no_script_and_its_style_is_the_one_that_is_allowed() -> None:
    page = shown()
    names: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names.append(tag)
            names.extend(name for name, _ in attrs)

    Tags().feed(page)
    assert "form" in names
    assert not {"script", "link", "img", "src", "onclick", "action"} & {*names}
    [style] = re.findall("<style>(.*?)</style>", page)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in opt_out.HEADERS["Content-Security-Policy"]


def test_nothing_that_was_sent_is_in_the_page() -> None:
    canary = "<b>canary</b>"
    assert "canary" not in shown(accept_language=canary, cookie=canary, host=canary, origin=canary)
