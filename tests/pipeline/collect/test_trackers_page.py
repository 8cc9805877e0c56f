"""docs/trackers.md says of every name in a request whether it is taken, and it is so."""

import re
from collections.abc import Callable

from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.matomo import EVENTS, MAX_PARTS
from quietclicks.pipeline.collect.view import Cookies, Hit, Ignored, View
from tests.paths import ROOT
from tests.pipeline.collect.test_formats import found, goatcounter, matomo, plausible, umami
from tests.rows import each_row

PAGE = (ROOT / "docs" / "trackers.md").read_text("utf-8")
CANARY = "canary-7"


def table() -> dict[str, list[set[str]]]:
    """Of each format the names in each column."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines()]
    return {
        row[0]: [set(re.findall(r"`([^`]+)`", cell)) for cell in row[1:]]
        for row in rows
        if row[0] in MADE and len(row) == 5
    }


MADE: dict[str, Callable[..., Hit]] = {
    "Plausible": plausible,
    "Matomo": matomo,
    "Umami": umami,
    "GoatCounter": lambda **said: goatcounter(**{"p": "/shoes", **said}),
}
TABLE = table()


@each_row(
    ("format", "name"),
    [(format, name) for format, cells in TABLE.items() for name in sorted(cells[3])],
)
def test_what_is_ignored_changes_nothing(format: str, name: str) -> None:
    plain = found(MADE[format]())
    assert [type(each) for each in plain] == [View]
    assert found(MADE[format](**{name: CANARY})) == plain


def test_what_says_that_it_is_no_page_view_is_listed() -> None:
    assert TABLE["Matomo"][2] == EVENTS
    for format, said in [("Plausible", {"n": "x"}), ("Umami", {"name": "x"})]:
        assert found(MADE[format](**said)) == [Ignored.OTHER_EVENT]
        assert said.keys() <= TABLE[format][2]


# Of each format: what makes a difference by itself, and what test_formats.py has beside.
TAKEN: dict[str, tuple[list[str], set[str]]] = {
    "Plausible": (["n", "u", "r", "v"], set()),
    "Matomo": (["rec", "url", "urlref", "search"], {"requests"}),
    "Umami": (["url", "referrer", "name"], {"type", "payload", "hostname"}),
    "GoatCounter": (["p", "q", "r", "b"], {"rnd"}),
}


@each_row(("format", "taken"), [(format, each[0]) for format, each in TAKEN.items()])
def test_what_is_taken_makes_a_difference(format: str, taken: list[str]) -> None:
    plain = found(MADE[format]())
    for name in taken:
        assert found(MADE[format](**{name: CANARY})) != plain, name
    assert {*taken} | TAKEN[format][1] == TABLE[format][1]


def test_the_bound_is_the_one_in_the_code() -> None:
    assert f"the first {MAX_PARTS} parts are read" in PAGE


COOKIES = {
    Cookies.SENT: ("yes", "yes"),
    Cookies.ON_THE_PAGES_HOST: ("yes", "**no**"),
    Cookies.LEFT_OUT: ("**no**", "**no**"),
}


def test_which_trackers_bring_cookies_is_as_the_code_has_it() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines()]
    said = {
        name.lower().removeprefix("the "): (own, other)
        for names, own, other in (
            row for row in rows if len(row) == 3 and row[1] in ("yes", "**no**")
        )
        for name in names.split(", ")
    }
    assert said == {
        each.name: COOKIES[each.cookies] for each in FORMATS.values() if each.name != "picture"
    }
