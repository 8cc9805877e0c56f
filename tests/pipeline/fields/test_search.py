"""From what was typed to the term that trends count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.search import MAX_TERM, search_term
from quietclicks.pipeline.scrub import Scrubber

SCRUBBER = Scrubber(("GB", "DE", "US"))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        pytest.param("Blue Lamp", "blue lamp", id="case"),
        pytest.param("  blue \t lamp\n", "blue lamp", id="spaces"),
        pytest.param("GROẞE STRAßE", "grosse strasse", id="full case folding"),
        pytest.param("Ｂｌｕｅ\u3000ｌａｍｐ", "blue lamp", id="full width"),
        pytest.param("blue\u200b la\u00admp", "blue lamp", id="invisible"),
        pytest.param("blue\x00 la\x1bmp", "blue lamp", id="control"),
        pytest.param("caf\u0065\u0301", "café", id="composed"),
        pytest.param("blue%20lamp", "blue lamp", id="still encoded"),
        pytest.param("red shoes JOHN@EXAMPLE.COM", "red shoes :email", id="keeps its rest"),
        pytest.param("john@example.com", None, id="nothing left"),
        pytest.param("john@example.com, 07700 900123!", None, id="only signs left"),
        pytest.param("JOHN%2540EXAMPLE.COM", None, id="encoded twice"),
        pytest.param("John AT Example DOT Com", None, id="spelled in mixed case"),
        pytest.param("ghp_16C7e42F292c6912E7710c838347Ae178B4a", None, id="case tells a token"),
        pytest.param("", None, id="empty"),
        pytest.param(" \u200b ", None, id="invisible only"),
        pytest.param("?!", None, id="signs only"),
        pytest.param(":email", None, id="a placeholder typed"),
        pytest.param("(other)", "other", id="reserved: other"),
        pytest.param(" (None) ", "none", id="reserved: none"),
        pytest.param("（ｏｔｈｅｒ）", "other", id="reserved in disguise"),
        pytest.param("🦊", "🦊", id="a picture is a search"),
        pytest.param("椅子", "椅子", id="no alphabet"),
    ],
)
def test_term(text: str, term: str | None) -> None:
    assert search_term(text, SCRUBBER) == term


def test_a_long_term_ends_at_a_word() -> None:
    term = search_term("shoes " * 1000, SCRUBBER)
    assert term is not None
    assert len(term) <= MAX_TERM
    assert set(term.split()) == {"shoes"}


def test_a_placeholder_is_never_cut() -> None:
    for length in range(80, 100):
        term = search_term("a" * 8 + " b" * (length // 2) + " john@example.com end", SCRUBBER)
        assert term is not None
        assert term.split()[-1] in (":email", "b", "end")


@given(st.text(max_size=700))
@settings(derandomize=True, max_examples=300, deadline=None, database=None)
def test_a_term_is_none_or_a_bounded_fixed_point(text: str) -> None:
    term = search_term(text, SCRUBBER)
    if term is not None:
        assert 0 < len(term) <= MAX_TERM
        assert term not in ("(other)", "(none)", "")
        assert search_term(term, SCRUBBER) == term
