"""The tables in docs/scrubbing.md say what the code does."""

import re

import pytest

from quietclicks.pipeline.scrub import PLACEHOLDERS, Scrubber
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "scrubbing.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def test_the_page_has_its_tables() -> None:
    assert len(ROWS) > 30
    assert set(re.findall(r"^\| `(:\w+)` \| [^`]", PAGE, re.MULTILINE)) == set(PLACEHOLDERS)


@pytest.mark.parametrize(("typed", "kept"), ROWS, ids=[typed for typed, _ in ROWS])
def test_row(typed: str, kept: str) -> None:
    assert Scrubber(("GB", "DE", "US")).scrub(typed) == kept
