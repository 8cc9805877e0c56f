"""A number for each dimension changes no published record but for the chance in visitors."""

from collections.abc import Iterator

import msgspec
import pytest

from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR
from quietclicks.pipeline.pseudonyms.pseudonym import Numberer, Numbers
from quietclicks.pipeline.release import partials
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import Dimension, Trend
from tests.pipeline.anonymise.test_choices import values_of, visits
from tests.pipeline.anonymise.test_visitors import LATER
from tests.pipeline_tools import MIDNIGHT, World, closing, event, feed

_own = Numberer.numbers


def one_for_all(self: Numberer, parts: bytes) -> Numbers:
    """As it was until 2026-11: the total's number in every sample."""
    numbers = _own(self, parts)
    return (numbers[0],) * len(numbers)


def days() -> Iterator[list[bytes]]:
    for seed in range(12):
        yield values_of(visits(seed))


def run(values: list[bytes]) -> World:
    world = World(batch=1000)
    world.put(feed(values, LATER))
    return world.run()


def views_of(world: World) -> dict[bytes, tuple[int, bool]]:
    """What is published, without the numbers of visitors."""
    trends = {
        key: msgspec.json.decode(value, type=Trend)
        for topic in world.trends().values()
        for key, value in topic.items()
    }
    return {key: (trend.views, trend.complete) for key, trend in trends.items()}


def test_the_same_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [run(values) for values in days()]
    monkeypatch.setattr(Numberer, "numbers", one_for_all)
    before = [run(values) for values in days()]
    assert [views_of(world) for world in own] == [views_of(world) for world in before]
    assert sum(len(views_of(world)) for world in own) > 1000


def in_how_many_samples(world: World) -> int:
    """The most samples of one hour that a number is in."""
    found: dict[tuple[int, int], set[tuple[Dimension, str]]] = {}
    for key, value in world.closed_cells().items():
        _, _, _, hour, dimension, name = partials.cell_key.decode(key)
        for number in Sample.decode(partials.cell_value.decode(value)[1]).hashes:
            found.setdefault((hour, number), set()).add((dimension, name))
    return max(len({dimension for dimension, _ in samples}) for samples in found.values())


def test_what_is_handed_on_joins_no_dimension_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = [event(n, MIDNIGHT, ip=f"198.51.100.{n}") for n in range(20)]
    values = [closing(MIDNIGHT), *crowd, closing(MIDNIGHT + MILLISECONDS_PER_HOUR)]
    assert in_how_many_samples(run(values)) == 1
    monkeypatch.setattr(Numberer, "numbers", one_for_all)
    assert in_how_many_samples(run(values)) == len(Dimension)
