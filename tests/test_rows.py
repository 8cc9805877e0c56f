"""A table that is one test is as strong as one test a row."""

import inspect

import pytest

from tests.rows import SHOWN, each_row

TRIED: list[int] = []


@each_row(("number", "wanted"), [(1, 1), pytest.param(2, 3, id="two"), (3, 3), (4, 5)])
def numbers(number: int, wanted: int) -> None:
    TRIED.append(number)
    assert number == wanted


def test_each_row_is_tried_and_each_that_fails_is_named() -> None:
    TRIED.clear()
    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows: 1 two, 3 4-5") as raised:
        numbers()
    assert TRIED == [1, 2, 3, 4]
    assert [each.__notes__ for each in raised.value.exceptions] == [["row: 1 two"], ["row: 3 4-5"]]
    assert "2 == 3" in str(raised.value.exceptions[0])


def test_what_did_not_raise_is_a_failure() -> None:
    @each_row("number", [0, 1])
    def divided(number: int) -> None:
        with pytest.raises(ZeroDivisionError):
            print(1 / number)

    with pytest.raises(BaseExceptionGroup, match="1 of 2 rows: 1 1"):
        divided()


def test_one_above_another_is_every_combination() -> None:
    seen = []

    @each_row("upper", "ab")
    @each_row("lower", [1, 2], ids=["one", "two"])
    def pairs(upper: str, lower: int) -> None:
        seen.append((upper, lower))
        assert (upper, lower) != ("b", 2)

    assert not inspect.signature(pairs).parameters
    with pytest.raises(BaseExceptionGroup, match="1 of 2 rows: 1 'b'") as raised:
        pairs()
    assert "1 of 2 rows: 1 two" in str(raised.value.exceptions[0])
    assert seen == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_what_is_left_is_a_fixture() -> None:
    @each_row("number", [1])
    def with_more(number: int, shared: object) -> None: ...

    assert [*inspect.signature(with_more).parameters] == ["shared"]


def test_many_that_fail_are_all_named_and_some_are_shown() -> None:
    @each_row("number", range(100))
    def none(number: int) -> None:
        raise AssertionError

    with pytest.raises(BaseExceptionGroup) as raised:
        none()
    assert "100 of 100 rows" in str(raised.value)
    assert "99 99" in str(raised.value)
    assert len(raised.value.exceptions) == SHOWN


def test_a_table_without_rows_is_no_test() -> None:
    @each_row("number", [])
    def none(number: int) -> None: ...

    with pytest.raises(AssertionError, match="tests nothing"):
        none()
    with pytest.raises(AssertionError, match="not all are taken"):
        each_row("nobody", [1])(lambda number: None)
