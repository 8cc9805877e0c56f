"""The laws that the runner rests on, of every `Processor`: where it may be cut, what it writes.

A run is cut at every step's end. A new processor, with the state and the offset that were committed
until then and with other batches from there on, writes what the undisturbed one did, to the byte.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count, repeat
from random import Random
from typing import NamedTuple

import msgspec
import pytest

from quietclicks.pipeline.processor import Listed, Processor, Row, Step
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.partials import Mark
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.schemas import topics
from tests.pipeline_tools import (
    HOUR,
    MIDNIGHT,
    Rec,
    World,
    anonymise_processor,
    day_key,
    event,
    feed,
    policy,
    shop,
)

RULES = policy()
PARTITIONS = 3  # of the raw topic, where the release stage is concerned


class Subject(NamedTuple):
    """A stage's processor, and a log of its source that has all it can meet."""

    make: Callable[[], tuple[Processor, DayKeys]]
    log: Sequence[Rec]


def values() -> list[bytes]:
    """A day and a bit of two sites: with caps, and late, repeated and damaged ones."""
    made = shop(visitors=8, hours=27, start_ms=MIDNIGHT + 20 * HOUR, sites=2)
    random = Random(5)
    for number in range(40):
        at = random.randrange(1, len(made) - 1)
        odd = made[random.randrange(at)]  # repeated: some of them late, some of them ticks
        made.insert(at, (odd, b"no event", event(10_000 + number, MIDNIGHT))[number % 3])
    return made


@cache
def anonymise() -> Subject:
    log = [Rec(at, when, None, value) for at, (value, when) in enumerate(feed(values()))]
    return Subject(lambda: anonymise_processor(RULES), log)


@cache
def release() -> Subject:
    world = World(RULES, partitions=PARTITIONS, batch=25)
    for number, value in enumerate(values()):
        to = range(PARTITIONS) if b'"tick"' in value else [number % PARTITIONS]
        for partition in to:
            world.put(feed([value]), partition)
    return Subject(lambda: (ReleaseProcessor(), DayKeys()), world.run().handed[0])


SUBJECTS = [pytest.param(anonymise, id="anonymise"), pytest.param(release, id="release")]


class Cut(NamedTuple):
    """What is left of a run when its owner is gone."""

    state: int  # so many records
    committed: int
    metadata: str
    processed: int  # records before this one are in what was written
    written: Mapping[str, int]  # so many rows of each topic


class Run:
    """One partition under one owner after another, driven as the runner does it."""

    def __init__(self, subject: Subject, sizes: Iterable[int], whole: "Run | None" = None) -> None:
        """Of `whole` it has the state topic up to the cut that it is then started from."""
        self.subject = subject
        self.sizes = iter(sizes)
        self.state: list[Rec] = [] if whole is None else list(whole.state)
        self.written: defaultdict[str, list[Row]] = defaultdict(list)
        self.tally = Counter[str]()
        self.committed, self.metadata = 0, ""
        self.processor, self.keys = subject.make()
        self.position = 0

    def start(self, cut: Cut | None = None, compacted: bool = False) -> "Run":
        """Restore, in parts, and resume."""
        if cut is not None:
            self.committed, self.metadata = cut.committed, cut.metadata
            del self.state[cut.state :]
        records = self.state
        if compacted:
            last = {record.key: record for record in records}
            records = [each for each in sorted(last.values()) if each.value is not None]
        if self.processor.state_topic is not None:
            for part in (records[:1], records[1:7], records[7:], []):
                self.processor.restore(part)
            assert self.processor.has_progress == (cut is not None)
        else:
            assert self.processor.has_progress
        self.position = self.processor.resume(self.committed, self.metadata)
        assert 0 <= self.position <= self.committed
        return self

    def steps(self) -> Iterator[Cut]:
        """To the end of the log; after each committed step, what would be left then."""
        log = self.subject.log
        yield from self.drain()
        while self.position < len(log):
            records = log[self.position : self.position + next(self.sizes)]
            self.position += len(records)
            yield from self.process(records)
            yield from self.drain()

    def process(self, records: Sequence[Rec]) -> Iterator[Cut]:
        while True:
            step = self.processor.process(records, outputs := Listed())
            assert records[0].offset <= step.position or step.position == self.committed
            yield self._commit(step, outputs, records[-1].offset + 1)
            if step.day_missing is None:
                return
            self.keys.put(step.day_missing, day_key(step.day_missing))
            records = [each for each in records if each.offset >= step.position]

    def drain(self) -> Iterator[Cut]:
        while (step := self.processor.drain(outputs := Listed())) is not None:
            yield self._commit(step, outputs, self.position)
        outputs = Listed()
        assert self.processor.drain(outputs) is None, "nothing is owed: it was said"
        assert not outputs.by_topic

    def _commit(self, step: Step, outputs: Listed, read: int) -> Cut:
        """One transaction. Never is more committed than was processed, nor less than before."""
        assert self.committed <= step.commit <= step.position <= max(read, self.committed)
        self.committed, self.metadata = step.commit, step.metadata
        self.tally += step.tally
        for topic, rows in outputs.by_topic.items():
            if topic == self.processor.state_topic:
                for _, key, value in rows:
                    self.state.append(Rec(len(self.state), 0, key, value))
            else:
                self.written[topic] += rows
        written = {topic: len(rows) for topic, rows in self.written.items()}
        return Cut(len(self.state), self.committed, self.metadata, step.position, written)


def since(whole: Run, cut: Cut) -> dict[str, list[Row]]:
    """What the undisturbed run wrote after a cut."""
    after = {topic: rows[cut.written.get(topic, 0) :] for topic, rows in whole.written.items()}
    return {topic: rows for topic, rows in after.items() if rows}


def same(found: Mapping[str, Sequence[Row]], wanted: Mapping[str, Sequence[Row]]) -> bool:
    """Every topic byte for byte and in order; of what is handed on between stages, the content."""
    public = (found.keys() | wanted.keys()) - {topics.PARTIALS}
    return all(found.get(topic, []) == wanted.get(topic, []) for topic in public) and handed(
        found.get(topics.PARTIALS, [])
    ) == handed(wanted.get(topics.PARTIALS, []))


def handed(rows: Sequence[Row]) -> tuple[list[Row], set[Row], Row | None]:
    """The closed cells, each once, the days' parameters, and the last mark.

    Cells of an hour have no order among themselves, but none comes after a mark that passes it.
    """
    cells: list[Row] = []
    days: set[Row] = set()
    mark: Row | None = None
    passed = 0
    for row in rows:
        _, key, value = row
        kind, _, *rest = msgspec.msgpack.decode(key or b"")
        if kind == "mark":
            mark, passed = row, msgspec.msgpack.decode(value or b"", type=Mark).boundary
        elif kind == "day":
            days.add(row)
        else:
            cells.append(row)
            assert rest[1] >= passed, "a cell behind its mark"
    assert len({key for _, key, _ in cells}) == len(cells), "a cell was handed on twice"
    return sorted(cells, key=lambda row: row[1] or b""), days, mark


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("size", [1, 7, 60, 10_000])
def test_a_run_may_be_cut_after_any_step(subject: Callable[[], Subject], size: int) -> None:
    whole = Run(subject(), repeat(size)).start()
    cuts = list(whole.steps())
    assert len(whole.written) > 1
    random = Random(size)
    # With one record a step there are a thousand ends: each time others are tried, some always.
    tried = [0, *random.sample(range(len(cuts)), min(len(cuts), 40)), len(cuts) - 1]
    for at in tried:
        cut = cuts[at]
        sizes = (random.choice((1, 3, 30, 500)) for _ in count())
        rest = Run(subject(), sizes, whole).start(cut, compacted=at % 2 == 0)
        for _ in rest.steps():
            pass
        assert same(rest.written, since(whole, cut)), f"cut after step {at} of {len(cuts)}"
        assert rest.committed == whole.committed


@pytest.mark.parametrize("subject", SUBJECTS)
def test_batches_do_not_matter(subject: Callable[[], Subject]) -> None:
    one, *others = (Run(subject(), repeat(size)).start() for size in (1, 13, 10_000))
    for run in (one, *others):
        for _ in run.steps():
            pass
    for other in others:
        assert same(other.written, one.written)
        assert other.tally == one.tally


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_was_processed_before_the_cut_writes_nothing(
    subject: Callable[[], Subject], size: int
) -> None:
    whole = Run(subject(), repeat(50)).start()
    cuts = list(whole.steps())
    again = 0
    for cut in cuts[:: max(1, len(cuts) // 30)]:
        run = Run(subject(), repeat(size), whole).start(cut)
        for _ in run.drain():  # what is owed after the cut
            pass
        while run.position < cut.processed:
            records = run.subject.log[run.position : min(run.position + size, cut.processed)]
            run.position += len(records)
            again += len(records)
            step = run.processor.process(records, outputs := Listed())
            assert not any(outputs.by_topic.values())
            assert not step.tally
            assert step.day_missing is None
            assert step.commit == cut.committed
            if run.position < cut.processed:
                assert list(run.drain()) == []
    assert again > 100, "nothing was read again"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_empty_batch_writes_nothing_and_goes_nowhere(subject: Callable[[], Subject]) -> None:
    run = Run(subject(), repeat(20)).start()
    for cut in run.steps():
        step = run.processor.process([], outputs := Listed())
        assert not any(outputs.by_topic.values())
        assert not step.tally
        assert (step.position, step.commit) == (cut.processed, cut.committed)
        assert step.day_missing is None


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_new_one_with_nothing_to_do_says_nothing(subject: Callable[[], Subject]) -> None:
    run = Run(subject(), repeat(1)).start()
    assert list(run.drain()) == []
    step = run.processor.process([], outputs := Listed())
    assert outputs.by_topic.keys() <= {run.processor.state_topic}
    assert (step.position, step.commit, step.day_missing) == (0, 0, None)
    assert not step.tally


def mutable(processor: Processor) -> dict[int, object]:
    """What a processor holds that can change, and what that holds."""
    found: dict[int, object] = {}
    left: list[object] = list(vars(processor).values())
    while left:
        each = left.pop()
        if id(each) in found or isinstance(each, str | bytes | int | float | type(None)):
            continue
        if isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list | set | tuple):
            left += each
        elif type(each).__module__.startswith("quietclicks"):
            names = {*getattr(each, "__dict__", ()), *getattr(type(each), "__slots__", ())}
            left += [getattr(each, name) for name in names if hasattr(each, name)]
        if not isinstance(each, tuple | frozenset):
            found[id(each)] = each
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_one_that_drains_apart_shares_nothing_that_changes(
    subject: Callable[[], Subject],
) -> None:
    """It drains in a thread, beside the others on the event loop."""
    runs = [Run(subject(), repeat(100)).start() for _ in range(2)]
    for run in runs:
        for _, _ in zip(run.steps(), range(5), strict=False):
            pass
    one, other = (mutable(run.processor) for run in runs)
    assert len(one) > 3
    if runs[0].processor.drains_apart:
        assert not one.keys() & other.keys()
