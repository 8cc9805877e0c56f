"""Live: no replay tells the time, the leader does, into every partition, whoever the leader is."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, hour_text
from quietclicks.schemas import topics
from tests.commands.typed import one_line, typed
from tests.kafka.world import SOON, Worker, World, policy_text, until, world
from tests.kafka_tools import produce

VISITORS = 15
SPARE_SECONDS = 15  # in which the events must be sent; the hour closes after it
SMALL = policy_text(raw_partitions=4, partials_partitions=2)
LIVE_TICKS = {"QUIETCLICKS_TICKS": "live", "QUIETCLICKS_TICK_SECONDS": "0.5"}


def event(number: int, at: str) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "site": "shop.example",
            "timestamp": at,
            "url": "/products/1",
            "ip": f"198.51.100.{number}",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "consent": {"analytics": True},
        }
    ).encode()


async def test_ticks_close_an_hour_on_every_partition(tmp_path: Path) -> None:
    # An hour closes when it is over for longer than the allowed lateness, so that is set to how
    # long the last hour is over, and a little more. The events are sent before any tick: for them
    # the broker's clock stands in, however long the workers take to start.
    async with world(tmp_path, SMALL) as made:
        now = int(time.time() * 1000)  # now that the topics are there
        last_hour = now // MILLISECONDS_PER_HOUR - 1
        over = now % MILLISECONDS_PER_HOUR // 1000
        lateness = f"{over + SPARE_SECONDS}s"
        text = policy_text(raw_partitions=4, partials_partitions=2, allowed_lateness=lateness)
        (made.folder / "policy.toml").write_text(text, "utf-8")
        at = datetime.fromtimestamp((last_hour + 0.5) * 3600, UTC).isoformat()
        # Two partitions have events, two are idle.
        events = [(number % 2, None, event(number, at)) for number in range(VISITORS)]
        await produce(made.settings.bootstrap, topics.RAW, events)
        for _ in range(2):
            made.work(**LIVE_TICKS, **SOON)

        async def released() -> bool:
            made.check_workers()
            return bool(await made.trends())

        await until(released, "the hour is closed")
        # Shortly after midnight the day is over, too.
        [total] = [each for each in await made.trends() if each.window == "PT1H"]
        assert (total.start, total.views) == (hour_text(last_hour), VISITORS)
        assert total.visitors == VISITORS // 10 * 10
        output = await made.output()
        assert output.pseudonymised.total() == VISITORS
        assert not output.rejected

        leader = await until(lambda: leading(made), "a leader")
        assert leader is not None
        made.workers.remove(leader)
        leader.kill()
        before = await made.ends(topics.RAW)

        async def all_grew() -> bool:
            made.check_workers()
            after = await made.ends(topics.RAW)
            return all(after[partition] >= end + 3 for partition, end in before.items())

        await until(all_grew, "the other worker tells the time")
        assert await leading(made) is made.workers[0]

        refused = typed(
            *("replay", "-"),
            said=event(99, at),
            bootstrap=made.settings.bootstrap,
            policy=made.settings.policy or "",
        )
        assert "has live ticks" in one_line(refused, 1)
        values = {record.value for record in await made.read(topics.RAW)}
        assert event(99, at) not in values
        starts = [(each.window, each.start) for each in await made.trends()]
        assert len(starts) == len(set(starts)), "nothing was released twice"


async def leading(made: World) -> Worker | None:
    """The worker that owns raw partition 0."""
    for worker in made.workers:
        try:
            health = json.loads(worker.get("/healthz"))
        except OSError:
            continue
        if 0 in health["partitions"]["anonymise"]:
            return worker
    return None
