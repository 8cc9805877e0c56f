"""The JSON API over a made-up year, as a browser asks it: what it answers, and what it refuses."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.api import PREFIX, Api
from quietclicks.agents.web.exchange import Request
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.trend import Dimension
from tests.dashboard_tools import POLICY, SITE, SUMMARY, closing, filled, made_up
from tests.rows import each_row

SPAN = {"site": SITE, "from": "2026-11-01", "to": "2026-11-26"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(filled(tmp_path_factory.mktemp("store"), made_up(days=80))) as store:
        yield store


@pytest.fixture
def api(store: Store) -> Api:
    return Api(store, parse(POLICY, "policy"), lambda: SUMMARY)


def ask(api: Api, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    answer = api.answer(Request("GET", PREFIX + path, query, {}))
    return answer.status, orjson.loads(answer.body)


def told(api: Api, path: str, **query: str) -> dict[str, Any]:
    status, body = ask(api, path, **query)
    assert status == 200, body
    return body


def test_sites_are_told_without_their_streams(api: Api, store: Store) -> None:
    found = told(api, "sites")
    assert found["sites"] == [{"name": SITE, "first": "2026-09-09", "last": "2026-11-27"}]
    assert found["policy"] == {"revision": "2026-11-22", "k": 10, "k_dimension": {"search": 20}}
    assert found["records"] == len(made_up(days=80))
    assert found["reading"] is False


def test_without_a_site_and_a_span_it_is_the_newest_day(api: Api) -> None:
    found = told(api, "trends", by="hour")
    assert (found["site"], found["from"], found["to"]) == (SITE, "2026-11-27", "2026-11-27")
    assert {point["state"] for point in found["series"]} == {"released", "nothing", "open"}
    assert found["totals"]["visitors"] is None
    assert all(each["from"] == "hours" for each in found["lists"])
    assert all(row["at_least"] for each in found["lists"] for row in each["rows"])
    assert "search" not in {each["dimension"] for each in found["lists"]}


def test_views_add_up_and_visitors_do_not(api: Api) -> None:
    found = told(api, "trends", **SPAN, compare="previous")
    views = found["totals"]["views"]
    assert views == sum(point["views"] for point in found["series"])
    assert found["totals"]["visitors"] is None
    assert found["before"]["to"] == "2026-10-31"
    assert len(found["lists"]) == len(Dimension) - 1
    for each in found["lists"]:
        assert each["views"] == views
        rest = sum(part["views"] for part in (each["none"], each["other"], each["more"]) if part)
        assert sum(row["views"] for row in each["rows"]) + rest == views
        assert all(row["visitors"] is None for row in each["rows"])
        assert all(row["views"] <= row["at_most"] for row in each["rows"])
        assert all(row["at_least"] == (row["views"] < row["at_most"]) for row in each["rows"])


def test_of_one_day_visitors_are_told(api: Api) -> None:
    found = told(api, "trends", **{**SPAN, "from": "2026-11-26"})
    assert found["totals"]["visitors"] == found["series"][0]["visitors"] > 0
    assert all(row["visitors"] >= 10 for each in found["lists"] for row in each["rows"])


def test_the_pages_of_a_list_are_all_of_it(api: Api) -> None:
    first = told(api, "list", **SPAN, dimension="page", size="20")
    pages = [
        told(api, "list", **SPAN, dimension="page", size="20", page=str(page + 1))
        for page in range(first["pages"])
    ]
    rows = [row for page in pages for row in page["rows"]]
    assert len(rows) == len({row["value"] for row in rows}) == first["found"] == first["values"]
    assert rows == sorted(rows, key=lambda row: (-row["views"], row["value"]))
    one = told(api, "list", **SPAN, dimension="page", page="99")
    assert (one["rows"], one["found"]) == ([], first["found"])


@each_row("text, found", [("Bout", 1), ("ABOUT", 1), ("PRODUCTS/", 90), ("%", 0), ("' OR ''='", 0)])
def test_a_search_is_for_a_part_of_the_text(api: Api, text: str, found: int) -> None:
    # Values under the threshold on every day are in no list.
    of = told(api, "list", **SPAN, dimension="page", search=text, size="500")
    assert of["found"] == len(of["rows"]) <= found
    assert of["found"] > 0 or found == 0
    assert of["values"] > 80


def test_privacy_tells_the_summary_and_who_is_not_counted(api: Api) -> None:
    found = told(api, "privacy", **SPAN)
    assert found["summary"]["last_audit"]["outcome"] == "held"
    out = found["uncounted"]["opted_out"]
    assert sum(row["views"] for row in out["choices"]["rows"]) == out["views"] > 0
    assert found["uncounted"]["bots"]["views"] > 0


REFUSED = [
    ("trends", {"site": "other.example"}, 404),
    ("trends", {"site": f"{SITE} (bots)"}, 404),
    ("trends", {"from": "2026-11-01"}, 400),
    ("trends", {"from": "2026-11-02", "to": "2026-11-01"}, 400),
    ("trends", {"from": "1999-01-01", "to": "2026-11-01"}, 400),
    ("trends", {"from": "20261101", "to": "20261102"}, 400),
    ("trends", {"from": "2026-02-30", "to": "2026-03-01"}, 400),
    ("trends", {"by": "week"}, 400),
    ("trends", {"by": "hour", "from": "2026-01-01", "to": "2026-11-01"}, 400),
    ("trends", {"compare": "next"}, 400),
    ("list", {}, 400),
    ("list", {"dimension": "total"}, 400),
    ("list", {"dimension": "visitor"}, 400),
    ("list", {"dimension": "page", "page": "0"}, 400),
    ("list", {"dimension": "page", "page": "1e3"}, 400),
    ("list", {"dimension": "page", "size": "501"}, 400),
    ("list", {"dimension": "page", "search": "x" * 201}, 400),
    ("lists", {}, 404),
    ("", {}, 404),
]


@each_row("path, query, status", REFUSED)
def test_what_cannot_be_answered_is_refused_in_a_line(
    api: Api, path: str, query: dict[str, str], status: int
) -> None:
    got, body = ask(api, path, **query)
    assert got == status
    assert body.keys() == {"error"}
    assert "\n" not in body["error"]


def test_before_there_is_anything_it_says_so(tmp_path: Any) -> None:
    with closing(filled(tmp_path, {})) as store:
        api = Api(store, parse(POLICY, "policy"))
        assert told(api, "sites")["sites"] == []
        assert ask(api, "trends")[0] == 404


@each_row("span", [("1970-01-01", "1979-12-31"), ("9998-12-01", "9998-12-31")])
def test_the_first_and_the_last_days_that_may_be_asked_for_are_answered(
    api: Api, span: tuple[str, str]
) -> None:
    asked = {"site": SITE, "from": span[0], "to": span[1], "by": "month", "compare": "previous"}
    found = told(api, "trends", **asked)
    assert (found["from"], found["to"], found["totals"]["views"]) == (*span, 0)
    assert {point["views"] for point in found["series"]} == {None}
