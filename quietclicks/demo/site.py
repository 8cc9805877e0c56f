"""The demo shop's pages: HTML for a path. A page that the crowd visits, or one that it does not.

Nothing in it is a secret: that a page is seen by few is what hides it.
"""

from html import escape
from typing import NamedTuple


class Page(NamedTuple):
    """What it is called, and what stands on it."""

    title: str
    text: str


HOME = "/"
SEARCH = "/search"
ALONE = "/drafts/only-you"
"""The page that only whoever tries the demo visits."""

PAGES = {
    HOME: Page("Everything for outside", "Bikes, tents and lamps, from people who use them."),
    "/category/bikes": Page("Bikes", "For town, gravel and the school run."),
    "/category/tents": Page("Tents", "One to six people, three seasons or four."),
    "/category/lamps": Page("Lamps", "For the handlebar, the head and the table."),
    "/products/1007": Page("Town bike Ada", "Eight gears, a basket, and a bell that is heard."),
    "/products/1014": Page("Tent Two", "Two people, two doors, 2.1 kg."),
    "/products/1021": Page("Head torch", "Red light for maps, white light for paths."),
    "/products/1028": Page("Camping lamp", "Warm light, forty hours."),
    "/help/returns": Page("Returns", "Thirty days, no questions."),
    "/blog/packing-list": Page("A packing list", "What we take, and what we left at home."),
}
"""The pages that the crowd visits."""

ONLY_YOU = Page(
    "A page that nobody else visits",
    "Of this one the live page will not tell: fewer than ten people see it, so it is in (other).",
)


def html_of(path: str, term: str, collector: str, live_page: str) -> str | None:
    """The page at a path; None where there is none. `collector` and `live_page` are addresses."""
    page = _page(path, term)
    if page is None:
        return None
    links = "".join(
        f'<li><a href="{escape(each)}">{escape(shown.title)}</a></li>'
        for each, shown in PAGES.items()
    )
    return _HTML.format(
        title=escape(page.title),
        text=escape(page.text),
        links=links,
        alone=ALONE,
        search=SEARCH,
        collector=escape(collector),
        live_page=escape(live_page),
    )


def _page(path: str, term: str) -> Page | None:
    if path == SEARCH:
        return Page(f"Found for “{term}”" if term else "Search", "Three things, all of them good.")
    return ONLY_YOU if path == ALONE else PAGES.get(path)


_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Demo shop</title>
<link rel="stylesheet" href="/page/shop.css">
<script src="/page/shop.js" data-live-page="{live_page}"></script>
<script src="{collector}q.js" defer></script>
</head>
<body>
<header><a class="name" href="/">Demo shop</a>
<form action="{search}" role="search">
<label class="unseen" for="q">Search</label>
<input id="q" name="q" type="search" placeholder="Search the shop">
<button>Search</button></form></header>
<main><h1>{title}</h1><p>{text}</p>
<nav aria-label="Pages"><ul>{links}</ul></nav>
<p><a href="{alone}">A page that nobody else visits</a></p></main>
<aside aria-label="What this demo shows">
<h2>You are one of a crowd</h2>
<p id="choice"><span id="choice-said">May this shop count your visit?</span>
<button id="agree" type="button">Yes</button> <button id="refuse" type="button">No</button></p>
<p>A made-up crowd browses with you. The demo's clock lies in the past and runs sixty times as
fast until it has reached the present: it is <strong id="clock">…</strong>.</p>
<p id="closes" role="status">…</p>
<p>Then look at <a id="live" href="{live_page}">the live page</a>: this page is there because ten
others saw it, too. A page that only you saw is not.</p>
<p><a href="{collector}opt-out">Never count me</a></p>
</aside>
</body>
</html>
"""
