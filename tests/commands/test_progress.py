"""Progress: silent for what is quick, then a line now and then."""

import pytest

from quietclicks.commands import progress as module
from quietclicks.commands.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_what_is_quick_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("records read") as progress:
        progress.add(256_000)
        clock.now += 1.9
        progress.add(256_000)
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_says_so_now_and_then(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress("records read") as progress:
        for _ in range(30):
            clock.now += 1
            progress.add(256)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "512 records read, 256 a second",
        "3,072 records read, 256 a second",
        "5,632 records read, 256 a second",
    ]
