"""What the topics have to hold: the pure pipeline over the raw topic, as if nothing had happened.

It has no Kafka, no batches of the worker's and no restarts; the day keys are the ones that the
workers made.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import ListedRecord, Outputs, Processor
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release import partials
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.topology.topics import topology
from quietclicks.schemas import topics
from tests.kafka_tools import Stored

BATCH = 1000

Written = Mapping[str, Counter[tuple[int, bytes | None, bytes | None]]]
"""By topic: (partition, key, value), each as often as it stands there."""


class NoKey(Exception):
    """The workers made no key for a day whose events they had."""


class _Taken:
    """Outputs by topic and partition, in order."""

    def __init__(self, policy: Policy) -> None:
        self._counts = {spec.name: spec.partitions for spec in topology(policy)}
        self.by_place: defaultdict[tuple[str, int], list[ListedRecord]] = defaultdict(list)

    def extend(self, topic: str, rows: Iterable[tuple[int, bytes | None, bytes | None]]) -> None:
        for route, key, value in rows:
            log = self.by_place[topic, route % self._counts[topic]]
            log.append(ListedRecord(len(log), 0, key, value))


def undisturbed(policy: Policy, keys: Mapping[int, bytes], raw: Sequence[Stored]) -> Written:
    """The public topics, and the closed cells. Raises `NoKey`."""
    days = DayKeys()
    for day, key in keys.items():
        days.put(day, key)
    taken = _Taken(policy)
    wanted = policy.topics
    for number in range(wanted.raw_partitions):
        anonymiser = Anonymiser(policy, lambda address: None, days)
        stage = AnonymiseProcessor(
            policy, anonymiser, number, wanted.raw_partitions, wanted.partials_partitions
        )
        log = [
            ListedRecord(r.offset, r.timestamp, r.key, r.value)
            for r in raw
            if r.partition == number
        ]
        _run(stage, log, taken)
    for number in range(wanted.partials_partitions):
        _run(ReleaseProcessor(), taken.by_place[topics.PARTIALS, number], taken)
    written: defaultdict[str, Counter[tuple[int, bytes | None, bytes | None]]]
    written = defaultdict(Counter)
    for (topic, partition), log in taken.by_place.items():
        if topic != topics.CELLS:
            written[topic].update(comparable(topic, partition, log))
    return written


def comparable(
    topic: str, partition: int, log: Iterable[ListedRecord | Stored]
) -> Iterable[tuple[int, bytes | None, bytes | None]]:
    """What cannot depend on batches: of partials the cells alone, since marks tell of each step."""
    for record in log:
        if topic != topics.PARTIALS or partials.kind_of(record.key or b"") == "cell":
            yield partition, record.key, record.value


def _run(stage: Processor, log: Sequence[ListedRecord], outputs: Outputs) -> None:
    stage.resume(0, "")
    for first in range(0, len(log), BATCH):
        step = stage.process(log[first : first + BATCH], outputs)
        if step.waits_for is not None:
            raise NoKey
        while stage.drain(outputs) is not None:
            pass
