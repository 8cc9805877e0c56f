"""The tables in docs/scrubbing.md say what the code does."""

import re

import pytest

from quietclicks.pipeline.encodings import encoding_of, encodings_of
from quietclicks.pipeline.fields.search import search_term
from quietclicks.pipeline.scrub import PLACEHOLDERS, Scrubber
from tests.paths import ROOT
from tests.rows import each_row

PAGE = (ROOT / "docs" / "scrubbing.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def test_the_page_has_its_tables() -> None:
    assert len(ROWS) > 30
    assert set(re.findall(r"^\| `(:\w+)` \| [^`]", PAGE, re.MULTILINE)) == set(PLACEHOLDERS)


@each_row(("typed", "kept"), ROWS, ids=[typed for typed, _ in ROWS])
def test_row(typed: str, kept: str) -> None:
    assert Scrubber(("GB", "DE", "US")).scrub(typed) == kept


ENCODED = re.findall(r"^\| `([^`]+)` \| (none|`[^`]+`) \| (none|`[^`]+`) \|$", PAGE, re.MULTILINE)


def test_the_page_has_its_table_of_encodings() -> None:
    assert len(ENCODED) == 10


@pytest.mark.parametrize(("sent", "declared", "term"), ENCODED)
def test_row_of_encodings(sent: str, declared: str, term: str) -> None:
    names = [] if declared == "none" else declared.strip("`").split(", ")
    assert all(map(encoding_of, names))
    kept = search_term(sent, Scrubber(("GB", "DE", "US")), encodings_of(names))
    assert kept == (None if term == "none" else term.strip("`"))
