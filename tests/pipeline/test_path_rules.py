"""The words before a segment say what it is; a site's own rules come first."""

import pytest

from quietclicks.pipeline.path_rules import (
    CONTENT,
    FIXED,
    NAMED,
    NUMBERED,
    SECRET,
    SiteRules,
    placeholder,
)


@pytest.mark.parametrize(
    ("before", "segment", "asked"),
    [
        ("user", "john", ":name"),
        ("user", "12345", ":id"),
        ("user", "Settings", None),
        ("orders", "77", ":id"),
        ("orders", "open", None),
        ("reset", "x1", ":token"),
        ("reset", "XyZ", ":token"),
        ("reset", "done", None),
        ("", "~john", ":name"),
        ("", "~", None),
        ("products", "1042", None),
    ],
)
def test_the_word_before_says_what_it_is(before: str, segment: str, asked: str | None) -> None:
    assert placeholder(before, segment) == asked


@pytest.mark.parametrize("words", [NAMED, FIXED, NUMBERED, SECRET, CONTENT])
def test_the_tables_are_lower_case_words(words: frozenset[str]) -> None:
    assert [word for word in words if word != word.lower() or "/" in word] == []


def test_content_is_never_personal() -> None:
    assert not CONTENT & (NAMED | NUMBERED | SECRET)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("u/john/x", ["u", ":name"]),
        ("U/john", ["u", ":name"]),
        ("u", []),
        ("x/u/john", []),
        ("de/arzt/x", ["*", "arzt", ":name"]),
        ("u/first", ["u", ":name"]),
    ],
)
def test_the_first_rule_that_fits_from_the_root(path: str, rule: list[str]) -> None:
    rules = SiteRules(("/u/:name", "/*/arzt/:name/", "/u/first"))
    assert rules.match(path.split("/")) == rule
    assert rules.labels == {":name"}
