"""What the leader says of a clock that is wrong."""

import base64
import logging

import pytest

from quietclicks.agents.keys import KeyStore
from quietclicks.agents.leader import Leader
from quietclicks.agents.runner import Runner, Stage
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.day_keys import DayKeys
from quietclicks.pipeline.release_stage import ReleaseProcessor


def test_a_clock_that_is_far_off_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(key_encryption_key=base64.b64encode(bytes(32)).decode())
    stage = Stage("release", "source", lambda _partition, _partitions: ReleaseProcessor())
    runner = Runner(settings, stage, DayKeys(), KeyStore(settings))
    leader = Leader(settings, runner, allowed_skew=300)
    caplog.set_level(logging.INFO, "quietclicks")
    broker = 1_700_000_000_000
    for off_ms in (0, 300_000, -300_000):
        leader.compare(broker + off_ms, broker)
    assert caplog.messages == []
    for off_ms in (301_000, 302_000, 0, -400_000):
        leader.compare(broker + off_ms, broker)
    told = "this machine's clock and the broker's differ by {} s: hours close late or never"
    assert caplog.messages == [told.format(301), told.format(-400)]
