"""The same log gives the same trends, byte for byte, whatever moves it."""

import json
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from quietclicks.agents.replay import with_ticks
from quietclicks.demo.shop import sample_day
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.logs.events import plan, timeline
from quietclicks.pipeline.policy import parse
from quietclicks.schemas import topics
from tests.kafka.world import KEY, Output, policy_text, world

DAY = date(2024, 2, 29)
VALUES = list(sample_day(11, DAY, visitors=900))

_offline: list[Output] = []


def offline() -> Output:
    """What the pure pipeline makes of it, as `preview` runs it."""
    if not _offline:
        policy = parse(policy_text(), "policy.toml")
        made = Offline(policy, lambda address: None, lambda day: KEY)
        now = int(time.time() * 1000)
        planned = plan(timeline(VALUES, now), policy.time.allowed_lateness, now)
        appended = ((value, now) for value, _ in with_ticks(VALUES, planned))
        output = Output(Counter(), Counter(), Counter(), Counter())
        for topic, key, value in made.run(appended):
            if topic == topics.PSEUDONYMISED:
                output.pseudonymised[key, value] += 1
            elif topic == topics.REJECTED:
                output.rejected[json.loads(value or b"")["reason"], 0, 0] += 1
            elif topic.startswith(topics.PARTNERS):
                output.partners[topic.removeprefix(topics.PARTNERS), key, value] += 1
            else:
                output.trends[topic, key, value] += 1
        windows = Counter(json.loads(key or b"")["window"] for _, key, _ in output.trends)
        assert windows["PT1H"] > 100
        assert windows["P1D"] > 0
        names = {json.loads(key or b"")["site"] for _, key, _ in output.trends}
        assert names == {"shop.example", "shop.example (opted out)", "shop.example (bots)"}
        assert {topic for topic, _, _ in output.trends} == set(topics.PUBLISHED)
        _offline.append(output)
    return _offline[0]


@pytest.mark.parametrize(
    ("partitions", "workers"),
    [pytest.param(3, 2, id="3 partitions, 2 workers"), pytest.param(7, 1, id="7, 1 worker")],
)
async def test_partitions_and_workers_make_no_difference(
    tmp_path: Path, partitions: int, workers: int
) -> None:
    expected = offline()
    text = policy_text(raw_partitions=partitions, partials_partitions=partitions - 1)
    async with world(tmp_path, text) as made:
        await made.give_keys([DAY.isoformat()])
        for _ in range(workers):
            made.work()
        await made.send(VALUES)
        await made.all_released()
        output = await made.output()
    assert output.trends == expected.trends
    assert output.pseudonymised == expected.pseudonymised
    assert output.partners == expected.partners
    reasons: Counter[str] = Counter()
    for (reason, _, _), number in output.rejected.items():
        reasons[reason] += number
    assert reasons == {reason: n for (reason, _, _), n in expected.rejected.items()}
