"""A slice of the campaign: one small round, a few of the faults."""

import pytest

from quietclicks.agents import cuts
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.policy import parse
from tests.chaos import rules
from tests.chaos.campaign import play
from tests.chaos.kinds import KINDS
from tests.chaos.worker import prepare

KINDS_HERE = ("kill all", "storm of ticks", "kill while making a key", "late EndTxn")


async def test_a_round() -> None:
    result = await play(4, len(KINDS_HERE), lambda _: None, kinds=KINDS_HERE, per_second=300)
    assert result.found == []
    assert set(KINDS_HERE) <= set(KINDS)
    assert result.faults == dict.fromkeys(KINDS_HERE, 1)
    assert result.missed == {}
    assert result.ends["killed"] >= 3
    assert result.events > 1_000
    assert result.trends > 50


async def test_its_workers_delete_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long one leads: what is compared is all that was ever written."""
    for changed in ("cuts.Cuts.on_started", "evidence.writer.attempt_seconds"):
        monkeypatch.setattr(f"quietclicks.agents.{changed}", None)  # to be put back in the end
    prepare()
    service = cuts.Cuts(Settings(), parse(rules.text(), "policy.toml"), lambda: True)
    await service.start()
    assert not service._futures
    await service.stop()
