"""The release stage: what is published, when, and that a restart changes nothing."""

import json
from collections import deque
from functools import cache
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.policy.check import PARTITIONS_CEILING
from quietclicks.pipeline.processor import Listed, Step
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.schemas import topics
from tests.pipeline_tools import HOUR, MIDNIGHT, Rec, World, closing, event, feed, policy, shop

LATER = MIDNIGHT + 30 * 24 * HOUR


def spread(values: list[bytes], world: World) -> World:
    """Events by visitor, ticks to every partition, as `replay` does."""
    for value in values:
        fields = json.loads(value)
        if fields.get("type") == "tick":
            for partition in range(world.partitions):
                world.put([(value, LATER)], partition)
        else:
            number = int(fields["ip"].rpartition(".")[2])
            world.put([(value, LATER)], number % world.partitions)
    return world


@cache
def two_sites() -> list[bytes]:
    return shop(visitors=40, hours=30, sites=2)


@cache
def of_one_partition() -> dict[str, dict[bytes, bytes]]:
    return spread(two_sites(), World()).run().trends()


@pytest.mark.parametrize("partials", [1, 4])
@pytest.mark.parametrize("partitions", [3, 7])
def test_trends_do_not_depend_on_the_number_of_partitions(partitions: int, partials: int) -> None:
    one = of_one_partition()
    values = two_sites()
    many = spread(values, World(partitions=partitions, partials=partials, batch=37)).run().trends()
    assert one == many
    assert len(one["trends.totals"]) > 50
    assert len(one["trends.pages"]) > 100


def test_an_hour_is_published_when_all_partitions_have_passed_it() -> None:
    world = World(partitions=2)
    crowd = [closing(MIDNIGHT), *(event(n, MIDNIGHT) for n in range(6))]
    world.put(feed([*crowd, closing(MIDNIGHT + HOUR)], LATER), 0)
    assert not any(world.run().trends().values())
    world.put(feed([closing(MIDNIGHT + HOUR)], LATER), 1)  # it never had an event
    totals = world.run().trends()["trends.totals"]
    assert [json.loads(value)["views"] for value in totals.values()] == [6]


def test_a_day_is_published_after_its_last_hour() -> None:
    world = World()
    world.put(
        feed(
            [closing(MIDNIGHT), *(event(n) for n in range(6)), closing(MIDNIGHT + 23 * HOUR)], LATER
        )
    )
    windows = [json.loads(k)["window"] for k in world.run().trends()["trends.totals"]]
    assert windows == ["PT1H"]
    world.put(feed([closing(MIDNIGHT + 24 * HOUR)], LATER))
    windows = [json.loads(k)["window"] for k in world.run().trends()["trends.totals"]]
    assert windows == ["PT1H", "P1D"]


def test_too_few_visitors_are_withheld() -> None:
    world = World()
    world.put(
        feed(
            [closing(MIDNIGHT), *(event(n) for n in range(4)), closing(MIDNIGHT + 24 * HOUR)], LATER
        )
    )
    assert not any(world.run().trends().values())
    assert len(world.events()) == 4


@cache
def a_day() -> list[bytes]:
    return shop(visitors=12, hours=27)


@cache
def undisturbed() -> dict[str, dict[bytes, bytes]]:
    return spread(a_day(), World(partitions=2)).run().trends()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sets(st.integers(1, 220), max_size=25), st.sampled_from([1, 3, 50]))
def test_a_restart_changes_no_trend_and_publishes_none_twice(cuts: set[int], batch: int) -> None:
    world = World(partitions=2, batch=batch, restart=cuts.__contains__)
    spread(a_day(), world).run()
    assert world.trends() == undisturbed()
    assert undisturbed()["trends.totals"]
    assert world.restarts or not cuts or max(cuts) > 20


def test_a_step_publishes_one_hour_and_the_day_that_ends_with_it() -> None:
    """However many are complete at once: nothing else is done meanwhile, not even a heartbeat."""
    told: list[list[tuple[str, str]]] = []

    class Watched(World):
        def write(self, step: Step, outputs: Listed) -> None:
            keys = [json.loads(key or b"") for _, key, _ in outputs.by_topic["trends.totals"]]
            told.append([(key["window"], key["start"][8:13]) for key in keys])
            super().write(step, outputs)

    values = [closing(MIDNIGHT)]
    values += [event(n + 100 * h, MIDNIGHT + h * HOUR) for h in (3, 4, 23, 25) for n in range(6)]
    world = Watched(batch=1000)
    world.put(feed([*values, closing(MIDNIGHT + 50 * HOUR)], LATER))
    world.run()
    assert [each for each in told if each] == [
        [("PT1H", "22T03")],
        [("PT1H", "22T04")],
        [("PT1H", "22T23"), ("P1D", "22T00")],
        [("PT1H", "23T01")],
        [("P1D", "23T00")],
    ]


def handed_by_two() -> tuple[list[Rec], list[Rec]]:
    """What each of two partitions hands over of two days."""
    world = World(partitions=2)
    for partition in (0, 1):
        visitors = range(partition * 6, partition * 6 + 6)
        world.put(feed([closing(MIDNIGHT), *(event(n) for n in visitors)], LATER), partition)
        tomorrow = [event(n + 100, MIDNIGHT + 24 * HOUR) for n in visitors]
        ticks = closing(MIDNIGHT + 24 * HOUR), closing(MIDNIGHT + 48 * HOUR)
        world.put(feed([ticks[0], *tomorrow, ticks[1]], LATER), partition)
    for partition in (0, 1):
        world.batch = 8  # a batch ends with the tick that closes a day
        while world.work(partition):
            pass
    logs: tuple[list[Rec], list[Rec]] = [], []
    for record in world.handed[0]:
        logs[msgspec.msgpack.decode(record.key or b"")[1]].append(record)
    return logs


def woven(first: list[Rec], second: list[Rec], takes: list[int]) -> list[Rec]:
    """Two partitions' records in one log, each in its own order."""
    logs, log = [deque(first), deque(second)], list[Rec]()
    for which, number in enumerate(takes):
        log += [logs[which % 2].popleft() for _ in range(min(number, len(logs[which % 2])))]
    return [each._replace(offset=n) for n, each in enumerate([*log, *logs[0], *logs[1]])]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 12), max_size=8), st.sampled_from([1, 4, 100]))
def test_partials_may_come_in_any_mixture_and_with_any_restart(
    takes: list[int], batch: int
) -> None:
    """One partition may be a day ahead of the other: of a day that is released, some of the cells
    lie behind the offset that is read again, and some before it."""
    first, second = HANDED
    worlds = World(), World(batch=batch, restart=lambda step: True)
    for world in worlds:
        world.handed[0] = woven(first, second, takes)
        world.run()
    undisturbed, restarted = worlds
    assert restarted.trends() == undisturbed.trends()
    assert len(undisturbed.trends()["trends.totals"]) == 4
    assert restarted.commits[0][-1][0] == len(restarted.handed[0]), "a day was left open"


HANDED = handed_by_two()


def test_commits_never_go_back() -> None:
    world = spread(shop(visitors=12, hours=50), World(partitions=3, batch=7))
    commits = [offset for offset, _ in world.run().commits[0]]
    assert all(before <= after for before, after in pairwise(commits))
    assert commits[-1] == len(world.handed[0])


@pytest.mark.parametrize("restarts", [False, True], ids=["undisturbed", "restarted at every step"])
def test_a_changed_policy_takes_effect_with_the_next_day(restarts: bool) -> None:
    world = World(restart=lambda step: restarts)
    world.put(feed([closing(MIDNIGHT), *(event(n, MIDNIGHT) for n in range(6))], LATER))
    world.run()
    world.policy = policy(
        ("k = 5", "k = 7"), ("cap_day = 12", "cap_day = 20"), ("-09-01", "-09-22")
    )
    world.restart = lambda step: True  # nobody changes a policy without one
    world.put(feed([event(n, MIDNIGHT + HOUR) for n in range(6, 12)], LATER))
    world.put(feed([closing(MIDNIGHT + 24 * HOUR)], LATER))
    world.put(feed([event(n, MIDNIGHT + 25 * HOUR) for n in range(12, 18)], LATER))
    world.put(feed([event(n, MIDNIGHT + 26 * HOUR) for n in range(18, 25)], LATER))
    world.put(feed([closing(MIDNIGHT + 48 * HOUR)], LATER))
    totals = [json.loads(v) for v in world.run().trends()["trends.totals"].values()]
    assert [(t["start"][5:13], t["window"], t["views"], t["policy"]) for t in totals] == [
        ("09-22T00", "PT1H", 6, "2026-09-01"),
        ("09-22T01", "PT1H", 6, "2026-09-01"),
        ("09-22T00", "P1D", 12, "2026-09-01"),
        # 01:00 had six visitors, one below the new threshold: it waits, and is one row too few.
        ("09-23T02", "PT1H", 7, "2026-09-22"),
        ("09-23T00", "P1D", 7, "2026-09-22"),
    ]


def test_each_dimension_adds_up_to_the_total() -> None:
    world = spread(shop(visitors=40, hours=30), World(partitions=3)).run()
    trends = world.trends()
    totals = {
        (t["window"], t["start"]): t["views"]
        for t in map(json.loads, trends["trends.totals"].values())
    }
    checked = 0
    for topic in topics.TRENDS.values():
        sums: dict[tuple[str, str], int] = {}
        for trend in map(json.loads, trends[topic].values()):
            window = trend["window"], trend["start"]
            sums[window] = sums.get(window, 0) + trend["views"]
        assert all(totals[window] == views for window, views in sums.items())
        checked += len(sums)
    assert checked > 80


def test_what_goes_with_a_commit_fits_for_as_many_partitions_as_a_policy_may_ask_for() -> None:
    processor = ReleaseProcessor()
    processor.resume(0, "")
    closed_until = LATER // HOUR
    records = [
        Rec(
            offset,
            LATER,
            msgspec.msgpack.encode(("mark", offset)),
            msgspec.msgpack.encode(Watermark(PARTITIONS_CEILING, closed_until)),
        )
        for offset in range(PARTITIONS_CEILING)
    ]
    step = processor.process(records, Listed())
    assert json.loads(step.metadata)["marks"] == [closed_until] * PARTITIONS_CEILING
    assert len(step.metadata) < 4096  # a broker's offset.metadata.max.bytes
