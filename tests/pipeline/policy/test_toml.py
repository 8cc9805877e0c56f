"""Hostile TOML: one reason, at once, and no error but the one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.policy.parse import MAX_PROBLEM
from quietclicks.pipeline.policy.toml import MAX_PARTS, read_toml
from tests.paths import ROOT

REFERENCE = (ROOT / "deploy" / "policy.toml").read_text("utf-8")
MANY = 100_000

HOSTILE = {
    "lists": ("a = " + "[" * MANY + "]" * MANY, "too deep"),
    "lists that do not end": ("a = " + "[" * MANY, "too deep"),
    "tables": ("a = " + "{a = " * MANY + "1" + "}" * MANY, "too deep"),
    "tables in lists": ("a = " + "[{a = " * MANY, "too deep"),
    "a key of many parts": (".".join("a" * MANY) + " = 1", "parts"),
    "the same with spaces": (" . ".join("a" * MANY) + " = 1", "parts"),
    "the same in quotes": (".".join(['"a"'] * MANY) + " = 1", "parts"),
    "the same in one table": ("x = {" + ".".join(["'a'"] * MANY) + " = 1}", "parts"),
    "a header of many parts": ("[" + ".".join("a" * MANY) + "]", "parts"),
    "a long number": ("a = " + "1" * 5000, "64 bits"),
    "a long number, in sixteens": ("a = 0x" + "f" * MANY, "64 bits"),
    "a long number, below": ("a = [{b = -" + "1" * 30 + "}]", "64 bits"),
    "NUL": ("a = 1\0", "line 1"),
    "two bytes a character": ("a = 1".encode("utf-16-le").decode(), "line 1"),
    "half a character": (r'a = "\ud800"', "not a Unicode scalar value"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("text", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_one_reason(text: str, reason: str) -> None:
    for read in (text, f"{text}\n{REFERENCE}"):
        with pytest.raises(UsageError) as caught:
            parse(read, "x.toml")
        told = str(caught.value)
        assert told.startswith("x.toml: not TOML: ")
        assert reason in told
        assert told.isprintable()


def test_what_is_long_is_told_in_short() -> None:
    with pytest.raises(UsageError, match="aaa") as caught:
        parse("a" * MANY + " = 1\n" + REFERENCE, "x.toml")
    assert len(str(caught.value)) <= MAX_PROBLEM + len("x.toml: ")


def test_what_is_no_deeper_than_a_policy_is_read() -> None:
    key = ".".join("a" * MAX_PARTS)
    assert read_toml(f"{key} = {2**63 - 1}")["a"]
    assert read_toml('a = "1.2.3"\nb = [[[{c = 1}]]]') == {"a": "1.2.3", "b": [[[{"c": 1}]]]}


PIECES = st.sampled_from(
    '[ ] [[ ]] { } = . , a " \' """ # 0x 1 - inf 1979-05-27 \\ true \0 \n'.split(" ")
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(st.tuples(PIECES, st.integers(1, 400)), max_size=8))
def test_any_text_is_a_table_or_one_reason(parts: list[tuple[str, int]]) -> None:
    text = "".join(piece * times for piece, times in parts)
    try:
        assert isinstance(read_toml(text), dict)
    except ValueError as error:
        told = str(error)
        assert told
