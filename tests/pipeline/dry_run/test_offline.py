"""The pipeline without Kafka gives what the stages give, and asks for nothing."""

from collections import Counter
from collections.abc import Iterator

from quietclicks.pipeline.dry_run import offline
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.schemas import topics
from tests.pipeline_tools import MIDNIGHT, World, country, day_key, feed, policy, shop

VALUES = shop(visitors=12, hours=30, sites=2)
APPENDED = MIDNIGHT + 49 * 3_600_000


def test_it_gives_what_the_stages_give() -> None:
    own = Offline(policy(), country, day_key)
    records = list(own.run((value, APPENDED) for value in VALUES))
    world = World(batch=1000)
    world.put(feed(VALUES))
    world.run()
    by_topic: dict[str, list[tuple[bytes | None, bytes | None]]] = {}
    for record in records:
        by_topic.setdefault(record.topic, []).append((record.key, record.value))
    assert by_topic.keys() == {topic for topic, rows in world.topics.items() if rows}
    for topic, rows in by_topic.items():
        assert sorted(rows, key=repr) == sorted(world.topics[topic], key=repr)
    assert own.tally[topics.PSEUDONYMISED] == len(world.events())
    assert offline.INTERNAL.isdisjoint(by_topic)


def test_each_day_is_asked_for_once() -> None:
    asked: list[int] = []

    def new_key(day: int) -> bytes:
        asked.append(day)
        return day_key(day)

    list(Offline(policy(), country, new_key).run((value, APPENDED) for value in VALUES))
    assert asked == [MIDNIGHT // 86_400_000, MIDNIGHT // 86_400_000 + 1]


def test_it_streams() -> None:
    """A record comes out before the last has gone in: a long log is no matter of memory."""
    fed = Counter[str]()

    def values() -> Iterator[tuple[bytes, int]]:
        for value in VALUES * 10:
            fed["records"] += 1
            yield value, APPENDED

    first = next(Offline(policy(), country, day_key).run(values()))
    assert first.topic
    assert fed["records"] <= offline.BATCH < len(VALUES) * 10
