"""The words that processors and the runner share. It imports nothing that moves data.

A processor is the pure side of one owned partition: records in, a `Step` out. The runner commits a
step's outputs, state and offset in one transaction, or none of it. Outputs are handed over as they
come: a worker puts them straight into the batches that it sends.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct, field

Row = tuple[int, bytes | None, bytes | None]
"""A record to write: (route, key, value). It goes to partition `route` modulo the topic's."""


class Outputs(Protocol):
    """Takes what a step writes."""

    def extend(self, topic: str, rows: Iterable[Row]) -> None:
        """After what the topic was given before."""


class Listed:
    """Outputs in lists by topic, where there is no Kafka."""

    def __init__(self) -> None:
        self.by_topic: dict[str, list[Row]] = defaultdict(list)

    def extend(self, topic: str, rows: Iterable[Row]) -> None:
        """To the end of the topic's list."""
        self.by_topic[topic].extend(rows)


class Record(Protocol):
    """What is read of a Kafka record; `timestamp` is the broker's append time in milliseconds."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...


class ListedRecord(NamedTuple):
    """A record to be read, where there is no Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class UnreadableRecord(Exception):
    """A record of the pipeline's own at `offset` is none that this version reads."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the record at {offset} cannot be read")
        self.offset = offset


class Step(Struct):
    """What one transaction is to hold besides its outputs.

    `position` is the next offset to process; `commit` the offset to commit, which lies before it
    where a restart has to read again; `metadata` goes with the commit. `waits_for` says that
    processing stopped at `position` for want of something, as a day's key: its stage provides it.
    """

    position: int
    commit: int
    metadata: str = ""
    waits_for: int | None = None
    tally: Counter[str] = field(default_factory=Counter)


class Processor(Protocol):
    """One owned partition of one stage. Calls come in this order: restore*, resume, then steps."""

    state_topic: str | None
    """Where its state lies, on the partition of its own number; `None`: in its source."""

    history_topics: Sequence[str]
    """What it published, and reads back where its commit tells nothing of how far it was."""

    drains_apart: bool
    """Whether `drain` may take longer than a group waits for a heartbeat. Then it shares nothing
    that changes with other processors, for it runs beside them."""

    def restore(self, records: Sequence[Record]) -> None:
        """Take in state, oldest first. Raises `UnreadableRecord`."""

    @property
    def has_progress(self) -> bool:
        """Whether there is all the state that a committed step leaves at the least."""
        ...

    def look_back(self, records: Sequence[Record]) -> None:
        """Take in what was published; before `resume`, and only where that gets no metadata.

        Raises `UnreadableRecord`.
        """

    def resume(self, committed: int, metadata: str) -> int:
        """The committed offset and what was written with it → the offset to read from."""
        ...

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Decide about records, in log order. Raises `UnreadableRecord`, of internal ones only."""
        ...

    def drain(self, outputs: Outputs) -> Step | None:
        """What is pending before more is read, in bounded steps; `None`: nothing."""
        ...
