"""The contribution cap: first come, first counted, after a restart too."""

import random
import struct
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.counting.cap import Cap

EVENTS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1, 2, 2**64 - 1])), max_size=60)


def admitted(cap: Cap, events: Sequence[tuple[int, int]]) -> list[bool]:
    """In one go: whether each (hour, visitor) counts."""
    gone = cap.over_cap([hour for hour, _ in events], [visitor for _, visitor in events])
    return [at not in gone for at in range(len(events))]


def portions(events: list[tuple[int, int]], edges: list[int]) -> list[list[tuple[int, int]]]:
    cuts = [0, *sorted(min(edge, len(events)) for edge in edges), len(events)]
    return [events[a:b] for a, b in pairwise(cuts)]


EDGES = st.lists(st.integers(0, 60), max_size=5)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(EVENTS, EDGES, st.integers(1, 4), st.integers(4, 8))
def test_counts_the_first_of_the_hour_and_of_the_day_in_whatever_portions(
    events: list[tuple[int, int]], edges: list[int], cap_hour: int, cap_day: int
) -> None:
    cap = Cap(cap_hour, cap_day)
    found = [each for portion in portions(events, edges) for each in admitted(cap, portion)]
    counted: list[tuple[int, int]] = []
    expected = []
    for hour, visitor in events:
        expected.append(
            counted.count((hour, visitor)) < cap_hour
            and sum(who == visitor for _, who in counted) < cap_day
        )
        if expected[-1]:
            counted.append((hour, visitor))
    assert found == expected
    assert sorted(journalled(cap.take_journal())) == sorted(counted)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(EVENTS, EDGES, st.randoms(use_true_random=False))
def test_a_restart_goes_on_where_it_stopped(
    events: list[tuple[int, int]], edges: list[int], dice: random.Random
) -> None:
    expected = admitted(Cap(3, 7), events)
    journals: list[bytes] = []
    found: list[bool] = []
    for portion in portions(events, edges):
        cap = Cap(3, 7)
        for journal in dice.sample(journals, len(journals)):
            cap.restore(journal)
        found += admitted(cap, portion)
        journals.append(cap.take_journal())
    assert found == expected


def test_a_closed_hour_is_forgotten_and_the_day_is_not() -> None:
    cap = Cap(2, 3)
    assert admitted(cap, [(0, 7)] * 3) == [True, True, False]
    cap.close_hour(0)
    cap.close_hour(5)  # was never open
    assert admitted(cap, [(1, 7)] * 2) == [True, False]
    assert admitted(cap, [(1, 8)]) == [True]


def journalled(journal: bytes) -> list[tuple[int, int]]:
    events = len(journal) // 12
    numbers = struct.unpack(f"<{events}Q{events}I", journal)
    return list(zip(numbers[events:], numbers[:events], strict=True))


def test_the_journal_holds_what_was_admitted_since_the_last() -> None:
    cap = Cap(1, 5)
    assert cap.take_journal() == b""
    admitted(cap, [(489_000, 2**64 - 1), (489_000, 2**64 - 1), (489_001, 1)])
    assert cap.take_journal() == struct.pack("<2Q2I", 2**64 - 1, 1, 489_000, 489_001)
    assert cap.take_journal() == b""


def test_restoring_is_not_journalled_again() -> None:
    cap = Cap(1, 5)
    cap.restore(struct.pack("<QI", 1, 0))
    assert cap.take_journal() == b""
    assert admitted(cap, [(0, 1)]) == [False]


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not a journal"):
        Cap(1, 5).restore(b"\0" * 13)
