"""Caddy with deploy/logs/clickstream.caddy: its own log, followed as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quietclicks.embedded.ports import free_port
from tests.agents.follow.followed import FIREFOX
from tests.servers.served import BROWSER, Server, events, installed, running, shipped

CADDY = """\
{{
    admin off
}}
import {folder}/shipped.caddy
http://shop.example:{port} {{
    bind 127.0.0.1
    import clickstream
    respond /missing 404
    respond "a page"
}}
"""


@contextmanager
def caddy(folder: Path) -> Iterator[Server]:
    program, port, log = installed("caddy"), free_port(), folder / "clickstream.log"
    (folder / "shipped.caddy").write_text(
        shipped("clickstream.caddy", {"/var/log/caddy/clickstream.log": log}), "utf-8"
    )
    main = folder / "Caddyfile"
    main.write_text(CADDY.format(folder=folder, port=port), "utf-8")
    with running([program, "run", "--config", main], log, port) as server:
        yield server


def test_its_log_is_followed_with_objections_and_without_choices(tmp_path: Path) -> None:
    with caddy(tmp_path) as server:
        # It tells sites' logs by the whole of this header.
        browser = {**BROWSER, "Host": f"shop.example:{server.port}"}
        server.ask("/caf%C3%A9?q=tea", {**browser, "Sec-GPC": "1", "Cookie": "consent=yes"})
        server.ask("/style.css", browser)
        server.ask("/missing", browser)
        server.ask("/tea", {**browser, "Referer": "https://search.example/", "DNT": "1"})
    first, second = events(server)
    assert first.url == "http://shop.example/caf%C3%A9?q=tea"
    assert (first.ip, first.user_agent, first.gpc) == ("127.0.0.1", FIREFOX, "1")
    assert first.consent is None
    assert (second.referrer, second.dnt) == ("https://search.example/", "1")
    assert len(server.follower.topic.values) == 4, "the others are no page views"
