"""JSON that is not a line each."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.logs.documents import MAX_OBJECT, documents
from tests.rows import each_row

EVENTS: list[dict[str, Any]] = [
    {"id": n, "text": '"{}[]\\ é\n', "in": {"list": [1, {"x": []}]}} for n in range(4)
]
LAYOUTS: dict[str, Callable[[list[Any]], str]] = {
    "array": json.dumps,
    "pretty array": lambda events: json.dumps(events, indent=2),
    "array of lines": lambda events: "[\n" + ",\n".join(map(json.dumps, events)) + "\n]\n",
    "commas first": lambda events: "[\n" + "\n,".join(map(json.dumps, events)) + "\n]\n",
    "pretty objects": lambda events: "\n".join(json.dumps(each, indent=1) for each in events),
    "lines": lambda events: "\n".join(map(json.dumps, events)),
    "no space at all": lambda events: "".join(map(json.dumps, events)),
}


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@each_row("layout", LAYOUTS)
@each_row("size", [1, 2, 3, 7, 64, 10_000])
def test_each_object_once_however_the_text_is_cut(layout: str, size: int) -> None:
    text = LAYOUTS[layout](EVENTS).encode()
    assert [json.loads(each) for each in documents(cut(text, size))] == EVENTS
    assert [json.loads(each) for each in documents(text.splitlines(keepends=True))] == EVENTS


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text())), max_size=5),
    st.integers(1, 50),
)
def test_any_objects(events: list[dict[str, Any]], size: int) -> None:
    for layout in LAYOUTS.values():
        text = layout(events).encode()
        assert [json.loads(each) for each in documents(cut(text, size))] == events


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'[1, "x", {"a":1}]', [b'1, "x"', b'{"a":1}']),
        (b'{"a": "cut off\n{"b":2}\n', [b'{"a": "cut off', b'{"b":2}']),
        (b'{"a": 1,\n{"b":2}\n{"c":3}', [b'{"a": 1,', b'{"b":2}', b'{"c":3}']),
        (b'{"a":1}\nrubbish\n{"b":2}', [b'{"a":1}', b"rubbish", b'{"b":2}']),
        (b'[{"a":1},', [b'{"a":1}']),
        (b'[{"a":1', [b'{"a":1']),
        (b"[]", []),
        (b" \n\n", []),
    ],
)
def test_nothing_is_left_out_in_silence(text: bytes, found: list[bytes]) -> None:
    assert list(documents(text.splitlines(keepends=True))) == found


def test_an_object_without_end_is_held_to_a_bound() -> None:
    (one,) = documents([b'{"a":"'] + [b"x" * 10_000] * 100)
    assert len(one) == MAX_OBJECT
