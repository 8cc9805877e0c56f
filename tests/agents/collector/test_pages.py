"""What a collector answers besides: its snippet, GPC's statement, health and metrics."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha384

from quietclicks.agents.collector.figures import OUTCOMES, TAKEN, Figures
from quietclicks.agents.collector.pages import Pages, snippet
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.collect.site import Sites
from quietclicks.pipeline.collect.view import Hit
from tests.agents.collector.tools import NAMES, POLICY, Outgoing
from tests.paths import ROOT
from tests.rows import each_row

LOCAL = {"host": "127.0.0.1:6068"}


def ask(
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    token: str | None = None,
    on_this_machine: bool = True,
    outgoing: Outgoing | None = None,
) -> Answer:
    is_full = (outgoing or Outgoing()).is_full
    pages = Pages(
        POLICY,
        Sites(POLICY),
        Figures(NAMES, lambda: 70_000),
        token=token,
        on_this_machine=on_this_machine,
        is_full=lambda: is_full,
    )
    return pages.answer(Hit(method=method, path=path, headers=headers or {}))


def test_the_statement_on_gpc_is_the_policys() -> None:
    answer = ask("/.well-known/gpc.json")
    assert json.loads(answer.body) == {"gpc": True, "lastUpdate": POLICY.revision}
    assert answer.headers["Content-Type"] == "application/json"


def test_the_snippet_is_kept_by_browsers_and_asked_for_anew() -> None:
    first = ask("/q.js")
    assert (first.status, first.body) == (200, snippet())
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = ask("/q.js", {"if-none-match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert len(b64encode(sha384(first.body).digest())) == 64


@each_row(
    ("path", "headers", "options", "status"),
    [
        ("/metrics", LOCAL, {}, 200),
        ("/metrics", {"host": "localhost:6068"}, {}, 200),
        ("/healthz", LOCAL, {}, 200),
        ("/healthz", {"host": "collector.internal"}, {"on_this_machine": False}, 200),
        # A proxy on this machine asks for everybody, and may put its own name for the host.
        ("/metrics", {**LOCAL, "x-forwarded-for": "198.51.100.7"}, {}, 404),
        ("/metrics", {**LOCAL, "forwarded": "for=198.51.100.7"}, {}, 404),
        ("/metrics", {**LOCAL, "via": "1.1 x"}, {}, 404),
        ("/healthz", {**LOCAL, "x-real-ip": "198.51.100.7"}, {}, 404),
        ("/metrics", {"host": "shop.example"}, {}, 404),
        ("/metrics", {"host": "evil.example"}, {}, 404),
        ("/metrics", {}, {}, 404),
        ("/metrics", LOCAL, {"on_this_machine": False}, 401),
        ("/metrics", LOCAL, {"token": "secret"}, 401),
        ("/metrics", {**LOCAL, "authorization": "Bearer other"}, {"token": "secret"}, 401),
        ("/metrics", {"authorization": "Bearer secret"}, {"token": "secret"}, 200),
        ("/nothing", {}, {}, 404),
        ("/", {}, {}, 404),
        ("/q.js", {}, {"method": "POST"}, 405),
        ("/opt-out", {}, {"method": "PUT"}, 405),
        ("/opt-out", {}, {"method": "HEAD"}, 200),
        ("/opt-out", {}, {"method": "POST"}, 403),
    ],
)
def test_who_may_ask_for_what(
    path: str, headers: dict[str, str], options: dict[str, bool | str], status: int
) -> None:
    assert ask(path, headers, **options).status == status  # type: ignore[arg-type]


def test_health_is_whether_there_is_room() -> None:
    full = Outgoing()
    full.is_full = True
    assert ask("/healthz", LOCAL, outgoing=full).status == 503
    assert json.loads(ask("/healthz", LOCAL).body)["state"] == "ok"


def test_metrics_name_formats_and_outcomes() -> None:
    text = ask("/metrics", LOCAL).body.decode()
    assert 'quietclicks_collected_total{format="snippet",outcome="taken"} 0.0' in text
    assert 'quietclicks_collected_total{format="plausible",outcome="over_the_rate"} 0.0' in text
    assert "quietclicks_collector_waiting_bytes 131072.0" in text


def test_every_outcome_is_explained() -> None:
    page = (ROOT / "docs" / "collector.md").read_text("utf-8")
    table = page.partition("| outcome |")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == set(OUTCOMES)


def test_page_views_are_rounded_and_other_requests_are_not() -> None:
    figures = Figures(["snippet"], lambda: 0)
    for _ in range(3):
        figures.count("snippet", "other_host")
        figures.count("snippet", TAKEN)
    text = figures.exposition()
    assert 'outcome="other_host"} 3.0' in text
    assert any(f'outcome="taken"}} {number}.0' in text for number in (0, 10, 20, 30))
