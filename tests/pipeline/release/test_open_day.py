"""A day that partitions hand over unlike one another: under another policy, or another version."""

import json

import msgspec
import pytest

from quietclicks.pipeline.processor import Listed
from quietclicks.pipeline.release import OVERFLOW, close_hour, partials
from quietclicks.pipeline.release.figures import Figure
from quietclicks.pipeline.release.open_day import OpenDay
from quietclicks.pipeline.release.params import NUMBERING
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.sketch import packed
from quietclicks.schemas.trend import Dimension
from tests.bench.release_days import params_for
from tests.pipeline_tools import Rec

HOUR = 24 * 20_000

_pack = msgspec.msgpack.encode


def partial(visitors: range, at: int = 0) -> bytes:
    """A view of each; in another dimension they have other numbers."""
    return _pack((len(visitors), packed(visitor * 100 + at for visitor in visitors)))


def test_whose_choices_are_not_known_have_overflowed_with_views_and_no_visitors() -> None:
    """Their numbers in the total say nothing of who they would be under a choice."""
    day = OpenDay(0)
    day.open(0, params_for(10, choices=True))
    day.open(1, params_for(10))
    day.add(("cell", 0, "s", HOUR, Dimension.TOTAL, ""), partial(range(24)))
    day.add(("cell", 0, "s", HOUR, Dimension.CHOICE, "DNT"), partial(range(12), 1))
    day.add(("cell", 0, "s", HOUR, Dimension.CHOICE, "(none)"), partial(range(12, 24), 1))
    for visitors in (range(24, 27), range(27, 30)):
        day.add(("cell", 1, "s", HOUR, Dimension.TOTAL, ""), partial(visitors))
    cells = day.hours[HOUR]["s"]
    assert cells[Dimension.TOTAL][""].views == 30
    overflow = cells[Dimension.CHOICE][OVERFLOW]
    assert (overflow.views, overflow.visitors.count()) == (6, 0)

    # They exist, though nobody is known of them: by themselves they could be worked out.
    records, _ = close_hour(cells, params_for(10, choices=True), "2024-10-04T00:00:00Z")
    told = {each.value: each.views for each in records if each.dimension is Dimension.CHOICE}
    assert told == {"DNT": 12, "(other)": 18}


def test_choices_that_the_day_does_not_count_are_left_out() -> None:
    day = OpenDay(0)
    day.open(1, params_for(10))
    day.open(0, params_for(10, choices=True))
    day.add(("cell", 0, "s", HOUR, Dimension.TOTAL, ""), partial(range(24)))
    day.add(("cell", 0, "s", HOUR, Dimension.CHOICE, "DNT"), partial(range(12), 1))
    assert set(day.hours[HOUR]["s"]) == {Dimension.TOTAL}


def released(*numberings: int) -> tuple[dict[str, int], int]:
    """A day of an hour of each partition, numbered so: what is published, and withheld."""
    records = [("mark", n, Watermark(len(numberings), HOUR)) for n in range(len(numberings))]
    rows = [(_pack((kind, n)), _pack(mark)) for kind, n, mark in records]
    for n, numbering in enumerate(numberings):
        params = params_for(10, numbering=numbering)
        rows += [
            (_pack(("day", n, HOUR // 24)), _pack(params)),
            (_pack(("cell", n, "s", HOUR + n, Dimension.TOTAL, "")), partial(range(20))),
            (_pack(("mark", n)), _pack(Watermark(len(numberings), HOUR + 24))),
        ]
    processor = ReleaseProcessor()
    processor.resume(0, "")
    listed = [Rec(n, 0, key, value) for n, (key, value) in enumerate(rows)]
    processor.process(listed, outputs := Listed())
    withheld = 0
    while step := processor.drain(outputs):
        withheld += step.tally[Figure.WITHHELD_DAY]
    trends = [json.loads(value or b"") for _, _, value in outputs.by_topic["trends.totals"]]
    assert step is None
    assert processor.process([], Listed()).commit == len(rows), "the day is over"
    return {trend["start"][11:13] + trend["window"]: trend["views"] for trend in trends}, withheld


def test_a_day_of_two_numberings_is_withheld() -> None:
    """Samples that cannot be united would count a visitor twice, and nine would be a crowd."""
    assert released(1, 2) == released(2, 1) == ({}, 40)


@pytest.mark.parametrize("numbering", [1, 2])
def test_a_day_of_one_is_not(numbering: int) -> None:
    assert released(numbering, numbering) == ({"00PT1H": 20, "01PT1H": 20, "00P1D": 40}, 0)


def test_parameters_of_a_version_before_have_the_first_numbering() -> None:
    before = msgspec.to_builtins(params_for(10, numbering=NUMBERING))
    del before["numbering"]
    assert partials.params_value.decode(_pack(before)) == params_for(10, numbering=1)
