"""Decoding finds what a text says, whatever it is wrapped in, and stops."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.scrub.url.percent import decoded, encoded, encoded_value, folded, is_clean
from tests.rows import each_row


@each_row(
    ("text", "plain"),
    [
        ("a%40b", "a@b"),
        ("a%2540b", "a@b"),
        ("a%25%34%30b", "a@b"),
        ("a%u0040b", "a@b"),
        ("a％４０b", "a@b"),
        ("a%\u200b40b", "a@b"),
        ("\u3164a\ufe0f\u00adb\u034f", "ab"),
        ("e\u0301", "é"),
        ("ﬁ①", "fi1"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("%ff", "\ufffd"),
        ("a%" + "25" * 50 + "40b", "a@b"),
        ("a%" + "uFF05" * 6 + "40b", "\ufffd"),
        ("a" * 2049, "\ufffd"),
        ("ﷺ" * 200, "\ufffd"),
        ("%uD83D%uDE00", "😀"),
        ("%uD83D", "\ufffd"),
        (r"m\xC3\xB6bel", "möbel"),
        (r"m\xF6bel", "m\ufffdbel"),
    ],
)
def test_a_wrapped_text_says(text: str, plain: str) -> None:
    assert decoded(text) == plain


@pytest.mark.parametrize("text", ["\x00", "a\nb", "\ufffd", "\ue000", "\u2028", "\x7f"])
def test_what_is_not_clean(text: str) -> None:
    assert not is_clean(text)


def test_folding_is_for_looking() -> None:
    assert folded("Ü٣１") == "U31"


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=50), st.text("%2540ua\u200b％é", max_size=30)))
def test_decoding_is_done_when_it_is_done(text: str) -> None:
    plain = decoded(text)
    assert decoded(plain) == plain
    if is_clean(plain):
        assert decoded(encoded(plain)) == plain
        assert decoded(encoded_value(plain)) == plain
