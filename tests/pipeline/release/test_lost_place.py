"""A release stage that has lost its place: nothing is published twice, or of half a day's cells."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.processor import Listed, Step, UnreadableRecord
from quietclicks.pipeline.release import partials
from quietclicks.pipeline.release.metadata import decode, published_until, released_hour
from quietclicks.pipeline.release.stage import ReleaseProcessor
from tests.pipeline_tools import HOUR, MIDNIGHT, SITE, Rec, World, closing, event

DAYS = 4
LATER = MIDNIGHT + 30 * MILLISECONDS_PER_DAY

Published = dict[bytes, bytes]


def handed() -> list[Rec]:
    """Four days of two partitions, each a few hours ahead of the other by turns."""
    world = World(partitions=2, batch=5)
    for partition in (0, 1):
        world.put([(closing(MIDNIGHT), LATER)], partition)
    for hour in range(24 * DAYS):
        at_ms = MIDNIGHT + hour * HOUR
        for partition in (0, 1):
            visitors = range(partition * 4, partition * 4 + 4) if hour % 6 < 2 else ()
            values = [event(hour * 100 + visitor, at_ms) for visitor in visitors]
            values.append(closing(at_ms + HOUR))
            world.put([(value, LATER) for value in values], partition)
    turn = 0
    while world.work(turn // 7 % 2) or world.work(0) or world.work(1):
        turn += 1
    return world.handed[0]


LOG = handed()


class Owners:
    """One owner after another of the partition, and what they have published."""

    def __init__(self, records: list[Rec] | None = None) -> None:
        self.records = LOG if records is None else records
        self.published: Published = {}
        self.log: list[tuple[str, bytes, bytes]] = []
        self.committed, self.metadata = 0, ""
        self.position = 0

    def start(self) -> None:
        """As the runner starts one."""
        self.processor = ReleaseProcessor()
        if not self.metadata:
            told = [
                Rec(n, 0, key, value)
                for n, (topic, key, value) in enumerate(self.log)
                if topic in self.processor.history_topics
            ]
            self.processor.look_back(told)
        self.position = self.processor.resume(self.committed, self.metadata)

    def lose(self, offset: int) -> None:
        """An operator sets the group's offset by hand, or the log begins there and it has none."""
        self.committed, self.metadata = offset, ""

    def steps(self, batch: int) -> Iterator[None]:
        """To the end of the log, as the runner goes."""
        while True:
            while (step := self.processor.drain(outputs := Listed())) is not None:
                self._commit(step, outputs)
                yield
            records = self.records[self.position : self.position + batch]
            if not records:
                return
            self._commit(self.processor.process(records, outputs := Listed()), outputs)
            yield

    def _commit(self, step: Step, outputs: Listed) -> None:
        self.committed, self.metadata = step.commit, step.metadata
        self.position = step.position
        for topic, rows in outputs.by_topic.items():
            for _, key, value in rows:
                assert key is not None
                assert value is not None
                assert key not in self.published, "published twice"
                self.published[key] = value
                self.log.append((topic, key, value))


def undisturbed() -> Owners:
    owners = Owners()
    owners.start()
    for _ in owners.steps(20):
        pass
    return owners


WHOLE = undisturbed().published


def days_of(published: Published) -> set[str]:
    return {
        key["start"][8:10]
        for key in map(json.loads, published)
        if key["window"] == "P1D" and key["dimension"] == "total"
    }


def test_the_undisturbed_run_is_worth_comparing_with() -> None:
    assert days_of(WHOLE) == {"22", "23", "24", "25"}
    assert undisturbed().committed == len(LOG)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    until=st.integers(0, 400),
    offset=st.integers(0, len(LOG)),
    restarts=st.lists(st.integers(0, 60), max_size=4),
    batch=st.sampled_from([1, 7, 50]),
)
def test_nothing_is_published_twice_nor_with_other_numbers(
    until: int, offset: int, restarts: list[int], batch: int
) -> None:
    """Lost at any moment, begun again at any offset, and restarted from there at any step."""
    owners = Owners()
    owners.start()
    for n, _ in enumerate(owners.steps(batch)):
        if n == until:
            break
    owners.lose(offset)
    for steps in [*restarts, len(LOG) * 3]:
        owners.start()
        for n, _ in enumerate(owners.steps(batch)):
            if n == steps:
                break
    assert owners.published.items() <= WHOLE.items()
    assert owners.processor.process([], Listed()).position == len(LOG), "it came to an end"


@pytest.mark.parametrize("offset", [0, "committed", "end"])
def test_days_that_begin_behind_the_loss_are_released(offset: int | str) -> None:
    """Lost in the second day: that day is lost with it, as the docs say, and no other."""
    owners = Owners()
    owners.start()
    for _ in owners.steps(5):
        if "23" in {json.loads(key)["start"][8:10] for key in owners.published}:
            break
    before = dict(owners.published)
    place = {"committed": owners.committed, "end": owners.position}.get(str(offset), 0)
    owners.lose(place)
    owners.start()
    for _ in owners.steps(5):
        pass
    assert days_of(before) == {"22"}
    assert days_of(owners.published) == {"22", "24", "25"}
    assert owners.committed == len(LOG)


def test_the_very_beginning_is_no_loss() -> None:
    """No commit, nothing published, and the log's first record at hand: all days are whole."""
    processor = ReleaseProcessor()
    processor.look_back([])
    assert processor.resume(0, "") == 0
    step = processor.process(LOG[:10], Listed())
    assert step.metadata


def test_a_new_partition_of_partials_is_whole_from_its_beginning() -> None:
    """It has no commit while others have published: what they had done is over, and no more."""
    first = next(n for n, each in enumerate(LOG) if b"cell" in (each.key or b""))
    later = [each._replace(offset=n) for n, each in enumerate(LOG[first - 1 :])]
    owners = Owners(later)  # the marks before the first cell went to the old partitions alone
    key = {"site": SITE, "window": "P1D", "start": "2026-09-21T00:00:00Z"}
    for topic in ("trends.totals", "trends.uncounted"):
        owners.log = [(topic, json.dumps(key).encode(), b"{}")]
        owners.published.clear()
        owners.committed, owners.metadata = 0, ""
        owners.start()
        for _ in owners.steps(7):
            pass
        assert days_of(owners.published) == {"22", "23", "24", "25"}


@pytest.mark.parametrize("topic", ["trends.totals", "trends.uncounted"])
def test_what_any_site_or_stream_has_published_is_over(topic: str) -> None:
    owners = Owners()
    key = {"site": SITE, "window": "PT1H", "start": "2026-09-23T05:00:00Z"}
    owners.log = [(topic, json.dumps(key).encode(), b"{}")]
    owners.start()
    for _ in owners.steps(7):
        pass
    assert days_of(owners.published) == {"24", "25"}


@pytest.mark.parametrize("site", ["shop.example", "blog.example", "shop.example (bots)"])
def test_what_is_published_of_other_partitions_sites_is_none_of_ours(site: str) -> None:
    """A partition whose first owner dies before its first commit, while another has published."""
    here = partials.site_route(site) % 2
    key = {"site": site, "window": "PT1H", "start": "2026-09-22T05:00:00Z"}
    for partition in (0, 1):
        processor = ReleaseProcessor(None, partition, 2)
        processor.look_back([Rec(0, 0, json.dumps(key).encode(), b"{}")])
        processor.resume(0, "")
        step = processor.process(LOG[:1], Listed())
        assert (step.metadata == "") is (partition == here), "it has lost its place, or begins"


def test_after_a_loss_no_hour_is_told_to_be_closed_that_is_not() -> None:
    """More is withheld than is closed: cuts go by the latter."""
    owners = Owners()
    owners.start()
    for _ in owners.steps(5):
        if "23" in {json.loads(key)["start"][8:10] for key in owners.published}:
            break
    owners.lose(owners.position)
    owners.start()
    seen = 0
    for _ in owners.steps(1):
        if owners.metadata:
            memo = decode(owners.metadata)
            told = released_hour(owners.metadata)
            assert told <= min(memo.marks)
            seen += told < memo.released
    assert seen > 0, "some was withheld that was not closed yet"


def test_a_trend_that_is_none_is_named() -> None:
    with pytest.raises(UnreadableRecord) as unreadable:
        ReleaseProcessor().look_back([Rec(7, 0, b"note", b"{}")])
    assert unreadable.value.offset == 7


def test_a_log_that_does_not_begin_at_its_beginning_is() -> None:
    owners = Owners()
    owners.lose(1)
    owners.start()
    for _ in owners.steps(7):
        pass
    assert days_of(owners.published) == {"23", "24", "25"}


@pytest.mark.parametrize(
    ("window", "start", "hour"),
    [
        ("PT1H", "1970-01-01T00:00:00Z", 1),
        ("P1D", "1970-01-02T00:00:00Z", 48),
        ("PT1H", "1970-01-02T23:00:00Z", 48),
    ],
)
def test_a_trend_tells_when_its_window_ends(window: str, start: str, hour: int) -> None:
    key = json.dumps({"site": "s", "window": window, "start": start, "dimension": "x", "value": ""})
    assert published_until(key.encode()) == ("s", hour)


def test_what_is_no_trend_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid"):
        published_until(b'{"site":"s","window":"PT2H","start":"1970-01-01T00:00:00Z"}')
