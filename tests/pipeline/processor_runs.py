"""Runs of one processor on one partition: driven as the runner does, cut anywhere, and compared."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from quietclicks.pipeline.processor import Listed, Processor, Row, Step
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.partials import Watermark
from quietclicks.schemas import topics
from tests.pipeline_tools import Rec, apart, day_key


class Subject(NamedTuple):
    """A stage's processor, and a log of its source that has all it can meet."""

    make: Callable[[], tuple[Processor, DayKeys]]
    log: Sequence[Rec]


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
            if step.waits_for is None:
                return
            self.keys.put(step.waits_for, day_key(step.waits_for))
            records = [each for each in records if each.offset >= step.position]

    def drain(self) -> Iterator[Cut]:
        while (step := self.processor.drain(outputs := Listed())) is not None:
            yield self._commit(step, outputs, self.position)
        outputs = Listed()
        assert self.processor.drain(outputs) is None, "nothing is pending: it was said"
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
    """Every topic byte for byte and in order; of what is handed on between stages, the content.

    So it is of partners' copies, which have an order within a transaction alone.
    """
    public = (found.keys() | wanted.keys()) - {topics.PARTIALS}
    one, other = apart(found), apart(wanted)
    return all(one.get(topic, []) == other.get(topic, []) for topic in public) and handed(
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
            mark, passed = row, msgspec.msgpack.decode(value or b"", type=Watermark).closed_until
        elif kind == "day":
            days.add(row)
        else:
            cells.append(row)
            assert rest[1] >= passed, "a cell behind its mark"
    assert len({key for _, key, _ in cells}) == len(cells), "a cell was handed on twice"
    return sorted(cells, key=lambda row: row[1] or b""), days, mark
