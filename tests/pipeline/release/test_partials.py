"""The records between the stages read back as what they were written."""

import msgspec
import pytest

from quietclicks.pipeline.release import partials
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import Dimension
from tests.pipeline_tools import DAY, HOUR, MIDNIGHT, World, closing, event, feed, policy


@pytest.fixture(scope="module")
def world() -> World:
    """One hour of six visitors, closed."""
    found = World(partitions=2, partials=3)
    values = [closing(MIDNIGHT), *(event(n) for n in range(6)), closing(MIDNIGHT + HOUR)]
    found.put(feed(values), partition=1)
    return found.run()


def test_each_kind_reads_back(world: World) -> None:
    kinds = set()
    for log in world.handed:
        for record in log:
            assert record.key is not None
            assert record.value is not None
            kind = partials.kind_of(record.key)
            kinds.add(kind)
            if kind == "mark":
                assert partials.watermark_key.decode(record.key) == ("mark", 1)
                told = partials.watermark_value.decode(record.value)
                assert told == Watermark(2, MIDNIGHT // HOUR + 1)
            elif kind == "day":
                assert partials.day_key.decode(record.key) == ("day", 1, DAY)
                assert partials.params_value.decode(record.value).policy == policy().revision
            else:
                _, partition, site, hour, dimension, value = partials.cell_key.decode(record.key)
                assert (partition, site, hour) == (1, "shop.example", MIDNIGHT // HOUR)
                assert dimension in Dimension
                views, sample = partials.cell_value.decode(record.value)
                assert (views, Sample.decode(sample).count()) == (6, 6)
                assert (value == "") is (dimension is Dimension.TOTAL)
    assert kinds == {"mark", "day", "cell"}


def test_a_site_is_in_one_partition_and_marks_in_all(world: World) -> None:
    def kinds(number: int) -> list[str]:
        return [partials.kind_of(record.key or b"") for record in world.handed[number]]

    home = partials.site_route("shop.example") % 3
    for number in range(3):
        assert kinds(number).count("mark") == 1
        assert ("cell" in kinds(number)) is (number == home)
    assert kinds(home)[0] == "day"
    assert kinds(home)[-1] == "mark"


def test_the_route_is_the_same_everywhere() -> None:
    assert partials.site_route("shop.example") == 220_547_771


@pytest.mark.parametrize("key", [b"", b"x", msgspec.msgpack.encode(("cell", "x"))])
def test_garbage_is_no_cell(key: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, msgspec.ValidationError)):
        partials.cell_key.decode(key)
    with pytest.raises(ValueError, match="not a key"):
        partials.kind_of(key)


def test_the_kinds_are_told_apart_by_any_contents() -> None:
    for site in ("", "x" * 400):
        cell = msgspec.msgpack.encode(("cell", 70_000, site, 2**40, Dimension.PAGE, "/"))
        assert partials.kind_of(cell) == "cell"
    assert partials.kind_of(msgspec.msgpack.encode(("day", 70_000, 2**40))) == "day"
    assert partials.kind_of(msgspec.msgpack.encode(("mark", 70_000))) == "mark"
