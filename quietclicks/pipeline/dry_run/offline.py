"""The whole pipeline without Kafka: raw values in, the public topics' records out.

The same processors as the real run, one partition, nothing kept. It asks no clock: it is told what
the broker's would say.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.fields.spammers import SPAMMERS
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Listed, ListedRecord, Processor, Step
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.stage import ClosedHour, ReleaseProcessor
from quietclicks.schemas import topics

INTERNAL = frozenset({topics.CELLS, topics.PARTIALS})
BATCH = 2000


class Public(NamedTuple):
    """A record that the pipeline would write."""

    topic: str
    key: bytes | None
    value: bytes | None


class Offline:
    """Feed it with `run`; what no tick closed is not released. `tally` counts outcomes."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        new_key: Callable[[int], bytes],
        closed: ClosedHour | None = None,
        spammers: Collection[str] = SPAMMERS,
    ) -> None:
        """`closed` is shown each hour's cells before they are decided about."""
        self.tally: Counter[str] = Counter()
        self._keys = DayKeys()
        self._new_key = new_key
        anonymiser = Anonymiser(policy, country, self._keys, spammers)
        self._anonymise = AnonymiseProcessor(policy, anonymiser, 0, 1, 1)
        self._release = ReleaseProcessor(closed)
        self._anonymise.resume(0, "")
        self._release.resume(0, "")
        self._offset = 0
        self._partials = 0

    def run(self, values: Iterable[tuple[bytes, int]]) -> Iterator[Public]:
        """(value, append time in ms) in log order → records as they are written."""
        batch: list[ListedRecord] = []
        for value, appended_ms in values:
            batch.append(ListedRecord(self._offset, appended_ms, None, value))
            self._offset += 1
            if len(batch) == BATCH:
                yield from self._process(batch)
                batch = []
        yield from self._process(batch)

    def _process(self, records: list[ListedRecord]) -> Iterator[Public]:
        while records:
            outputs = Listed()
            step = self._anonymise.process(records, outputs)
            yield from self._written(step, outputs)
            if step.waits_for is None:
                break
            self._keys.put(step.waits_for, self._new_key(step.waits_for))
            records = [each for each in records if each.offset >= step.position]
        yield from self._flush_pending(self._anonymise)

    def _flush_pending(self, processor: Processor) -> Iterator[Public]:
        while (pending := processor.drain(outputs := Listed())) is not None:
            yield from self._written(pending, outputs)

    def _written(self, step: Step, outputs: Listed) -> Iterator[Public]:
        self.tally += step.tally
        for topic, rows in outputs.by_topic.items():
            if topic not in INTERNAL:
                for _, key, value in rows:
                    yield Public(topic, key, value)
        partials = [
            ListedRecord(self._partials + index, 0, key, value)
            for index, (_, key, value) in enumerate(outputs.by_topic[topics.PARTIALS])
        ]
        if partials:
            self._partials += len(partials)
            step = self._release.process(partials, outputs := Listed())
            yield from self._written(step, outputs)
            yield from self._flush_pending(self._release)
