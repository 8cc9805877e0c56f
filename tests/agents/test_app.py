"""A worker opens no port itself, and says of several stages what is the worst of them."""

import base64
from typing import Any

import pytest

from quietclicks.agents.app import build_app, health_of
from quietclicks.agents.dashboard.feed import TrendsFeed
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.agents.web.operations import HEALTHY
from quietclicks.agents.web.port import Port
from quietclicks.pipeline.policy import parse

POLICY = """
revision = "2026-11-22"
version = 1
[sites."shop.example"]
"""
KEY = base64.b64encode(bytes(KEY_BYTES)).decode()


def test_what_answers_is_another_process() -> None:
    app: Any = build_app(Settings(key_encryption_key=KEY), parse(POLICY, "policy.toml"))
    assert app.conf.web_enabled is False
    kinds = [type(each) for each in app.ours]
    assert kinds[0] is Port
    assert TrendsFeed not in kinds, "the live page is a process of its own"


def test_without_a_port_nothing_answers() -> None:
    app = build_app(Settings(key_encryption_key=KEY, web_port=0), parse(POLICY, "policy.toml"))
    assert not [each for each in app.ours if isinstance(each, Port)]


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
