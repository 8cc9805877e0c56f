"""Assets are told by their names, however these are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.asset import is_asset
from tests.rows import each_row

ASSETS = """
/style.css /js/app.min.js /m.mjs /app.js.map /img/a.PNG /a.jpeg /b.webp /i.svg /fonts/x.woff2
/font.ttf /robots.txt /favicon.ico /favicon.svg /apple-touch-icon.png /sitemap.xml
/sitemap_index.xml.gz /feed /feed/ /blog/feed/ /index.rdf /atom.xml /news.rss /site.webmanifest
/manifest.json /.well-known/security.txt /ads.txt /v.mp4 /a/b.tar.gz /x.zip /x.css;v=2
/x%2Ecss /x%252Ejs /x.JS%00 /app.wasm /cdn-cgi/trace /x.css?v=3
""".split()
PAGES = """
/ /index.html /products/1042 /about.php /feed/dog-food /feeding /css /style.css/overview /a.pdf
/notes.txt /v1.2 /wiki/Node.js-basics /blog/robots.txt-explained /.css-tricks-review /page.aspx
""".split()


@each_row("path", ASSETS)
def test_an_asset(path: str) -> None:
    assert is_asset(path.replace("%00", ""))


@pytest.mark.parametrize("path", PAGES)
def test_a_page(path: str) -> None:
    assert not is_asset(path)


LONG = ["a" * 2100, "%C3%A9" * 700, "ﷺ" * 200, "%25" * 900, "a;b" * 800, "b/" * 1100, "ё" * 70_000]


@pytest.mark.parametrize("start", LONG, ids=range(len(LONG)))
def test_what_is_too_long_to_be_read_is_told_by_its_end(start: str) -> None:
    for end in ("/x.png", "/a.css/", "/feed", "/x.js;v=" + "1" * 99):
        assert is_asset("/thumb/" + start + end)
    for end in ("", "/page", "/x.png/page"):
        assert not is_asset("/thumb/" + start + end)


def test_a_long_name_ends_as_assets_do() -> None:
    for name in ("a" * 2100, "%C3%A9" * 700, "&" * 2100):
        assert is_asset(f"/thumb/{name}.png")
        assert is_asset(f"/thumb/{name}%2Ejpeg/")
        assert not is_asset(f"/thumb/{name}.html")


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_an_answer(path: str) -> None:
    assert is_asset(path) in (True, False)
    assert is_asset(path.replace("?", "").replace("%", "").replace(";", "") + "/x.css")
