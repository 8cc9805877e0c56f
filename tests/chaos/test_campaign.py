"""A slice of the campaign: one small round, a few of the faults."""

from tests.chaos.campaign import play
from tests.chaos.kinds import KINDS

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
