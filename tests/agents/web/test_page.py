"""The live page's answers: its own files only, and 304 when unchanged."""

import re
from importlib.resources import files

import pytest

from quietclicks.agents.web.page import FILES, WebPage


@pytest.fixture
def page() -> WebPage:
    return WebPage()


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


def test_what_is_known_already_is_not_sent_again(page: WebPage) -> None:
    etag = page.file("/").headers["ETag"]
    known = page.file("/", etag)
    assert (known.status, known.body, known.headers["ETag"]) == (304, b"", etag)
    assert page.file("/", '"something else"').status == 200
