"""Attacking what the broker holds: all trends topics, committed records, to their ends."""

from pathlib import Path

import msgspec

from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend, TrendKey
from tests.bench.release_days import cells_of, counted, params_for, random_day, released
from tests.commands.typed import one_line, typed
from tests.kafka.world import World, policy_text, world
from tests.kafka_tools import produce

PARAMS = params_for(10)
SAFE = released(cells_of(counted(random_day(4, visitors=300, hours=12), PARAMS)), PARAMS)


async def publish(made: World, *trends: Trend) -> None:
    for dimension, topic in topics.TRENDS.items():
        rows = [
            (n % 2, key_of(trend), msgspec.json.encode(trend))
            for n, trend in enumerate(trends)
            if trend.dimension is dimension
        ]
        if rows:
            await produce(made.settings.bootstrap, topic, rows)


def key_of(trend: Trend) -> bytes:
    key = TrendKey(trend.site, trend.window, trend.start, trend.dimension, trend.value)
    return msgspec.json.encode(key)


async def test_the_published_history_is_attacked(tmp_path: Path) -> None:
    async with world(tmp_path, policy_text(trends_partitions=2)) as made:
        where = {"bootstrap": made.settings.bootstrap, "policy": made.settings.policy or ""}
        nothing = typed("audit", "differencing", **where)
        assert "there are no trends to attack" in one_line(nothing, 2)

        await publish(made, *SAFE)
        total = topics.TRENDS[Dimension.TOTAL]
        await produce(made.settings.bootstrap, total, [(0, b"x", b"no trend"), (1, b"y", None)])
        safe = typed("audit", "differencing", **where)
        assert safe.returncode == 0, safe.stderr
        assert f"s 2026-11-22: {len(SAFE):,} numbers, 0 violations" in safe.stdout
        assert "1 records in the trends topics are no trends" in safe.stdout

        # A number below the threshold, under a page that nobody else has.
        small = next(t for t in SAFE if t.dimension is Dimension.PAGE and t.window == "PT1H")
        await publish(made, msgspec.structs.replace(small, value="/secret", views=3))
        found = typed("audit", "differencing", **where)
        assert " violations, " in one_line(found, 1)
        assert '  violation: page "/secret": 3 views (a published number' in found.stdout
