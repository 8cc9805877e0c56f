"""The demo shop of a run: when it is opened, what it is told, and what is said of it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from quietclicks.commands.run import watched as looks
from quietclicks.commands.run.demo_begin import open_demo
from quietclicks.errors import Failure
from quietclicks.pipeline.policy import parse
from tests.kafka.world import policy_text

POLICY = parse(policy_text(), "policy.toml")
ELSEWHERE = parse(
    'revision = "2026-11-22"\nversion = 1\n[sites."a.example"]\n', "policy-minimal.toml"
)
RELEASED = 498_000  # hours since 1970


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/", "/healthz") else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests say nothing."""


class Run:
    """What `open_demo` is given: it opens what is asked for, or nothing."""

    def __init__(self, policy: Any, *, opens: bool = True) -> None:
        self.policy = policy
        self.screen = self.processes = self
        self.said: list[str] = []
        self.words: list[str] = []
        self.servers: list[HTTPServer] = []
        self._opens = opens

    async def released_until(self) -> int:
        return RELEASED

    def say(self, line: str) -> None:
        self.said.append(line)

    def begin_demo(self, *words: str) -> None:
        self.words = list(words)
        for port in map(int, words[:2]) if self._opens else ():
            self.servers.append(HTTPServer(("127.0.0.1", port), _Answer))
            threading.Thread(target=self.servers[-1].serve_forever, daemon=True).start()

    def check(self) -> None:
        if not self._opens:
            raise Failure("the demo shop ended: it said nothing")

    def close(self) -> None:
        for each in self.servers:
            each.shutdown()
            each.server_close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LOOK_SECONDS", 0.01)


def test_it_begins_at_the_hour_that_comes_next() -> None:
    run = Run(POLICY)
    try:
        open_demo(run, "http://127.0.0.1:6067/")  # type: ignore[arg-type]
    finally:
        run.close()
    shop, _, live_page, start = run.words
    assert live_page == "http://127.0.0.1:6067/"
    assert int(start) == (RELEASED + 1) * 3600
    [line] = run.said
    assert f"http://127.0.0.1:{shop}/" in line


def test_one_that_ends_at_once_ends_the_run() -> None:
    with pytest.raises(Failure, match="the demo shop ended"):
        open_demo(Run(POLICY, opens=False), "http://127.0.0.1:6067/")  # type: ignore[arg-type]


def test_none_where_its_site_is_not_in_the_policy() -> None:
    run = Run(ELSEWHERE)
    open_demo(run, "http://127.0.0.1:6067/")  # type: ignore[arg-type]
    assert run.words == []
    assert run.said == ["No demo shop: shop.example is not in the policy."]
