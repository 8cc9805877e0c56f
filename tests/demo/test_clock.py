"""The demo's clock: how fast it is, and that it never shows a time to come."""

from quietclicks.demo.clock import SPEED, DemoClock


class _Machine:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_an_hour_a_minute_until_the_present() -> None:
    machine = _Machine()
    clock = DemoClock(machine.now - 2 * 3600, machine)
    assert clock() == machine.now - 2 * 3600
    machine.now += 60
    assert clock() == 1_000_000 - 3600
    machine.now += 3600
    assert clock() == machine.now, "it has caught up"
    machine.now += 1
    assert clock() == machine.now


def test_how_long_to_wait() -> None:
    machine = _Machine()
    clock = DemoClock(machine.now - 3600, machine)
    assert clock.wait_for(machine.now - 3600 + 30 * SPEED) == 30
    assert clock.wait_for(clock()) == 0
    assert clock.wait_for(0) == 0
    assert clock.wait_for(machine.now + 1000) == 1000, "what is yet to come takes its time"
    machine.now += 3600
    assert clock.wait_for(machine.now + SPEED) == SPEED
