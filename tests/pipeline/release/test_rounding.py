"""How visitor counts are told: by multiples of k, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.release.cells import Cell
from quietclicks.pipeline.release.rounding import min_visitors, rounded, visitors_of
from quietclicks.pipeline.sketch import Sample


@pytest.mark.parametrize(
    ("visitors", "public", "told"),
    [
        pytest.param(10, 10, 10, id="just enough"),
        pytest.param(19, 10, 10, id="rounded down"),
        pytest.param(20, 10, 20, id="a multiple"),
        pytest.param(14, 2, 10, id="public knowledge says no more than k does"),
        pytest.param(24, 20, 20, id="public knowledge ends with a step"),
        pytest.param(27, 24, None, id="24 to 29 would be too narrow"),
        pytest.param(30, 24, None, id="so the step after tells no more than that either"),
        pytest.param(39, 24, None, id="to its end"),
        pytest.param(40, 24, 40, id="further up the steps are whole"),
        pytest.param(20, 15, None, id="15 to 19 would be too narrow"),
        pytest.param(30, 15, 30, id="beyond"),
    ],
)
def test_rounding_with_k_of_10(visitors: int, public: int, told: int | None) -> None:
    assert rounded(visitors, public, 10) == told


@settings(derandomize=True, max_examples=200)
@given(st.integers(5, 30), st.integers(0, 120), st.integers(0, 200))
def test_no_answer_stands_for_fewer_than_k_counts(k: int, public: int, more: int) -> None:
    """Whoever knows `public` and the answer is left with k possible counts or more."""
    least = max(k, public)
    answer = rounded(least + more, public, k)
    possible = [n for n in range(least, least + more + 3 * k) if rounded(n, public, k) == answer]
    assert len(possible) >= k
    assert possible == list(range(possible[0], possible[-1] + 1))


@pytest.mark.parametrize(("views", "cap", "visitors"), [(0, 10, 0), (1, 10, 1), (21, 10, 3)])
def test_the_fewest_visitors(views: int, cap: int, visitors: int) -> None:
    assert min_visitors(views, cap) == visitors


@pytest.mark.parametrize(
    ("views", "visitors"),
    [(700, 700), (100_000, 10_000)],
    ids=["not more than views", "not fewer than the cap implies"],
)
def test_estimates_stay_possible(views: int, visitors: int) -> None:
    step = 2**64 // (2_000 if views == 700 else 800)
    sample = Sample(i * step for i in range(800))
    assert visitors_of(Cell(views, sample), 10) == visitors


def test_exact_counts_are_left_alone() -> None:
    assert visitors_of(Cell(100, Sample([1, 2])), 10) == 2
