"""A day goes out a site at a time, and a restart between any two of them changes nothing."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.processor import Listed, Row, Step
from quietclicks.pipeline.release import HourCells, Params
from quietclicks.pipeline.release import stage as release_stage
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas.trend import Dimension
from tests.bench.release_days import params_for
from tests.pipeline_tools import DAY, Rec

FIRST = DAY * 24
PARAMS = params_for(5)
SITES = ("a.example", "b.example", "c.example")

_pack = msgspec.msgpack.Encoder(order="deterministic").encode


def opened(partition: int, day: int) -> tuple[bytes, bytes]:
    return _pack(("day", partition, day)), _pack(PARAMS)


def marked(closed_until: int, partition: int = 0, partitions: int = 1) -> tuple[bytes, bytes]:
    return _pack(("mark", partition)), _pack(Watermark(partitions, closed_until))


def cells(site: str, hour: int, visitors: int = 6) -> Iterator[tuple[bytes, bytes]]:
    """Two: each visitor saw one page."""
    who = Sample(range(1, visitors + 1)).encode()
    for dimension, value in (Dimension.TOTAL, ""), (Dimension.PAGE, "/"):
        yield _pack(("cell", 0, site, hour, dimension, value)), _pack((visitors, who))


def log_of(records: Iterable[tuple[bytes, bytes]]) -> list[Rec]:
    return [Rec(offset, 0, *record) for offset, record in enumerate(records)]


def days(hours: Iterable[int], sites: Iterable[str] = SITES) -> list[Rec]:
    """Those hours of each site, handed over as their days end; and a day after them that is open.

    Of each site a visitor more, so that no two have the same numbers; the first is too small.
    """
    records: list[tuple[bytes, bytes]] = []
    numbers = sorted(hours)
    for number in range(numbers[-1] // 24 + 1):
        records.append(opened(0, DAY + number))
        for hour in (each for each in numbers if each // 24 == number):
            for size, site in reversed(list(enumerate(sites, 4))):
                records += cells(site, FIRST + hour, size)
        records.append(marked(FIRST + (number + 1) * 24))
    records += [opened(0, DAY + 90), *cells("z.example", (DAY + 90) * 24)]
    return log_of(records)


class Run:
    """The stage on a log, driven as the runner drives it; `crashes` is asked before each step."""

    def __init__(
        self, log: list[Rec], batch: int = 100, crashes: Callable[["Run"], bool] = lambda run: False
    ) -> None:
        self.log, self.batch = log, batch
        self.rows: dict[str, list[Row]] = {}
        self.tally: Counter[str] = Counter()
        self.steps: list[Step] = []
        self.told: list[list[str]] = []  # by step: of whom, and of what, a total went out
        self.closed: list[tuple[str, int]] = []
        self.asked = 0
        self.committed = Step(0, 0)
        self._start()
        while True:
            self.asked += 1
            if crashes(self):
                self._start()
            if not self._step():
                break

    def _start(self) -> None:
        def closed(site: str, hour: int, _cells: HourCells, _params: Params) -> None:
            self.closed.append((site, hour))

        self._processor = ReleaseProcessor(closed)
        self._position = self._processor.resume(self.committed.commit, self.committed.metadata)

    def _step(self) -> bool:
        step = self._processor.drain(outputs := Listed())
        if step is None:
            records = self.log[self._position : self._position + self.batch]
            if not records:
                return False
            step = self._processor.process(records, outputs)
            self._position = step.position
        self.committed = step
        self.steps.append(step)
        self.tally += step.tally
        totals = [json.loads(key or b"") for _, key, _ in outputs.by_topic["trends.totals"]]
        self.told.append([f"{key['site'][0]} {key['window']}" for key in totals])
        for topic, rows in outputs.by_topic.items():
            if rows:
                self.rows.setdefault(topic, []).extend(rows)
        return True


def at_each_step() -> Callable[[Run], bool]:
    """Once at each: reading again leads to where it was, and it has to get on."""
    been: set[tuple[int, str]] = set()

    def crashes(run: Run) -> bool:
        place = run.committed.commit, run.committed.metadata
        is_new = place not in been
        been.add(place)
        return is_new

    return crashes


def test_a_large_site_is_a_step_by_itself_and_its_day_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(release_stage, "CELLS_PER_STEP", 1)  # so each of these is large
    run = Run(days([3, 23]))
    # Of `a` too few came to be told of: its steps publish nothing.
    three = [[], ["b PT1H"], ["c PT1H"], [], ["b PT1H"], ["c PT1H"], [], ["b P1D"], ["c P1D"]]
    assert run.told == [[], *three]  # first all is read
    assert run.closed == [(site, FIRST + hour) for hour in (3, 23) for site in SITES]


@pytest.mark.parametrize(("room", "together"), [(2, 1), (3, 2), (4, 2), (5, 3), (100, 5)])
def test_small_sites_share_a_step(
    room: int, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has two cells here. A thousand of them were as many transactions otherwise."""
    monkeypatch.setattr(release_stage, "CELLS_PER_STEP", room)
    sites = [f"{letter}.example" for letter in "efghi"]
    hour = [cell for site in sites for cell in cells(site, FIRST)]
    told = [each for each in Run(log_of([opened(0, DAY), *hour, marked(FIRST + 1)])).told if each]
    whole = [f"{letter} PT1H" for letter in "efghi"]
    assert told == [whole[at : at + together] for at in range(0, 5, together)]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    hours=st.sets(st.sampled_from([0, 3, 22, 23, 24, 40, 47, 71]), min_size=1, max_size=4),
    crashes=st.none() | st.sets(st.integers(0, 60)),
    room=st.sampled_from([1, 3, 1000]),
    batch=st.sampled_from([1, 7, 100]),
)
def test_a_restart_between_any_two_steps_changes_nothing(
    hours: set[int], crashes: set[int] | None, room: int, batch: int
) -> None:
    """`None`: at each step. All days that are open are read again, and those hours closed again."""
    log = days(hours)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_stage, "CELLS_PER_STEP", room)
        whole = Run(log, batch)
        cut = Run(log, batch, at_each_step() if crashes is None else lambda r: r.asked in crashes)
    assert cut.rows == whole.rows, "each number once, in the same order, byte for byte"
    assert cut.tally == whole.tally
    assert cut.committed.metadata == whole.committed.metadata
    assert cut.committed.commit == whole.committed.commit
    assert len(whole.rows["trends.totals"]) >= 2 * len(hours) + 2


def test_a_day_is_read_again_until_the_last_of_its_sites_is_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(release_stage, "CELLS_PER_STEP", 1)
    log = days([23, 24])
    tomorrow = next(each.offset for each in log if each.key == opened(0, DAY + 1)[0])
    run = Run(log)
    memos = [json.loads(step.metadata) for step in run.steps]
    end = FIRST + 24
    found = [
        (step.commit, memo["released"] - end, memo["sites"])
        for step, memo in zip(run.steps, memos, strict=True)
    ]
    assert found[:8] == [
        (0, -end, 0),
        *[(0, -end, sites) for sites in (1, 2, 3, 4, 5)],
        (tomorrow, 0, 0),
        (tomorrow, 0, 1),
    ]


def test_what_a_version_before_this_had_committed_is_read_on() -> None:
    """It told of no sites, for it released all of them together."""
    log = days([3, 23])
    whole = Run(log)
    memo = {"position": len(log), "released": FIRST + 4, "marks": [FIRST + 24]}
    processor = ReleaseProcessor()
    position = processor.resume(0, json.dumps(memo))
    processor.process(log[position:], Listed())
    rows: list[Row] = []
    while processor.drain(outputs := Listed()) is not None:
        rows += outputs.by_topic["trends.totals"]
    assert rows == whole.rows["trends.totals"][2:], "all but the hour that it had released"


def test_what_goes_with_a_commit_is_short_however_many_sites_there_are() -> None:
    partitions = 64
    sites = [f"{number}.a-long-name-of-a-site.example" for number in range(1000)]
    hour = [cell for site in sites for cell in cells(site, FIRST + 23)]
    marks = [marked(FIRST + 24, each, partitions) for each in range(partitions)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_stage, "CELLS_PER_STEP", 300)
        run = Run(log_of([opened(0, DAY), *hour, *marks]), batch=10_000)
    assert max(json.loads(step.metadata)["sites"] for step in run.steps) > 1000
    assert max(len(step.metadata) for step in run.steps) < 600  # of 4,096 bytes
    assert len(run.rows["trends.totals"]) == 2000
