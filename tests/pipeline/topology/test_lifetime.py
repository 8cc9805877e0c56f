"""When a day's events are due, by two clocks, and what is known of how far they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_DAY
from quietclicks.pipeline.policy import Duration, parse
from quietclicks.pipeline.topology.lifetime import (
    Progress,
    closed_day,
    due_by_broker,
    due_by_log,
    progress_of,
)
from tests.paths import ROOT

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")
HOUR = 3600
DAY = 20_000


@pytest.mark.parametrize(
    ("hours", "day"),
    [(0, -1), (23, -1), (24, 0), (47, 0), (48, 1)],
)
def test_a_day_is_closed_when_its_last_hour_is(hours: int, day: int) -> None:
    assert closed_day(hours) == day


@pytest.mark.parametrize("grace_hours", [48, 24, 36])
def test_due_by_log(grace_hours: int) -> None:
    policy = replace(POLICY, keys=replace(POLICY.keys, grace=Duration(grace_hours * HOUR)))
    end = (DAY + 1) * HOURS_PER_DAY + grace_hours
    assert due_by_log(policy, end - 1) == DAY - 1
    assert due_by_log(policy, end) == DAY
    assert due_by_log(policy, end + 23) == DAY


def test_a_grace_that_is_no_whole_hour_is_never_cut_short() -> None:
    policy = replace(POLICY, keys=replace(POLICY.keys, grace=Duration(48 * HOUR + 1)))
    end = (DAY + 1) * HOURS_PER_DAY + 48
    assert due_by_log(policy, end) == DAY - 1
    assert due_by_log(policy, end + 1) == DAY


def test_due_by_the_brokers_clock_when_the_lateness_is_over_too() -> None:
    wait = POLICY.time.allowed_lateness + POLICY.keys.grace
    end_ms = (DAY + 1) * MILLISECONDS_PER_DAY + wait * 1000
    assert due_by_broker(POLICY, end_ms - 1) == DAY - 1
    assert due_by_broker(POLICY, end_ms) == DAY


def test_nothing_is_known_at_first() -> None:
    assert progress_of("") == Progress()
    assert Progress().is_news(0)
    assert Progress().closed_by(DAY) is None


@pytest.mark.parametrize("metadata", ["by hand", "{", "[]", '{"cut": "x"}', '{"closed": [1]}'])
def test_what_somebody_else_has_committed_is_nothing(metadata: str) -> None:
    assert progress_of(metadata) == Progress()


def test_what_was_closed_is_kept_until_it_is_cut() -> None:
    progress = Progress(5, {6: 600, 7: 700})
    assert progress_of(progress.encode()) == progress
    assert [progress.is_news(day) for day in (5, 6, 7, 8)] == [False, False, False, True]
    assert [progress.closed_by(day) for day in (6, 7, 8)] == [600, 700, None]
    assert progress.done(6, 800) == Progress(6, {7: 700}, 800)
    assert progress.done(7, 800) == Progress(7, {}, 800)
    assert not progress.done(7, 800).is_news(7)


def test_what_a_former_version_has_cut_was_gone_long_ago() -> None:
    assert progress_of('{"cut":5,"closed":{"6":600}}') == Progress(5, {6: 600}, 0)


def test_a_day_that_nobody_saw_close_goes_with_the_next_that_was() -> None:
    assert Progress(5, {6: 600, 9: 900}).closed_by(7) == 900


def test_days_before_the_first_of_all_wait_for_it() -> None:
    """Else a new installation would cut its first hours as soon as it runs."""
    progress = Progress(closed={9: 900})
    assert progress.closed_by(8) is None
    assert progress.closed_by(9) == 900


@given(st.dictionaries(st.integers(0, 40), st.integers(0, 10**15), max_size=34), st.integers(-1, 9))
def test_it_fits_into_a_commit(closed: dict[int, int], cut: int) -> None:
    """A broker takes 4,096 bytes; the ceiling of the grace is 31 days."""
    far = {20_000 + day: 10**12 + at for day, at in closed.items()}
    assert len(Progress(cut, far).encode()) < 4096
