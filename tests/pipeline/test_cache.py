"""The bounded memory behind the steps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.cache import Cache


def test_it_asks_once() -> None:
    asked: list[str] = []

    def answer(key: str) -> str:
        asked.append(key)
        return key.upper()

    cache = Cache(answer, 10)
    assert [cache["a"], cache["a"], cache["b"]] == ["A", "A", "B"]
    assert asked == ["a", "b"]


def test_no_answer_is_an_answer() -> None:
    asked: list[int] = []
    cache = Cache[int, None](lambda key: asked.append(key), 10)
    assert cache[1] is None
    assert cache[1] is None
    assert asked == [1]


def test_what_raised_is_not_kept() -> None:
    errors = [KeyError("x"), ValueError("x")]

    def answer(key: str) -> int:
        if errors:
            raise errors.pop()
        return 7

    cache = Cache(answer, 10)
    with pytest.raises(ValueError, match="x"):
        cache["x"]
    with pytest.raises(KeyError, match="x"):
        cache["x"]
    assert cache["x"] == 7


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.integers(0, 50)), st.integers(1, 20))
def test_it_is_bounded_and_right(keys: list[int], size: int) -> None:
    cache = Cache[int, int](lambda key: key * 2, size)
    for key in keys:
        assert cache[key] == key * 2
        assert len(cache) <= size
