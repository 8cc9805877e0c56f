"""A label inside a segment says what its value is; what is no label says nothing."""

import pytest

from quietclicks.pipeline.scrub.url.labels import labelled, without_labelled_numbers


@pytest.mark.parametrize(
    ("segment", "asked"),
    [
        ("user=john", ":name"),
        ("user:4711", ":id"),
        ("user,john", ":name"),
        ("Users('john')", ":name"),
        ("user[john]", ":name"),
        ("order(77)", ":id"),
        ("kids_name=ada", ":name"),
        ("x=1,user=john", ":name"),
        ('{"token": "a1"}', ":token"),
        ("user=", None),
        ("user=settings", None),
        ("order,delivery", None),
        ("red,blue", None),
        ("a=b", None),
        ("user:id-x", None),
        ("user", None),
        ("=" * 129, None),
    ],
)
def test_a_label_says_what_its_value_is(segment: str, asked: str | None) -> None:
    assert labelled(segment, False) == asked


@pytest.mark.parametrize(
    ("segment", "asked"), [("User:John", ":name"), ("User_(computing)", None), ("user,john", None)]
)
def test_in_titles_only_two_signs_make_a_label(segment: str, asked: str | None) -> None:
    assert labelled(segment, True) == asked


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("order-88213", "order-:id"),
        ("Order_88213_x", "Order_:id_x"),
        ("order88213", "order:id"),
        ("order-no-88213", "order-no-:id"),
        ("invoice-INV-00231", "invoice-:id"),
        ("order-2024", "order-2024"),
        ("order-123", "order-123"),
        ("case-1042x", "case-1042x"),
        ("lego-10333", "lego-10333"),
        ("88213", "88213"),
    ],
)
def test_a_number_behind_its_word_is_hidden(text: str, plain: str) -> None:
    assert without_labelled_numbers(text) == plain
