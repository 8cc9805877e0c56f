"""Whose page a log line shows: a host that is none of the site's never counts as the site."""

import json

from quietclicks.pipeline.fields.url import pathname_of
from quietclicks.pipeline.logs.formats import Format
from quietclicks.pipeline.policy import SitePolicy, hosts_of
from quietclicks.pipeline.rejected import Rejected
from quietclicks.schemas.rejection import Reason
from tests.pipeline.logs.lines import SITE, viewed
from tests.rows import each_row

HOSTS = hosts_of(SITE, SitePolicy())
FORMATS: list[Format] = ["combined", "caddy", "traefik", "cloudfront"]


def logged(host: str, form: Format) -> bytes:
    if form == "combined":
        return (
            f"{host} 198.51.100.7 - - [17/Oct/2026:10:00:00 +0000]"
            ' "GET /page HTTP/1.1" 200 5 "-" "UA/1"'
        ).encode()
    if form == "cloudfront":
        columns = "2026-10-17 10:00:00 FRA 5 198.51.100.7 GET - /page 200 - UA/1 - - Hit i".split()
        return "\t".join([*columns, host, "https", "1", "1", "-"]).encode()
    caddy = {
        "ts": 1,
        "status": 200,
        "request": {
            "method": "GET",
            "uri": "/page",
            "host": host,
            "client_ip": "198.51.100.7",
            "headers": {"User-Agent": ["UA/1"]},
        },
    }
    traefik = {
        "RequestMethod": "GET",
        "RequestPath": "/page",
        "DownstreamStatus": 200,
        "RequestHost": host,
        "ClientHost": "198.51.100.7",
        "request_User-Agent": "UA/1",
        "time": "2026-10-17T10:00:00Z",
    }
    return json.dumps(caddy if form == "caddy" else traefik).encode()


def reason(host: str, form: Format) -> Reason | None:
    """Why it is no page of the site; `None` where it is one."""
    try:
        assert pathname_of(viewed(logged(host, form), form).url, HOSTS) == "/page"
    except Rejected as rejected:
        return rejected.reason
    return None


@each_row("form", FORMATS)
@each_row(
    "host",
    [
        *("localhost", "localhost:80", "192.0.2.99", "192.0.2.99:80", "192.0.2.99:8443", "staging"),
        *("my_evil.example.com", "[::1]", "[::1]:80", "[2001:db8::1]:443", "münchen.example"),
        *("evil.example", "evil.example:8080", "*.shop.example", "1", "0.003", ".", "xn--", "日本"),
        *("shop.example/x", "shop.example?", "shop.example#", "shop.example\\x", ":80", "["),
        *("evil.example@shop.example", "shop.example@", "shop.example:x", "shop.example%2Fx"),
        *(
            "/shop.example",
            "//shop.example",
            "@shop.example",
            ":@shop.example",
            "shop.example,x",
            "a:b:1",
        ),
    ],
)
def test_an_odd_host_is_not_the_sites(host: str, form: Format) -> None:
    assert reason(host, form) in (Reason.OTHER_HOST, Reason.INVALID)


@each_row("form", FORMATS)
@each_row(
    "host", ["-", "_", "*", "*:80", "shop.example", "WWW.Shop.Example.:443", "shop.example:8080"]
)
def test_its_own_and_what_says_nothing_are(host: str, form: Format) -> None:
    assert reason(host, form) is None
