"""Caddy's and Traefik's logs."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.logs.json_log import read_caddy, read_traefik
from quietclicks.schemas.raw import NOT_LOGGED, RawEvent
from quietclicks.schemas.rejection import Reason
from tests.pipeline.logs.lines import FIREFOX, read, viewed

AT = datetime(2026, 10, 17, 10, tzinfo=UTC)
HEADERS = {
    "User-Agent": [FIREFOX],
    "Referer": ["https://a.example/"],
    "Accept-Language": ["de"],
    "Sec-Gpc": ["1"],
    "Dnt": ["1"],
    "Sec-Ch-Ua": ['"Chromium";v="130"'],
    "Sec-Ch-Ua-Mobile": ["?0"],
    "Sec-Ch-Ua-Platform": ['"Linux"'],
}


def caddy(headers: dict[str, Any] | None = None, **changed: Any) -> bytes:
    request = {
        "remote_ip": "10.0.0.1",
        "remote_port": "41342",
        "client_ip": "8.8.0.4",
        "proto": "HTTP/3.0",
        "method": "GET",
        "host": "shop.example",
        "uri": "/a?q=tea",
        "headers": HEADERS if headers is None else headers,
        "tls": {"version": 772},
    }
    line = {
        "level": "info",
        "ts": AT.timestamp(),
        "logger": "http.log.access",
        "msg": "handled request",
        "request": request | {each: changed.pop(each) for each in changed.keys() & request.keys()},
        "duration": 0.001,
        "size": 10900,
        "status": 200,
    }
    return json.dumps(line | changed).encode()


def traefik(**changed: Any) -> bytes:
    line = {
        "ClientAddr": "8.8.0.4:50000",
        "ClientHost": "8.8.0.4",
        "DownstreamStatus": 200,
        "Duration": 1000,
        "RequestHost": "shop.example",
        "RequestMethod": "GET",
        "RequestPath": "/a?q=tea",
        "RequestScheme": "https",
        "StartUTC": "2026-10-17T10:00:00.123456789Z",
        "level": "info",
        "msg": "",
        "time": "2026-10-17T12:00:00+02:00",
        **{f"request_{name}": value[0] for name, value in HEADERS.items()},
    }
    return json.dumps({k: v for k, v in (line | changed).items() if v is not ...}).encode()


@pytest.mark.parametrize(("line", "form"), [(caddy(), "caddy"), (traefik(), "traefik")])
def test_all_that_a_browser_said_comes_through(line: bytes, form: Any) -> None:
    event = viewed(line, form)
    assert (event.url, event.ip) == ("https://shop.example/a?q=tea", "8.8.0.4")
    assert event.timestamp.replace(microsecond=0) == AT
    assert (event.user_agent, event.referrer) == (FIREFOX, "https://a.example/")
    assert (event.accept_language, event.gpc, event.dnt) == ("de", "1", "1")
    assert event.sec_ch_ua == '"Chromium";v="130"'
    assert (event.sec_ch_ua_mobile, event.sec_ch_ua_platform) == ("?0", '"Linux"')


@pytest.mark.parametrize(
    "ts",
    [
        pytest.param(AT.timestamp(), id="seconds"),
        pytest.param(int(AT.timestamp()), id="whole-seconds"),
        pytest.param(AT.timestamp() * 1e3, id="milliseconds"),
        pytest.param(int(AT.timestamp()) * 10**9, id="nanoseconds"),
        pytest.param("2026-10-17T10:00:00Z", id="rfc-3339"),
        pytest.param("2026-10-17T12:00:00.000+0200", id="iso-8601"),
        pytest.param("17/Oct/2026:10:00:00 +0000", id="common-log"),
    ],
)
def test_caddys_ways_to_write_the_time(ts: float | str) -> None:
    assert viewed(caddy(ts=ts), "caddy").timestamp == AT


@pytest.mark.parametrize("ts", ["2026/10/17 10:00:00", "yesterday", 1e300, -1e300, "", None, True])
def test_a_time_without_zone_or_sense_is_not_read(ts: object) -> None:
    assert read(caddy(ts=ts), "caddy") is Reason.UNREADABLE_LINE


@pytest.mark.parametrize(
    ("changed", "ip"),
    [
        ({"client_ip": ""}, "10.0.0.1"),
        ({"client_ip": "", "remote_ip": "", "remote_addr": "9.9.9.9:80"}, ""),  # of no such line
        ({"client_ip": "a.example"}, ""),
    ],
)
def test_caddys_client(changed: dict[str, Any], ip: str) -> None:
    assert viewed(caddy(**changed), "caddy").ip == ip


def test_an_older_caddy_has_the_port_in_the_address() -> None:
    line = json.loads(caddy())
    request = line["request"]
    del request["client_ip"], request["remote_ip"]
    request["remote_addr"] = "8.8.0.4:41342"
    assert viewed(json.dumps(line).encode(), "caddy").ip == "8.8.0.4"


def test_forwarded_addresses_are_believed_of_trusted_proxies() -> None:
    forwarded = {**HEADERS, "X-Forwarded-For": ["1.1.1.1, 9.9.9.9"]}
    line = caddy(forwarded, client_ip="10.0.0.1")
    assert viewed(line, "caddy").ip == "10.0.0.1"
    assert viewed(line, "caddy", trusted=TrustedProxies.of("10.0.0.0/8")).ip == "9.9.9.9"


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "Prefetch"])
def test_what_nobody_looks_at_yet_says_so(purpose: str) -> None:
    assert viewed(caddy({**HEADERS, "Sec-Purpose": [purpose]}), "caddy").purpose == purpose
    assert viewed(caddy(), "caddy").purpose is None


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (caddy(method="POST"), "caddy"),
        (caddy(status=404), "caddy"),
        (caddy(uri="/a.css"), "caddy"),
        (traefik(RequestMethod="HEAD"), "traefik"),
        (traefik(DownstreamStatus=0), "traefik"),
        (traefik(RequestPath="/a.js?x=/"), "traefik"),
    ],
)
def test_what_is_no_page_view(line: bytes, form: Any) -> None:
    assert read(line, form) is Reason.NOT_A_PAGE


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (b'{"level":"info","ts":1.5,"msg":"serving"}', "caddy"),
        (caddy(status="200"), "caddy"),
        (caddy(request=None), "caddy"),
        (traefik(), "caddy"),
        (caddy()[:200], "caddy"),
        (caddy(), "traefik"),
        (traefik(StartUTC="", time=""), "traefik"),
        (traefik(StartUTC="2026-10-17T10:00:00"), "traefik"),
        (b"[" * 5000, "traefik"),
        (b"\xff", "caddy"),
    ],
)
def test_what_is_none_of_its_lines(line: bytes, form: Any) -> None:
    assert read(line, form) is Reason.UNREADABLE_LINE


def test_a_log_that_keeps_no_headers_makes_no_bots() -> None:
    line = traefik(**{"request_User-Agent": ...})
    assert read(line, "traefik") is Reason.UNREADABLE_LINE
    event = read(line, "traefik", without_agents=True)
    assert isinstance(event, RawEvent)
    assert event.user_agent == NOT_LOGGED


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_exception(noise: bytes) -> None:
    for text in (noise, caddy()[:60] + noise + caddy()[60:]):
        read_caddy(text)
        read_traefik(text)
