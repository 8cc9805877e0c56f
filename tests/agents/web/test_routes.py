"""What /healthz says of a worker with several stages."""

from typing import Any

import pytest

from quietclicks.agents.web.routes import HEALTHY, health_of


class Stage:
    def __init__(self, state: str, crashed: bool = False) -> None:
        self.state, self.crashed = state, crashed


@pytest.mark.parametrize(
    ("states", "told", "healthy"),
    [
        (["ok", "ok"], "ok", True),
        (["standby", "standby"], "standby", True),
        (["ok", "standby"], "ok", True),
        (["standby", "restoring"], "restoring", False),
        (["ok", "joining"], "joining", False),
        (["restoring", "joining"], "joining", False),
    ],
    ids=str,
)
def test_the_worst_of_the_stages(states: list[str], told: str, healthy: bool) -> None:
    for order in (states, states[::-1]):
        runners: Any = [Stage(state) for state in order]
        assert health_of(runners) == told
    assert (told in HEALTHY) is healthy


def test_one_that_has_failed() -> None:
    runners: Any = [Stage("ok"), Stage("ok", crashed=True)]
    assert health_of(runners) == "failed"
    assert "failed" not in HEALTHY
