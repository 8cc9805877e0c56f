"""The contribution cap: first come, first counted, after a restart too."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.cap import Cap

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1, 2, 2**64 - 1])), max_size=60)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(EVENTS, st.integers(1, 4), st.integers(4, 8))
def test_counts_the_first_of_the_hour_and_of_the_day(
    events: list[tuple[int, int]], cap_hour: int, cap_day: int
) -> None:
    cap = Cap(cap_hour, cap_day)
    counted: list[tuple[int, int]] = []
    for hour, visitor in events:
        expected = (
            counted.count((hour, visitor)) < cap_hour
            and sum(who == visitor for _, who in counted) < cap_day
        )
        assert cap.admit(hour, visitor) is expected
        if expected:
            counted.append((hour, visitor))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(EVENTS, st.lists(st.integers(0, 60), max_size=3), st.randoms(use_true_random=False))
def test_a_restart_goes_on_where_it_stopped(
    events: list[tuple[int, int]], stops: list[int], dice: random.Random
) -> None:
    undisturbed = Cap(3, 7)
    expected = [undisturbed.admit(*event) for event in events]
    cap, journals, seen = Cap(3, 7), [], []
    for i, event in enumerate(events):
        if i in stops:
            journals.append(cap.take_journal())
            cap = Cap(3, 7)
            for journal in dice.sample(journals, len(journals)):
                cap.restore(journal)
        seen.append(cap.admit(*event))
    assert seen == expected


def test_a_closed_hour_is_forgotten_and_the_day_is_not() -> None:
    cap = Cap(2, 3)
    assert [cap.admit(0, 7) for _ in range(3)] == [True, True, False]
    cap.close_hour(0)
    cap.close_hour(5)  # was never open
    assert [cap.admit(1, 7) for _ in range(2)] == [True, False]
    assert cap.admit(1, 8)


def test_the_journal_holds_what_was_admitted_since_the_last() -> None:
    cap = Cap(1, 5)
    assert cap.take_journal() == b""
    for hour, visitor in ((489_000, 2**64 - 1), (489_000, 2**64 - 1), (489_001, 1)):
        cap.admit(hour, visitor)
    assert cap.take_journal() == struct.pack("<2Q2I", 2**64 - 1, 1, 489_000, 489_001)
    assert cap.take_journal() == b""


def test_restoring_is_not_journalled_again() -> None:
    cap = Cap(1, 5)
    cap.restore(struct.pack("<QI", 1, 0))
    assert cap.take_journal() == b""
    assert not cap.admit(0, 1)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not a journal"):
        Cap(1, 5).restore(b"\0" * 13)
