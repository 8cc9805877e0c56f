"""nginx and Apache with deploy/logs/: what they write are raw events, whatever they are sent."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quietclicks.embedded.ports import free_port
from quietclicks.schemas.raw import ExactConsent
from tests.agents.follow.followed import FIREFOX
from tests.servers.served import BROWSER, CHOSEN, HOST, Server, events, installed, running, shipped

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/shipped.conf;
    server {{
        listen 127.0.0.1:{port};
        server_name shop.example;
        location / {{ return 200 "a page"; }}
        location /missing {{ return 404; }}
    }}
}}
"""
APACHE = """\
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so
LoadModule unique_id_module /usr/lib/apache2/modules/mod_unique_id.so
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog /dev/stderr
User nobody
Group nogroup
Listen 127.0.0.1:{port}
ServerName shop.example
Include {folder}/shipped.conf
AllowEncodedSlashes On
RewriteEngine On
RewriteRule "^/missing" "-" [R=404,L]
RewriteRule "^/" "-" [R=200,L]
"""

Start = Callable[[Path], AbstractContextManager[Server]]


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    program, port, log = installed("nginx"), free_port(), folder / "raw.ndjson"
    (folder / "shipped.conf").write_text(
        shipped("nginx.conf", {"/var/log/nginx/raw.ndjson": log}), "utf-8"
    )
    main = folder / "nginx.conf"
    main.write_text(NGINX.format(folder=folder, port=port), "utf-8")
    with running([program, "-p", folder, "-c", main], log, port) as server:
        yield server


@contextmanager
def apache(folder: Path) -> Iterator[Server]:
    program, port, log = installed("apache2"), free_port(), folder / "raw.ndjson"
    (folder / "shipped.conf").write_text(
        shipped("apache.conf", {"/var/log/apache2/raw.ndjson": log}), "utf-8"
    )
    main = folder / "apache.conf"
    main.write_text(APACHE.format(folder=folder, port=port), "utf-8")
    command: list[str | Path] = [program, "-d", folder, "-f", main, "-DFOREGROUND"]
    with running(command, log, port, end=signal.SIGWINCH) as server:
        yield server


@pytest.fixture(params=[nginx, apache], ids=lambda start: start.__name__)
def start(request: pytest.FixtureRequest) -> Start:
    """Each server."""
    found: Start = request.param
    return found


def test_a_page_view_is_a_raw_event_with_all_that_was_sent(start: Start, tmp_path: Path) -> None:
    sent = {
        **BROWSER,
        **CHOSEN,
        "Referer": "https://search.example/?q=tea",
        "Sec-CH-UA": '"Chromium";v="156"',
        "Sec-CH-UA-Mobile": "?0",
        "Sec-CH-UA-Platform": '"Linux"',
        "Sec-Purpose": "prefetch",
        "DNT": "1",
        "Sec-GPC": "1",
    }
    with start(tmp_path) as server:
        assert server.ask("/caf%C3%A9/a%2Fb?q=green%20tea&r=%22", sent) == 200
    [event] = events(server)
    assert len(event.event_id) <= 64
    assert abs(event.timestamp - datetime.now(UTC)) < timedelta(minutes=5)
    scheme, _, rest = event.url.partition("://")
    assert scheme in {"http", "https"}
    assert rest == "shop.example/caf%C3%A9/a%2Fb?q=green%20tea&r=%22"
    assert (event.site, event.ip, event.user_agent) == (HOST, "127.0.0.1", FIREFOX)
    assert event.accept_language == "de,en;q=0.8"
    assert event.referrer == "https://search.example/?q=tea"
    assert (event.sec_ch_ua, event.sec_ch_ua_mobile) == ('"Chromium";v="156"', "?0")
    assert (event.sec_ch_ua_platform, event.purpose) == ('"Linux"', "prefetch")
    assert (event.dnt, event.gpc, event.consent) == ("1", "1", ExactConsent(True))


def test_what_was_not_sent_is_empty_and_no_objection(start: Start, tmp_path: Path) -> None:
    with start(tmp_path) as server:
        server.ask("/1", {})
        server.ask("/2", BROWSER)
    bare, browser = events(server)
    for event in (bare, browser):
        sent = (event.dnt, event.gpc, event.referrer, event.purpose, event.sec_ch_ua)
        assert sent == ("", "", "", "", "")
        assert event.consent == ExactConsent(None)
    assert bare.user_agent == ""
    assert bare.event_id != browser.event_id


@pytest.mark.parametrize(
    ("cookie", "analytics"),
    [
        ("consent=yes", True),
        ("a=b; consent=no; c=d", False),
        ("consent=yes; consent=no", False),
        ("consent=no; consent=yes", False),
        ("consent=yesterday", None),
        ("noconsent=yes", None),
        ("consent=", None),
    ],
)
def test_a_choice_is_read_of_the_cookie(
    start: Start, tmp_path: Path, cookie: str, analytics: bool | None
) -> None:
    with start(tmp_path) as server:
        server.ask("/", {**BROWSER, "Cookie": cookie})
    assert [each.consent for each in events(server)] == [ExactConsent(analytics)]


def test_only_page_views_are_written(start: Start, tmp_path: Path) -> None:
    with start(tmp_path) as server:
        for target in ("/style.css", "/a/B.PNG", "/font.woff2", "/robots.txt", "/x.css?v=2"):
            assert server.ask(target) == 200
        assert server.ask("/missing") == 404
        server.ask("/", method="POST")
        server.ask("/", method="HEAD")
        server.ask("/css")
    assert [each.url.partition("//")[2] for each in events(server)] == [f"{HOST}/css"]
    assert len(server.follower.topic.values) == 1, "and nothing that is rejected"


def test_no_header_writes_a_field_of_its_own(start: Start, tmp_path: Path) -> None:
    agents = ['a","site":"other.example', "a\\", 'a\\"', "a\tb", "{}", "%{HOST}i $host ${host}"]
    with start(tmp_path) as server:
        for number, agent in enumerate(agents):
            server.ask(
                f"/{number}", {**BROWSER, "User-Agent": agent, "Referer": agent, "Sec-GPC": agent}
            )
    found = events(server)
    assert [each.user_agent for each in found] == agents
    assert [each.gpc for each in found] == agents
    assert {each.site for each in found} == {HOST}


def test_bytes_that_are_no_text_break_no_other_line(start: Start, tmp_path: Path) -> None:
    with start(tmp_path) as server:
        server.ask("/1")
        server.ask("/2", {**BROWSER, "User-Agent": "caf\xe9 \xff\x80"})
        server.ask("/3")
    assert len(server.follower.topic.values) == 3
    pages = [each.url[-2:] for each in events(server)]
    assert [page for page in pages if page != "/2"] == ["/1", "/3"]


def test_logrotate_rotates_it_and_keeps_one(tmp_path: Path) -> None:
    """With its own signal in the place of Debian's, which is for the service."""
    program = installed("logrotate")
    pages = [f"/page-{number}" for number in range(4)]
    with nginx(tmp_path) as server:
        log = server.follower.log
        older = log.with_name(f"{log.name}.1")
        text = shipped("logrotate.conf", {})
        for written, here in (
            ("/var/log/nginx/raw.ndjson {", f"{log} {{"),
            ("invoke-rc.d nginx rotate", f"kill -USR1 $(cat {tmp_path}/nginx.pid)"),
            ("create 0640 www-data adm", "create 0640"),
        ):
            assert text.count(written) == 1
            text = text.replace(written, here)
        rules = tmp_path / "logrotate.conf"
        rules.write_text(text, "utf-8")
        rules.chmod(0o600)
        for page in pages:
            server.ask(page)
            while not any(page.encode() in each.read_bytes() for each in tmp_path.glob("raw*")):
                continue  # it writes a line once it has answered
            server.follower.look()
            subprocess.run([program, "-f", "-s", tmp_path / "rotated", rules], check=True)
        server.follower.catch_up()
    assert [each.url[-7:] for each in events(server)] == pages
    assert {*tmp_path.glob("raw*")} == {log, older}
    assert len(server.follower.said) == 1, "that the log was waited for"


@pytest.mark.parametrize("is_copied", [False, True], ids=["renamed", "copied"])
def test_a_server_goes_on_while_its_log_is_rotated(tmp_path: Path, is_copied: bool) -> None:
    with nginx(tmp_path) as server:
        log = server.follower.log
        older = log.with_name("raw.ndjson.1")
        server.ask("/1")
        while not server.follower.step():
            continue  # it writes a line once it has answered
        server.ask("/2")
        if is_copied:
            while b"/2" not in log.read_bytes():
                continue
            shutil.copyfile(log, older)
            os.truncate(log, 0)
        else:
            log.rename(older)
            server.ask("/3")
            server.send_signal(signal.SIGUSR1)
            while not log.exists():
                server.ask("/style.css")
        server.ask("/4")
        server.follower.catch_up()
    pages = [each.url[-2:] for each in events(server)]
    assert pages == (["/1", "/2", "/4"] if is_copied else ["/1", "/2", "/3", "/4"])
    assert len(server.follower.said) == 1, "that the log was waited for"
