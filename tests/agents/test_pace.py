"""How often a leading worker looks for what may go: as often as a segment closes, and no rarer."""

import base64
from collections.abc import Coroutine
from typing import Any

import pytest

from quietclicks.agents.cuts import Cuts
from quietclicks.agents.evidence.writer import AuditWriter
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.topology.topics import attempt_seconds, segment_seconds, topology

POLICY = """
revision = "2026-11-22"
version = 1
sources = { "topics.segment" = "us" }
[sites."shop.example"]
[topics]
"""
KEY = base64.b64encode(bytes(KEY_BYTES)).decode()


def with_segment(segment: str) -> Policy:
    return parse(f'{POLICY}segment = "{segment}"\n', "policy.toml")


async def waits(monkeypatch: pytest.MonkeyPatch, segment: str, attempts: int) -> list[list[float]]:
    """For what nothing fails: how long each task waits before each of its first attempts."""
    found: list[list[float]] = []
    tasks: list[Coroutine[Any, Any, None]] = []

    async def recorded(self: Cuts, seconds: float) -> None:
        found[-1].append(seconds)

    async def done(*_: object) -> None:
        return None

    for name in ("_cut", "_cut_partials", "_nudge_keys", "_destroy_keys"):
        monkeypatch.setattr(Cuts, name, done)
    monkeypatch.setattr(Cuts, "sleep", recorded)
    monkeypatch.setattr(Cuts, "should_stop", property(lambda _: len(found[-1]) > attempts))
    cuts = Cuts(Settings(), with_segment(segment), lambda: True)
    monkeypatch.setattr(cuts, "add_future", tasks.append)
    await cuts.on_started()
    for task in tasks:
        found.append([])
        await task
    return found


async def test_as_the_policy_has_segments_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon after a start, then every five minutes; the nudge twice in an hour."""
    assert await waits(monkeypatch, "6h", 2) == [
        [60, 300, 300],  # events
        [60, 300, 300],  # partials
        [300, 1800, 1800],  # nudges
        [60, 300, 300],  # keys
    ]


@pytest.mark.parametrize(("segment", "often"), [("5s", 2.5), ("1s", 0.5), ("100s", 50)])
async def test_twice_in_a_short_segment(
    monkeypatch: pytest.MonkeyPatch, segment: str, often: float
) -> None:
    found = await waits(monkeypatch, segment, 2)
    assert found == [[often] * 3] * 4


@pytest.mark.parametrize(
    ("segment", "often"), [("6h", 300), ("30m", 300), ("10m", 300), ("9m", 270), ("1s", 0.5)]
)
def test_who_writes_the_audit_log_looks_as_often(segment: str, often: float) -> None:
    policy = with_segment(segment)
    writer = AuditWriter(Settings(key_encryption_key=KEY), policy, lambda: True)
    assert writer._interval == often


def test_no_topic_is_looked_at_more_rarely_than_its_segments_close() -> None:
    for segment in ("1s", "7m", "6h"):
        for spec in topology(with_segment(segment)):
            assert 0 < attempt_seconds(spec) <= min(300, segment_seconds(spec) / 2)
