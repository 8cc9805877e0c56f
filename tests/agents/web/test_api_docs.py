"""docs/api.md: what it shows of a question's answer is what the API answers, field by field."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.api import Api
from quietclicks.agents.web.exchange import Answer, Request
from quietclicks.pipeline.policy import parse
from tests.dashboard_tools import POLICY, SUMMARY, closing, filled
from tests.paths import ROOT
from tests.rows import each_row

TEXT = (ROOT / "docs" / "api.md").read_text("utf-8")
ASKED = re.findall(r"^    curl (?:-OJ )?'([^']+)'$", TEXT, re.M)
SHOWN = re.findall(r"curl '([^']+)'\n(?:(?!\n    curl).)*?```json\n(.+?)```", TEXT, re.S)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    def made(store: Store) -> Api:
        return Api(store, parse(POLICY, "policy"), lambda: SUMMARY)

    with closing(filled(tmp_path_factory.mktemp("store"))) as store:
        yield made(store)


def ask(api: Api, url: str) -> Answer:
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("http", "localhost:6067")
    return api.answer(Request("GET", parts.path, dict(parse_qsl(parts.query)), {}))


def differences(shown: Any, answered: Any, where: str = "") -> Iterator[str]:
    """Fields that only one of them has, or that are of another kind; null fits everything."""
    if shown is None or answered is None:
        return
    if isinstance(shown, dict) and isinstance(answered, dict):
        if where.endswith("choices"):  # a list as those above it
            return
        if not where.endswith("k_dimension"):
            yield from (f"{where}.{name}" for name in shown.keys() ^ answered.keys())
        for name in shown.keys() & answered.keys():
            yield from differences(shown[name], answered[name], f"{where}.{name}")
    elif isinstance(shown, list) and isinstance(answered, list):
        if shown and answered:
            yield from differences(shown[0], answered[0], f"{where}[]")
    elif type(shown) is not type(answered):
        yield f"{where}: {type(answered).__name__}"


def test_each_question_is_shown() -> None:
    paths = {urlsplit(url).path for url in ASKED}
    names = ("sites", "trends", "list", "privacy", "export")
    assert paths == {f"/api/v1/{name}" for name in names}
    assert len(SHOWN) == 4


@each_row("url", ASKED)
def test_each_question_is_answered(api: Api, url: str) -> None:
    answer = ask(api, url)
    assert answer.status == 200
    assert answer.body


@each_row("url, shown", SHOWN)
def test_what_is_shown_is_what_is_answered(api: Api, url: str, shown: str) -> None:
    assert list(differences(orjson.loads(shown), orjson.loads(ask(api, url).body))) == []


def test_numbers_that_are_shown_are_those_of_the_made_up_site(api: Api) -> None:
    url, shown = SHOWN[1]
    answered, expected = orjson.loads(ask(api, url).body), orjson.loads(shown)
    assert answered["totals"] == expected["totals"]
    assert answered["before"] == expected["before"]
    for name in ("series", "before_series"):
        assert answered[name][0] == expected[name][0]
    first, here = answered["lists"][0], expected["lists"][0]
    assert {**first, "rows": first["rows"][:1]} == here
    assert orjson.loads(ask(api, SHOWN[0][0]).body) == orjson.loads(SHOWN[0][1])
