"""Repeated ids, however the log is cut, against a look at every record before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise import recent
from quietclicks.pipeline.anonymise.recent import RecentIds

WINDOW = 5


def expected(ids: list[str], offsets: list[int]) -> set[int]:
    return {
        at
        for at, (one, offset) in enumerate(zip(ids, offsets, strict=True))
        if any(ids[before] == one and offset - offsets[before] <= WINDOW for before in range(at))
    }


@given(
    st.lists(st.sampled_from("abcdefghij"), max_size=60),
    st.lists(st.integers(1, 3), min_size=60, max_size=60),
    st.lists(st.integers(1, 12), min_size=60, max_size=60),
)
def test_repeats_are_found_wherever_it_is_cut(
    ids: list[str], gaps: list[int], cuts: list[int]
) -> None:
    offsets = [sum(gaps[:at]) for at in range(len(ids))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "RECENT_EVENTS", WINDOW)
        seen, found, start = RecentIds(), set(), 0
        for size in cuts:
            part = slice(start, start + size)
            asked = ids[part], offsets[part]
            repeated = seen.repeated(*asked)
            assert seen.repeated(*asked) == repeated, "asking notes nothing"
            found |= {start + at for at in repeated}
            seen.note(*asked)
            start += size
    assert found == expected(ids, offsets)


def test_what_was_seen_before_the_turn_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "RECENT_EVENTS", 3)
    seen = RecentIds()
    seen.note("abcd", range(4))
    assert seen.repeated(["d", "e"], [5, 6]) == {0}
    assert seen.repeated("ee", [5, 6]) == {1}
