"""The words before a segment say what it is; a site's own rules come first."""

import pytest

from quietclicks.pipeline.scrub.url.path_rules import (
    CONTENT,
    FIXED,
    NAMED,
    NUMBERED,
    SECRET,
    SiteRules,
    placeholder,
    word_before,
    word_behind,
)
from tests.rows import each_row


@each_row(
    ("before", "segment", "asked"),
    [
        ("user", "john", ":name"),
        ("user", "12345", ":id"),
        ("user", "Settings", None),
        ("user", "log_in", None),
        ("user", "edit-address", None),
        ("orders", "77", ":id"),
        ("orders", "step-2", None),
        ("orders", "order-2", ":id"),
        ("orders", "abcd12", ":id"),
        ("orders", "HELP-12", ":id"),
        ("tickets", "season-2024-25", None),
        ("documents", "a4-paper", None),
        ("cases", "iphone-15-cases", None),
        ("cases", "notes-1042", ":id"),
        ("orders", "QXZLPP", None),
        ("booking", "QXZLPP", ":id"),
        ("booking", "Berlin", None),
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


@pytest.mark.parametrize(
    ("before", "segment", "word"),
    [
        ("", "Users", "users"),
        ("", "order_id", "order"),
        ("", "orderNumber", "order"),
        ("", "reset_password", "resetpassword"),
        ("", "view-order", "order"),
        ("", "user.php", "user"),
        ("", "Käyttäjä", "kayttaja"),
        ("", "meu-perfil", "perfil"),
        ("", "refresh_token", "refreshtoken"),
        ("", "covid", "covid"),
        ("", "user-guide", "user-guide"),
        ("", "x" * 41, "x" * 41),
        ("user", "edit", "user"),
        ("user", "getById", "user"),
        ("book", "show", "book"),
        ("user", "orders", "orders"),
        ("shoes", "edit", "edit"),
    ],
)
def test_a_segment_comes_down_to_a_word(before: str, segment: str, word: str) -> None:
    assert word_before(before, segment) == word


@pytest.mark.parametrize(
    ("before", "word"), [("orders", "orders"), ("token", "token"), ("user", ""), ("shoes", "")]
)
def test_a_number_may_have_a_second_part(before: str, word: str) -> None:
    assert word_behind(before) == word


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
