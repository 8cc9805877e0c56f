"""What the records of the key topic say, in whatever order they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.pseudonyms.key_life import (
    LOST,
    NEVER,
    THROUGH,
    KeyRecords,
    Wrapped,
    day_of,
)

DAY = 20_800


def records(*entries: tuple[bytes, bytes | None]) -> KeyRecords:
    found = KeyRecords()
    for offset, (key, value) in enumerate(entries):
        found.take(ListedRecord(offset, offset * 10, key, value))
    return found


def named(day: int) -> bytes:
    return day_text(day).encode()


def test_the_first_key_is_the_days() -> None:
    found = records((named(DAY), b"first"), (named(DAY), b"second"), (b"nudge", None))
    assert found.living == {DAY: Wrapped(b"first", 0, 0)}
    assert (found.through, found.deleted, found.lingering) == (NEVER, set(), [])


def test_a_key_that_is_wrapped_anew_is_the_days() -> None:
    found = records((named(DAY), b"old"), (named(DAY), None), (named(DAY), b"new"))
    assert found.living == {DAY: Wrapped(b"new", 2, 20)}
    assert not found.deleted


def test_deleted_is_not_destroyed() -> None:
    found = records((named(DAY), b"key"), (named(DAY), None))
    assert (found.living, found.deleted) == ({}, {DAY})
    assert not found.destroyed(DAY)
    assert records((named(DAY), None)).deleted == {DAY}, "what it took away is compacted already"
    noted = records((named(DAY), b"key"), (LOST + named(DAY), b"1"))
    assert (noted.lost, set(noted.living)) == ({DAY}, {DAY})
    assert not records((LOST + named(DAY), b"1"), (THROUGH, named(DAY))).lost


def test_destroyed_through_a_day_is_all_days_before_it() -> None:
    found = records(
        (named(DAY - 1), b"x"),
        (named(DAY), b"y"),
        (named(DAY + 1), b"z"),
        (named(DAY), None),
        (THROUGH, named(DAY)),
        (named(DAY - 5), b"from a copy"),
    )
    assert set(found.living) == {DAY + 1}
    assert found.destroyed(DAY)
    assert found.destroyed(DAY - 400)
    assert not found.destroyed(DAY + 1)
    assert not found.deleted
    assert found.lingering == [DAY - 5, DAY - 1, DAY]


def test_due_is_what_is_cut() -> None:
    found = records((named(DAY), b"x"), (named(DAY + 2), b"y"), (named(DAY + 1), b"z"))
    assert found.due(NEVER) == found.due(DAY - 1) == []
    assert found.due(DAY + 1) == [DAY, DAY + 1]


def test_it_never_goes_back() -> None:
    found = records((THROUGH, named(DAY)), (THROUGH, named(DAY - 3)), (THROUGH, None))
    assert found.through == DAY


@pytest.mark.parametrize("damaged", [b"", b"2026-1-1", b"20260101", b"\xff", b"2026-02-30"])
def test_a_damaged_end_is_told(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="day"):
        records((THROUGH, damaged))


NO_DAYS = [b"", b"nudge", b"2026-1-1", b"20260101", b"2026-W01-1", b"\xff"]


@pytest.mark.parametrize("name", [*NO_DAYS, *(LOST + each for each in NO_DAYS)])
def test_what_is_no_day_is_passed_over(name: bytes) -> None:
    assert records((name, b"x")) == KeyRecords()


def test_a_repr_tells_no_key() -> None:
    assert "secret" not in repr(records((named(DAY), b"secret")))


@given(st.integers(min_value=0, max_value=60_000))
def test_a_days_name_is_read_as_it_is_written(day: int) -> None:
    assert day_of(named(day)) == day


days = st.integers(min_value=DAY, max_value=DAY + 4)
entries = st.lists(
    st.one_of(
        st.tuples(days.map(named), st.sampled_from([b"a", b"b", None])),
        st.tuples(st.just(THROUGH), days.map(named)),
    ),
    max_size=20,
)


@given(entries, entries)
def test_no_destroyed_day_lives_whatever_comes(
    before: list[tuple[bytes, bytes | None]], after: list[tuple[bytes, bytes | None]]
) -> None:
    found = records(*before, *after)
    assert found.through >= records(*before).through
    assert not [day for day in {*found.living, *found.deleted} if day <= found.through]
    assert not found.living.keys() & found.deleted
