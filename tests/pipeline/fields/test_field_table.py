"""The field table is whole, and what needs a list of fields follows it: the pages, and all code."""

import re
from typing import Any

import pytest

from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.visitor import Place, Visitor
from quietclicks.pipeline.consent.rules import Decision
from quietclicks.pipeline.counting.cells import DIMENSIONS
from quietclicks.pipeline.fields import BREAKDOWNS, EVENT_COLUMNS, FIELDS, SAID
from quietclicks.pipeline.fields.browser import Client
from quietclicks.pipeline.fields.page import Page
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import ALWAYS, LISTABLE, Browser, Pseudonymised, Source
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.trend import SEARCH_PAGES, Dimension
from quietclicks.schemas.wording import WORDINGS
from tests.paths import ROOT

MADE_AT_THE_EXIT = {*ALWAYS}
NOT_THE_BROWSERS = {"event_id", "site"}  # the collector's own
ANALYSTS = (ROOT / "docs" / "analysts.md").read_text("utf-8")
TOPICS = (ROOT / "docs" / "topics.md").read_text("utf-8")


def test_each_field_has_one_row() -> None:
    names = [field.name for field in FIELDS]
    assert len(set(names)) == len(names)
    assert set(names) == {*LISTABLE, "choice"}


def test_analysts_get_the_events_fields_and_no_other() -> None:
    assert {*EVENT_COLUMNS, *MADE_AT_THE_EXIT} == {*LISTABLE}
    assert not MADE_AT_THE_EXIT & EVENT_COLUMNS.keys()


def test_all_that_is_read_of_a_raw_event_is_read_for_a_field() -> None:
    assert {sent for field in FIELDS for sent in field.sent} == {*RawEvent.__struct_fields__}


def test_the_statement_tells_all_that_a_browser_sends() -> None:
    told = {sent for field in FIELDS if field.said for sent in field.sent}
    assert told == {*RawEvent.__struct_fields__} - NOT_THE_BROWSERS
    assert len(set(SAID)) == len(SAID)


def test_every_dimension_but_the_total_has_one_breakdown() -> None:
    assert {*BREAKDOWNS} == {*DIMENSIONS} == {*Dimension} - {Dimension.TOTAL}
    assert len(BREAKDOWNS) == len(DIMENSIONS) == len([f for f in FIELDS if f.breakdown])
    assert DIMENSIONS[0] is Dimension.CHOICE, "a stream's only column"
    for dimension in Dimension:
        assert topics.TRENDS[dimension] == f"trends.{dimension.plural}"


def batch() -> Batch:
    """Of one event, as it is when all steps have put their columns."""
    visitor = Visitor(
        is_bot=False,
        has_no_address=False,
        place=Place(b"\xc6\x33\x64\x07", "198.51.100.0/24", None),
        client=Client(Browser("Firefox", "128"), "Linux", "desktop", Browser("Firefox")),
        browser="Firefox · desktop",
        language=None,
        user_agent=None,
    )
    nowhere = Source("none", None), "(none)"
    decision = Decision(True, True, (), "DNT", opted_out=False, anything=True, says_no=True)
    made = Batch([0], [0], [], ["e1"], [0], visitors=[visitor], decisions=[decision])
    made.pages = [Page("/", is_search=False)]
    made.names, made.sources, made.searches, made.searched = ["/"], [nowhere], [None], ["(none)"]
    return made


EXPECTED: dict[str, tuple[Any, str | None]] = {  # for analysts, counted
    "page": ("/", "/"),
    "source": (Source("none", None), "(none)"),
    "browser": (Browser("Firefox"), "Firefox · desktop"),
    "browser.major": (Browser("Firefox", "128"), None),
    "os": ("Linux", None),
    "device": ("desktop", None),
    "language": (None, "(none)"),
    "search": (None, "(none)"),
    "network": ("198.51.100.0/24", None),
    "country": (None, "(none)"),
    "choice": (None, "DNT"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_row_makes_of_a_batch(name: str) -> None:
    [row] = [field for field in FIELDS if field.name == name]
    told, counted = EXPECTED[name]
    assert [*(row.event(batch()) if row.event else [None])] == [told]
    assert (row.breakdown.values(batch()) if row.breakdown else [None]) == [counted]


def test_a_search_page_is_counted_as_one_of_all_and_told_by_its_name() -> None:
    """Which of them, and what stood in its query, tells what was searched for."""
    made = batch()
    made.pages, made.names = [Page("/suche", is_search=True)], ["/suche?seite=2"]
    [row] = [field for field in FIELDS if field.name == "page"]
    assert row.event
    assert row.breakdown
    assert [*row.event(made)] == ["/suche?seite=2"]
    assert row.breakdown.values(made) == [SEARCH_PAGES]


def test_what_is_counted_is_a_list_of_its_own() -> None:
    """It is added to when later batches come: a column of the batch must not grow by that."""
    for breakdown in BREAKDOWNS.values():
        made = batch()
        breakdown.values(made).append("more")
        assert {len(column) for column in made.columns() if column} == {1}


# The pages


def rows(text: str, after: str) -> list[tuple[str, ...]]:
    """The first table after a line: its rows, without the head."""
    table = text.partition(after)[2]
    found = re.search(r"(?:^\|.*\n)+", table, re.M)
    assert found
    lines = found[0].splitlines()[2:]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]


def test_the_page_for_analysts_has_every_field_of_the_event() -> None:
    worded = WORDINGS[Pseudonymised].fields
    wanted = [(f"`{n}`", worded[n]["description"]) for n in Pseudonymised.__struct_fields__]
    assert rows(ANALYSTS, "## Events\n") == wanted


def test_the_page_for_analysts_has_every_dimension_and_its_topic() -> None:
    found = [row[:2] for row in rows(ANALYSTS, "# Reading the trends\n")]
    wanted = [(f"`{each}`", f"`{topics.TRENDS[each]}`") for each in Dimension]
    assert found == [*wanted, ("any, of a stream", f"`{topics.UNCOUNTED}`")]


def test_the_page_for_operators_has_every_topic_of_the_trends() -> None:
    found = [row[0].strip("`") for row in rows(TOPICS, "## Kept how long")]
    assert [name for name in found if name.startswith("trends.")] == [*topics.PUBLISHED]
