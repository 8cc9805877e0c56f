"""Exports over the API: the same numbers in each format, whole, and under a harmless name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web import exports
from quietclicks.agents.web.api import PREFIX, Api
from quietclicks.agents.web.exchange import Answer, Request
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.pipeline.policy import parse
from tests.dashboard_tools import LAST, POLICY, SITE, closing, filled, made_up

SPAN = {"site": SITE, "from": "2026-11-20", "to": "2026-11-27"}
LIST = {**SPAN, "what": "list", "dimension": "page"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("it's a store")


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Store]:
    with closing(filled(folder, made_up(days=20))) as store:
        yield store


@pytest.fixture
def api(store: Store) -> Api:
    return Api(store, parse(POLICY, "policy"))


def ask(api: Api, **query: str) -> Answer:
    return api.answer(Request("GET", PREFIX + "export", query, {}))


def told(api: Api, path: str, **query: str) -> Any:
    return orjson.loads(api.answer(Request("GET", PREFIX + path, query, {})).body)


@pytest.mark.parametrize("what", [LIST, SPAN])
def test_each_format_has_the_same_rows(api: Api, what: dict[str, str], tmp_path: Path) -> None:
    rows = orjson.loads(ask(api, **what, format="json").body)
    (tmp_path / "x.csv").write_bytes(ask(api, **what, format="csv").body)
    (tmp_path / "x.parquet").write_bytes(ask(api, **what, format="parquet").body)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        of_csv = connection.execute("FROM read_csv(?)", [str(tmp_path / "x.csv")]).fetchall()
        parquet = str(tmp_path / "x.parquet")
        of_parquet = connection.execute("FROM read_parquet(?)", [parquet]).fetchall()
    assert of_csv == of_parquet
    assert len(of_parquet) == len(rows) > 7
    views = [row["views"] for row in rows]
    names = list(rows[0])
    assert [row[names.index("views")] for row in of_parquet] == views


def test_a_list_is_whole_and_adds_up(api: Api) -> None:
    rows = orjson.loads(ask(api, **LIST, format="json").body)
    shown = told(api, "list", **SPAN, dimension="page", size="500")
    assert len(rows) == shown["values"] + 1
    assert rows[-1]["value"] == "(other)"
    assert sum(row["views"] for row in rows) == shown["views"]


def test_a_series_is_what_the_page_shows(api: Api) -> None:
    rows = orjson.loads(ask(api, **SPAN, format="json", by="day").body)
    assert rows == told(api, "trends", **SPAN, by="day")["series"]


def test_nothing_is_left_of_a_file_that_was_written(api: Api, folder: Path) -> None:
    assert ask(api, **LIST, format="parquet").body[:4] == b"PAR1"
    assert list((folder / "exports").iterdir()) == []


def test_what_is_too_long_for_a_file_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 10)
    answer = ask(api, **LIST)
    assert (answer.status, b"at most" in answer.body) == (400, True)
    assert ask(api, **{**LIST, "search": "/products/1", "format": "csv"}).status == 400
    assert ask(api, **{**LIST, "search": "/sale"}).status == 200


def test_its_name_says_what_it_is(api: Api) -> None:
    headers = ask(api, **LIST, format="csv").headers
    name = 'attachment; filename="shop.example-page-2026-11-20-2026-11-27.csv"'
    assert headers["Content-Disposition"] == name
    assert headers["Content-Type"] == "text/csv; charset=utf-8"


def test_a_name_of_a_hostile_record_does_no_harm(tmp_path: Path) -> None:
    site = 'a"\r\nSet-Cookie: x.example'
    hour = (LAST.toordinal() - 719_163) * 24
    entries: dict[Key, Numbers | None] = {Key(site, True, hour, "total", ""): Numbers(10, 10, True)}
    with closing(filled(tmp_path, entries)) as store:
        answer = ask(Api(store, parse(POLICY, "policy")), site=site)
    assert answer.status == 200
    name = "a___Set-Cookie__x.example-views-by-day-2026-11-27-2026-11-27.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
