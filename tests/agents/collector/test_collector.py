"""What a collector answers and passes on, without a socket: the same to everybody."""

import json
import logging

import pytest

from quietclicks.agents.replay import partition_of
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.raw import ExactConsent
from tests.agents.collector.tools import ORIGIN, PAGE, PEER, TEXT, Standing
from tests.rows import each_row

YES = {"url": PAGE, "consent": {"analytics": True}}
AGREED = ExactConsent(analytics=True)


def test_a_page_view_is_passed_on_by_address_and_browser() -> None:
    standing = Standing()
    answer = standing.post(YES, {"user-agent": "Mozilla/5.0"})
    assert (answer.status, answer.body) == (204, b"")
    [event] = standing.outgoing.events
    assert (event.event_id, event.ip, event.timestamp.timestamp()) == ("id-1", PEER, standing.now)
    assert event.consent == AGREED
    [(partition, value)] = standing.outgoing.records
    assert partition == partition_of(value, 4)


def test_a_visitor_keeps_to_a_partition() -> None:
    standing = Standing()
    for number in range(40):
        standing.post(YES, {"user-agent": "Mozilla/5.0"}, f"198.51.{number}.7")
        standing.post({"url": PAGE + "/x"}, {"user-agent": "Mozilla/5.0"}, f"198.51.{number}.7")
    partitions = [partition for partition, _ in standing.outgoing.records]
    assert partitions[::2] == partitions[1::2]
    assert set(partitions) == {0, 1, 2, 3}


# None of these may be told from another by its answer: of consent, bots, hosts and what was read.
BODIES = {
    "agrees": YES,
    "refuses": {"url": PAGE, "consent": {"analytics": False}},
    "says nothing": {"url": PAGE},
    "another host": {"url": "https://evil.example/"},
    "objects": {"url": PAGE, "gpc": True},
    "unreadable": {"url": 7},
}


def answers(**headers: str) -> set[tuple[int, tuple[tuple[str, str], ...], bytes]]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    found = [Standing().post(body, sent) for body in BODIES.values()]
    return {(each.status, tuple(sorted(each.headers.items())), each.body) for each in found}


def test_the_same_answer_whatever_was_decided() -> None:
    plain = answers()
    assert len(plain) == 1
    assert answers(cookie="quietclicks-opt-out=out") == plain
    assert answers(user_agent="Googlebot/2.1") == plain
    assert answers(sec_purpose="prefetch;prerender") == plain
    assert answers(sec_gpc="1", dnt="1") == plain
    assert len(answers(origin=ORIGIN)) == 1


@each_row("path", FORMATS)
def test_every_path_answers_the_same_to_garbage(path: str) -> None:
    for method in FORMATS[path].methods:
        standing = Standing()
        first = standing.ask(method, path, {}, b"\x00garbage")
        second = standing.ask(method, path, {"origin": "https://evil.example"}, b"\x00garbage")
        assert first == second
        assert first.status in (200, 202, 204)
        assert standing.outgoing.records == []


def shared(answer: Answer) -> tuple[str | None, str | None, str]:
    headers = answer.headers
    return (
        headers.get("Access-Control-Allow-Origin"),
        headers.get("Access-Control-Allow-Credentials"),
        headers["Vary"],
    )


def test_pages_of_the_policys_hosts_are_told_also_of_errors() -> None:
    standing = Standing()
    asked = [("POST", "/collect"), ("OPTIONS", "/api/send"), ("PUT", "/collect"), ("GET", "/count")]
    for method, path in asked:
        assert shared(standing.ask(method, path, {"origin": ORIGIN})) == (ORIGIN, "true", "Origin")
        for other in ("https://evil.example", "null"):
            assert shared(standing.ask(method, path, {"origin": other})) == (None, None, "Origin")
    standing.outgoing.is_full = True
    full = standing.post(YES, {"origin": ORIGIN})
    assert (full.status, full.headers["Retry-After"]) == (503, "30")
    assert shared(full) == (ORIGIN, "true", "Origin")


def test_a_preflight_is_answered_for_json() -> None:
    answer = Standing().ask("OPTIONS", "/api/send", {"origin": ORIGIN})
    assert answer.status == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]


def test_another_method_is_refused() -> None:
    answer = Standing().ask("GET", "/collect")
    assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_flood_from_one_network_leaves_the_others_alone() -> None:
    standing = Standing()
    statuses = [standing.post(YES, peer=f"198.51.100.{n % 256}").status for n in range(600)]
    assert statuses == [204] * 500 + [429] * 100
    assert standing.post(YES, peer="198.51.101.1").status == 204
    standing.passed = 1.0
    assert [standing.post(YES).status for _ in range(60)] == [204] * 50 + [429] * 10


BULK = json.dumps({"requests": [f"?rec=1&url={PAGE}"] * 50}).encode()


@each_row(
    ("path", "body", "taken"),
    [
        ("/collect", json.dumps(YES).encode(), 500),
        ("/matomo.php", BULK, 10),
    ],
)
@each_row("filler", [0, 40_000])
def test_one_network_fills_no_memory_that_all_share(
    path: str, body: bytes, taken: int, filler: int
) -> None:
    """By many views in one request, or by long headers that each of them bears."""
    standing = Standing()
    headers = {"user-agent": "Mozilla/5.0" + "x" * filler}
    statuses = [standing.ask("POST", path, headers, body).status for _ in range(1000)]
    assert statuses[-1] == 429
    assert statuses.count(429) >= 1000 - taken
    assert sum(len(value) for _, value in standing.outgoing.records) < 5 * 1024 * 1024
    assert standing.post(YES, peer="198.51.101.1").status == 204


def test_a_networks_bound_is_of_all_that_it_asks_for() -> None:
    standing = Standing()
    answer = standing.answering
    asked = [("POST", "/collect"), ("OPTIONS", "/collect"), ("GET", "/q.js"), ("GET", "/opt-out")]
    statuses = []
    for number in range(504):
        method, path = asked[number % 4]
        statuses.append(answer(Hit(method=method, path=path), PEER).status)
    assert 429 not in statuses[:500]
    assert statuses[500:] == [429] * 4
    assert answer(Hit(method="GET", path="/healthz"), PEER).status == 200
    assert answer(Hit(method="GET", path="/q.js"), "198.51.101.7").status == 200


def test_a_flood_behind_a_proxy_is_the_clients_and_not_the_proxys() -> None:
    standing = Standing(trusted=TrustedProxies.of("10.0.0.1"))
    for _ in range(600):
        standing.post(YES, {"x-forwarded-for": "198.51.100.7"}, "10.0.0.1")
    assert standing.post(YES, {"x-forwarded-for": "198.51.101.7"}, "10.0.0.1").status == 204


def test_where_there_is_no_room_nothing_is_taken() -> None:
    standing = Standing()
    standing.outgoing.is_full = True
    assert standing.post(YES).status == 503
    assert standing.outgoing.records == []


def test_an_address_that_cannot_be_believed_is_none() -> None:
    standing = Standing(trusted=TrustedProxies.of("10.0.0.1"))
    standing.post(YES, {"x-forwarded-for": "198.51.100.7", "forwarded": "for=1.2.3.4"}, "10.0.0.1")
    assert [event.ip for event in standing.outgoing.events] == [""]


QUERY = "rec=1&url=https://shop.example/"
DROP_IN = b'{"n":"pageview","u":"https://shop.example/","d":"shop.example"}'
POSTED = {
    "/api/event": DROP_IN,
    "/api/send": b'{"type":"event","payload":{"url":"https://shop.example/"}}',
}


@each_row(("consent", "expected"), [("page", None), ("vouched", AGREED), ("cookie a=1", AGREED)])
def test_a_drop_ins_consent_is_the_policys(consent: str, expected: ExactConsent | None) -> None:
    text = TEXT.replace('consent = "page"', f'consent = "{consent}"')
    standing = Standing(parse(text, "policy.toml"))
    standing.ask("POST", "/api/event", {"cookie": "a=1"}, DROP_IN)
    assert [event.consent for event in standing.outgoing.events] == [expected]


def test_it_says_once_what_an_operator_should_know(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    standing = Standing()
    for _ in range(3):
        standing.ask("POST", "/api/event", {"cookie": "a=b"}, DROP_IN)
        standing.post(YES, {"x-forwarded-for": "203.0.113.77"})
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "plausible: its requests carry no visitor's choice" in said[0]
    assert "none is listed" in said[1]
    proxied = Standing(trusted=TrustedProxies.of("10.0.0.1"))
    caplog.clear()
    for _ in range(3):
        proxied.post(YES, {}, "10.0.0.1")
    [line] = [record.getMessage() for record in caplog.records]
    assert "wrote no address down" in line


@each_row(
    ("path", "headers", "is_told"),
    [
        ("/api/event", {"sec-fetch-site": "same-site"}, True),
        ("/api/event", {"sec-fetch-site": "same-origin"}, False),
        ("/api/send", {"sec-fetch-site": "same-origin"}, True),
        ("/api/send", {"cookie": "a=b"}, False),
        ("/matomo.php", {"sec-fetch-site": "same-site"}, False),
    ],
)
def test_it_says_where_opting_out_is_not_heard(
    path: str, headers: dict[str, str], is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    standing = Standing(parse(TEXT.replace('consent = "page"', 'consent = "vouched"'), "policy"))
    for _ in range(3):
        standing.ask("POST", f"{path}?{QUERY}", headers, POSTED.get(path, b""))
    assert len(standing.outgoing.records) == 3
    said = [record.getMessage() for record in caplog.records]
    assert ["may be counted on shop.example" in each for each in said] == [True] * is_told


def test_nothing_of_a_request_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "203.0.113.99"
    standing = Standing(trusted=TrustedProxies.of("10.0.0.1"))
    headers = {
        "user-agent": "canary-agent",
        "cookie": "canary-cookie=1",
        "x-forwarded-for": canary,
        "forwarded": "for=198.51.100.9",
        "origin": "https://canary.example",
        "referer": "https://canary.example/page",
    }
    for path, format in FORMATS.items():
        target = f"{path}?u=https://shop.example/canary-page&url=https://canary.example/"
        for method in format.methods:
            for body in (b"canary-body", DROP_IN, b'{"url":"https://shop.example/canary"}'):
                for _ in range(60):
                    standing.ask(method, target, headers, body, "10.0.0.1")
    standing.outgoing.is_full = True
    standing.post(YES, headers, "10.9.9.9")
    assert caplog.records
    for secret in ("canary", canary, "198.51.100.9", "10.9.9.9"):
        assert secret not in caplog.text
        assert secret not in standing.figures.exposition()
