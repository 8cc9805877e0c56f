"""CloudFront's standard log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.logs.cloudfront import CloudFront
from quietclicks.pipeline.logs.events import read_log
from quietclicks.pipeline.logs.request import Reading
from quietclicks.schemas.rejection import Reason
from tests.pipeline.logs.lines import FIREFOX, SITE, read, viewed

VALUES = {
    "date": "2026-10-17",
    "time": "10:00:00",
    "x-edge-location": "FRA56-P2",
    "sc-bytes": "741",
    "c-ip": "8.8.0.4",
    "cs-method": "GET",
    "cs(Host)": "d111111abcdef8.cloudfront.net",
    "cs-uri-stem": "/a",
    "sc-status": "200",
    "cs(Referer)": "https://a.example/",
    "cs(User-Agent)": FIREFOX.replace(" ", "%20"),
    "cs-uri-query": "-",
    "cs(Cookie)": "-",
    "x-edge-result-type": "Hit",
    "x-edge-request-id": "abc==",
    "x-host-header": "shop.example",
    "cs-protocol": "https",
    "cs-bytes": "23",
    "time-taken": "0.001",
    "x-forwarded-for": "-",
}
HEAD = b"#Fields: " + " ".join(VALUES).encode()


def line(**changed: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return "\t".join((VALUES | named).values()).encode()


def test_a_view() -> None:
    event = viewed(line(cs_uri_query="q=tea"), "cloudfront")
    assert event.url == "https://shop.example/a?q=tea"
    assert (event.ip, event.user_agent, event.referrer) == (
        *("8.8.0.4", FIREFOX, "https://a.example/"),
    )
    assert event.timestamp.isoformat() == "2026-10-17T10:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "value", "agent"),
    [("once", "a%20b/1%2B", "a b/1+"), ("twice", "a%2520b/1", "a b/1"), ("none", "-", None)],
)
def test_the_agent_is_percent_encoded(name: str, value: str, agent: str | None) -> None:
    assert viewed(line(**{"cs(User-Agent)": value}), "cloudfront").user_agent == agent


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"cs_method": "POST"}, Reason.NOT_A_PAGE),
        ({"sc_status": "403"}, Reason.NOT_A_PAGE),
        ({"sc_status": "000"}, Reason.NOT_A_PAGE),  # who went away
        ({"cs_uri_stem": "/a.png"}, Reason.NOT_A_PAGE),
        ({"sc_status": "-"}, Reason.UNREADABLE_LINE),
        ({"date": "17.10.2026"}, Reason.UNREADABLE_LINE),
        ({"time": "25:00:00"}, Reason.UNREADABLE_LINE),
    ],
)
def test_what_is_none(changed: dict[str, str], reason: Reason) -> None:
    assert read(line(**changed), "cloudfront") is reason


def test_a_forwarded_list() -> None:
    text = line(x_forwarded_for="9.9.9.9", c_ip="10.0.0.1")
    assert viewed(text, "cloudfront").ip == "10.0.0.1"
    trusted = TrustedProxies.of("10.0.0.0/8")
    assert viewed(text, "cloudfront", trusted=trusted).ip == "9.9.9.9"


def test_the_fields_line_says_where_what_is() -> None:
    order = sorted(VALUES)
    lines = [
        b"#Version: 1.0",
        b"#Fields: " + " ".join(order).encode(),
        "\t".join(VALUES[name] for name in order).encode(),
        HEAD,
        line(),
    ]
    values = list(read_log(lines, "cloudfront", Reading(SITE)))
    assert len(values) == 2
    assert all(b'"ip":"8.8.0.4"' in value for value in values)


def test_a_log_without_agents_makes_no_bots() -> None:
    names = [name for name in VALUES if name != "cs(User-Agent)"]
    lines = [
        b"#Fields: " + " ".join(names).encode(),
        "\t".join(VALUES[name] for name in names).encode(),
    ]
    (value,) = read_log(lines, "cloudfront", Reading(SITE))
    assert value == b'{"type":"unreadable_line"}'


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_exception(noise: bytes) -> None:
    for text in (noise, line()[:60] + noise + line()[60:], HEAD + noise):
        reader = CloudFront()
        reader(text)
        reader(line())
