"""The bounded memory behind the steps."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.cache import ENTRY_BYTES, MAX_WEIGHT, Budget, Cache, size_of

ROOMY = 1 << 20
WIDE = "\U00020000"  # four bytes, and so has each character that stands beside it


def remembering(asked: list[str], budget: Budget) -> Cache[str, str]:
    def answer(key: str) -> str:
        asked.append(key)
        return key.upper()

    return Cache(answer, budget)


def test_it_asks_once() -> None:
    asked: list[str] = []
    cache = remembering(asked, Budget(ROOMY))
    assert [cache["a"], cache["a"], cache["b"]] == ["A", "A", "B"]
    assert asked == ["a", "b"]


def test_no_answer_is_an_answer() -> None:
    asked: list[int] = []
    cache = Cache[int, None](lambda key: asked.append(key), Budget(ROOMY))
    assert cache[1] is None
    assert cache[1] is None
    assert asked == [1]


def test_what_raised_is_not_kept() -> None:
    errors = [KeyError("x"), ValueError("x")]

    def answer(key: str) -> int:
        if errors:
            raise errors.pop()
        return 7

    budget = Budget(ROOMY)
    cache = Cache(answer, budget)
    with pytest.raises(ValueError, match="x"):
        cache["x"]
    with pytest.raises(KeyError, match="x"):
        cache["x"]
    assert (len(cache), budget.held) == (0, 0)
    assert cache["x"] == 7


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a", True, id="short"),
        pytest.param("a" * 1500, True, id="a long one"),
        pytest.param("a" * 3000, False, id="twice 3,000 bytes are more than are kept"),
        pytest.param(WIDE + "a" * 1500, False, id="1,501 characters that take four bytes each"),
        pytest.param("é" * 1500, True, id="one byte each in memory, two in UTF-8"),
        pytest.param("ł" * 1500, False, id="two bytes each"),
    ],
)
def test_what_is_long_in_memory_is_not_remembered(text: str, kept: bool) -> None:
    asked: list[str] = []
    budget = Budget(ROOMY)
    cache = remembering(asked, budget)
    assert cache[text] == cache[text] == text.upper()
    assert (len(asked) == 1) is kept
    assert (budget.held > 0) is kept
    assert budget.held <= MAX_WEIGHT


def test_without_a_budget_nothing_is_remembered() -> None:
    asked: list[str] = []
    cache = remembering(asked, Budget(0))
    assert [cache["a"], cache["a"]] == ["A", "A"]
    assert asked == ["a", "a"]
    assert len(cache) == 0


def test_a_flood_pushes_itself_out_and_not_the_others() -> None:
    budget = Budget(100 * (ENTRY_BYTES + size_of(("a00000", "A00000"))))
    quiet, flooded = remembering([], budget), remembering([], budget)
    for number in range(20):
        quiet[f"a{number:05}"]
    for number in range(1000):
        flooded[f"b{number:05}"]
        assert budget.held == quiet.held + flooded.held <= budget.max_bytes
    assert len(quiet) == 20
    assert len(flooded) > 5


def test_what_is_forgotten_makes_room() -> None:
    budget = Budget(ROOMY)
    cache, other = remembering([], budget), remembering([], budget)
    cache["a"], other["b"]
    cache.clear()
    assert budget.held == other.held == ENTRY_BYTES + size_of(("b", "B"))
    other.clear()
    assert budget.held == 0


@settings(max_examples=100, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(0, 300))),
    st.integers(0, 20_000),
)
def test_they_are_bounded_together_and_right(
    asked: list[tuple[int, int, int]], max_bytes: int
) -> None:
    budget = Budget(max_bytes)
    repeat: Callable[[str], str] = lambda key: key * 2  # noqa: E731
    caches = [Cache(repeat, budget) for _ in range(3)]
    for which, number, length in asked:
        key = f"{number}" + "x" * length
        assert caches[which][key] == key * 2
        held = [
            sum(ENTRY_BYTES + size_of((key, value)) for key, value in cache.items())
            for cache in caches
        ]
        assert held == [cache.held for cache in caches]
        assert sum(held) == budget.held <= max_bytes
