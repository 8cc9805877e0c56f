"""What joins two recipients' records of one event: not their order, within a transaction."""

import json
from itertools import combinations
from random import Random
from statistics import correlation
from typing import Any

import pytest

from quietclicks.schemas import topics
from tests.pipeline_tools import APPENDED, HOUR, NOW, World, closing, event, feed, policy

ADREACH, READER = (topics.PARTNERS + name for name in ("adreach", "reader"))
TWO = (
    "[sources]",
    '[partners.reader]\npurpose = "to count readers"\nfields = ["visitor", "page"]\n'
    'sites = ["shop.example", "blog.example"]\n\n[sources]',
)
ADREACH_KEEPS = ('fields = ["id", "visitor", "page"]', 'fields = ["id", "page"]')
ALL = (topics.PSEUDONYMISED, ADREACH, READER)
SITES = ("shop.example", "blog.example")


def logged(numbers: list[int]) -> list[bytes]:
    """Events that name themselves by their page; two sites, with odd ones and ticks between."""
    random = Random(11)
    values = [closing(NOW)]
    for number in numbers:
        this = event(number, NOW, url=f"/page/n{number}", site=SITES[number % 7 == 0])
        values += [this, *random.choices([b"none", closing(NOW), this], k=number % 5 == 0)]
    return [*values, closing(NOW + HOUR)]


def ran(values: list[bytes], batch: int = 10_000) -> World:
    world = World(policy(ADREACH_KEEPS, TWO), batch=batch)
    world.put(feed(values, APPENDED + HOUR))
    return world.run()


def of(world: World, topic: str) -> list[dict[str, Any]]:
    return [json.loads(value or b"") for _, value in world.topics[topic]]


def page(number: int) -> bytes:
    return event(number, NOW, url=f"/page/n{number}")


def numbered(told: dict[str, Any]) -> int:
    return int(told["page"].rpartition("n")[2])


def test_analysts_have_the_logs_order_and_a_partner_has_its_ids() -> None:
    numbers = list(range(600))
    world = ran(logged(numbers))
    assert [numbered(each) for each in world.events()] == numbers
    ids = [each["id"] for each in of(world, ADREACH)]
    assert len(ids) > 500
    assert ids == sorted(ids)


@pytest.mark.parametrize("topic", [ADREACH, READER], ids=["has its ids", "has none"])
def test_a_partners_order_tells_nothing_of_the_logs(topic: str) -> None:
    """The same events, logged in any order, make the same bytes in the same order."""
    numbers = list(range(600))
    wanted = ran(logged(numbers))
    for seed in range(3):
        Random(seed).shuffle(numbers)
        world = ran(logged(numbers))
        assert world.topics[topic] == wanted.topics[topic]
        assert world.topics[topics.PSEUDONYMISED] != wanted.topics[topics.PSEUDONYMISED]


def test_an_events_places_in_two_topics_say_nothing_of_each_other() -> None:
    """Of no two recipients; a correlation of 400 places is under 0.2 by chance (four sigma)."""
    numbers = list(range(400))
    world = ran([closing(NOW), *[page(number) for number in numbers], closing(NOW + HOUR)])
    places = {topic: [numbered(each) for each in of(world, topic)] for topic in ALL}
    assert all(sorted(found) == numbers for found in places.values())
    assert places[topics.PSEUDONYMISED] == numbers
    for one, other in combinations(places.values(), 2):
        in_other = [other.index(number) for number in one]
        assert abs(correlation(numbers, in_other)) < 0.2
    assert correlation(numbers, numbers) == pytest.approx(1)


@pytest.mark.parametrize("batch", [1, 50, 300])
def test_whatever_the_transactions_are_each_is_there_once(batch: int) -> None:
    numbers = list(range(200))
    whole, cut = ran(logged(numbers)), ran(logged(numbers), batch)
    for topic in (ADREACH, READER):
        assert sorted(cut.topics[topic], key=repr) == sorted(whole.topics[topic], key=repr)
    assert cut.topics[topics.PSEUDONYMISED] == whole.topics[topics.PSEUDONYMISED]
