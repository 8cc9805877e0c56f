"""What a run shows of its keys: each step at once, and never nothing for more than some seconds."""

import io
import itertools
import time
from typing import Any

import pytest
from rich.console import Console

from quietclicks.commands.run.books import Books
from quietclicks.commands.run.key_end import shown
from quietclicks.commands.run.key_lives import KeyLives
from quietclicks.commands.run.screen import PLAIN_SECONDS, Screen
from quietclicks.pipeline.audit.report import encode
from quietclicks.schemas import topics
from tests.pipeline.audit.made import POLICY, report
from tests.pipeline.evidence.made import FIRST_DAY, life, policy, written

ENTRIES = written([policy(None), *life(FIRST_DAY, 0)])
STEP = 0.3


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])
    return at


def test_each_step_at_once_and_a_sign_of_life_in_between(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    screen, lives = Screen(False), KeyLives()
    screen.begin_lines()
    said: list[tuple[float, str]] = []
    for number in range(200):
        if number % 40 == 10 and number // 40 < len(ENTRIES):
            lives.take(ENTRIES[number // 40])
        screen.update_lines(shown(lives))
        said += [(now[0] - 100, line) for line in capsys.readouterr().out.splitlines()]
        now[0] += STEP
    times = [at for at, _ in said]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert max(gaps) <= PLAIN_SECONDS + STEP
    assert times[0] == 0
    assert said[0][1] == "   0 s  The audit log tells of no key yet"
    # The second entry, of the key that was made, came at the fiftieth look.
    made = next(at for at, line in said if ": made;" in line)
    assert made == pytest.approx(50 * STEP)
    assert len(said) < 30, "a line for each look would be too many"


def test_on_a_terminal_the_line_changes_in_its_place(now: list[float]) -> None:
    screen, lives = Screen(False), KeyLives()
    file = io.StringIO()
    screen._console = Console(file=file, force_terminal=True, width=120)
    screen.begin_lines()
    for entry in ENTRIES:
        lives.take(entry)
        now[0] += 1
        screen.update_lines(shown(lives))
    screen.end_lines(shown(lives))
    said = file.getvalue()
    assert "   2 s  The key of 2026-11-01: made; " in said
    assert said.count("\n") == 1, "one line is left"
    assert "made, due, cut, tombstoned, absent, destroyed\n" in said
    screen.end_lines(shown(lives))
    assert file.getvalue() == said, "once is enough"


@pytest.mark.parametrize("terminal", [False, True])
def test_an_audit_is_told_once_and_the_next_one_again(now: list[float], terminal: bool) -> None:
    screen = Screen(True)
    file = io.StringIO()
    screen._console = Console(file=file, force_terminal=terminal, width=120)
    books: Any = Books(str, POLICY)  # type: ignore[arg-type]
    screen.books = books
    screen.begin("a log", "a page")
    line = "Audited: 0 promises held, "
    screen.update()
    assert line not in file.getvalue(), "there is none yet"
    for number, audit in enumerate([report(), report(), report()], 1):
        books._count(topics.AUDITS, [encode(audit)])
        for _ in range(3):
            screen.update()
            screen.update_lines(["so far"])
            now[0] += STEP
        assert file.getvalue().count(line) == number
        assert file.getvalue().count("broken check: Nobody may do more") == number
