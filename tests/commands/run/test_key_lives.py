"""A run's lines about its keys, from the entries of an audit log."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from quietclicks.commands.run.key_lives import STEPS, KeyLives
from quietclicks.pipeline.evidence.entries import EntryError
from tests.pipeline.evidence.made import FIRST_DAY, Said, life, others, policy, written

DAYS = [FIRST_DAY + timedelta(days=number) for number in range(4)]
WORDS = ["made", "due", "cut", "tombstoned", "absent", "destroyed"]


def lives_of(said: Sequence[Said]) -> KeyLives:
    lives = KeyLives()
    for entry in written(said):
        lives.take(entry)
    return lives


@pytest.mark.parametrize("number", range(1, len(WORDS) + 1), ids=WORDS)
def test_each_step_is_told_with_what_comes_next(number: int) -> None:
    lives = lives_of([policy(None), *life(DAYS[0], 0)[:number]])
    [line] = lives.lines()
    so_far, _, then = line.partition("; ")
    assert so_far == f"The key of 2026-11-01: {', '.join(WORDS[:number])}"
    assert bool(then) == (number < len(WORDS))
    assert lives.ended([DAYS[0]]) == (number == len(WORDS))


def test_days_that_have_come_equally_far_share_a_line() -> None:
    said = [policy(None), *life(DAYS[0], 0), *life(DAYS[1], 100)]
    lives = lives_of([*said, *life(DAYS[2], 200)[:2], *life(DAYS[3], 300)[:1]])
    after_made, after_due, *_ = (then for _, then in STEPS.values())
    assert list(lives.lines()) == [
        "The 2 keys of 2026-11-01 to 2026-11-02: " + ", ".join(WORDS),
        f"The key of 2026-11-03: made, due; {after_due}",
        f"The key of 2026-11-04: made; {after_made}",
    ]
    assert lives.ended(DAYS[:2])
    assert not lives.ended(DAYS)


def test_a_day_that_no_entry_tells_of_has_not_ended() -> None:
    assert not lives_of([policy(None)]).ended([date(2026, 11, 30)])


def test_what_else_the_log_tells_of_is_passed_over() -> None:
    assert not list(lives_of([policy(None), *others(DAYS[0])]).lines())


def test_what_is_no_entry_is_not_half_believed() -> None:
    with pytest.raises(EntryError):
        KeyLives().take(b"{}")
