"""The live page's answers: its own files only, and 304 when unchanged."""

import re
from importlib.resources import files

import orjson
import pytest

from quietclicks.agents.web.page import FILES, WebPage
from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.schemas.summary import Summary


@pytest.fixture
def page() -> WebPage:
    return WebPage(LiveTrends(), {"k": 10})


@pytest.mark.parametrize("path", FILES)
def test_each_file_is_there_with_its_type(page: WebPage, path: str) -> None:
    answer = page.file(path)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == FILES[path][1]
    assert answer.body


@pytest.mark.parametrize("path", ["/page/../web_page.py", "/page/none.js", "page/main.js", ""])
def test_no_other_file_is_given(page: WebPage, path: str) -> None:
    with pytest.raises(KeyError):
        page.file(path)


@pytest.mark.parametrize("path", FILES)
def test_files_name_no_other_origin_and_set_no_markup(page: WebPage, path: str) -> None:
    text = page.file(path).body.decode()
    namespace = "http://www.w3.org/2000/svg"

    assert "//" not in re.sub(r"(?m)^\s*//.*$|\s// .*$", "", text.replace(namespace, ""))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.search(r"<[^>]+\s(on\w+|style)=", text)


def test_every_file_that_the_page_names_is_served(page: WebPage) -> None:
    html = page.file("/").body.decode()
    named = {f"/{path}" for path in re.findall(r'(?:href|src)="(page/[^"]+)"', html)}
    scripts = [path for path in FILES if path.endswith(".js")]
    imported = {
        f"/page/{name}"
        for path in scripts
        for name in re.findall(r'from "\./([^"]+)"', page.file(path).body.decode())
    }

    assert named <= FILES.keys()
    assert imported | {"/page/main.js"} == set(scripts), "each is used"
    assert set(scripts) <= named, "each is asked for at once, not after another"


def test_every_file_of_the_folder_is_served() -> None:
    folder = files("quietclicks.agents.web") / "static"
    assert {each.name for each in folder.iterdir()} == {name for name, _ in FILES.values()}


def test_trends_are_json_with_the_policys_numbers(page: WebPage) -> None:
    answer = page.trends({})

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert orjson.loads(answer.body)["meta"] == {"k": 10}


@pytest.mark.parametrize("kind", ["trends", "file"])
def test_what_is_known_already_is_not_sent_again(page: WebPage, kind: str) -> None:
    def ask(known: str | None) -> tuple[int, bytes, str]:
        answer = page.trends({}, known) if kind == "trends" else page.file("/", known)
        return answer.status, answer.body, answer.headers["ETag"]

    _, _, etag = ask(None)

    assert ask(etag) == (304, b"", etag)
    assert ask('"something else"')[0] == 200


def test_the_public_summary_goes_with_the_trends_where_there_is_one() -> None:
    told: list[Summary] = []
    page = WebPage(LiveTrends(), {}, lambda: told[-1] if told else None)
    without = page.trends({})
    assert orjson.loads(without.body)["protection"] is None
    told.append(Summary("2026-11-22", 10))
    known = without.headers["ETag"]
    assert orjson.loads(page.trends({}, known).body)["protection"]["policy"] == "2026-11-22"
