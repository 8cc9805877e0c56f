"""The anonymise stage: one processor for each owned partition of the raw topic.

Its state (open cells, the cap's counters, the watermark) is written to its own partition of
`internal.cells` with every step, so that a new owner goes on where the last commit was. The ids of
recent events are the exception: they are read again from the raw log.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from quietclicks.errors import Failure
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser, PartitionAnonymiser
from quietclicks.pipeline.anonymise.commit import Commit
from quietclicks.pipeline.anonymise.decoded import decoded_runs
from quietclicks.pipeline.anonymise.outcome import Outcome
from quietclicks.pipeline.anonymise.recent import RECENT_EVENTS
from quietclicks.pipeline.cache import Budget, Cache
from quietclicks.pipeline.clock import (
    HOURS_PER_DAY,
    MILLISECONDS_PER_HOUR,
    milliseconds,
    precise_text,
)
from quietclicks.pipeline.counting.cells import Change, OpenCells
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.counting.days import OpenDays
from quietclicks.pipeline.counting.state import COUNTS, DAY, FORMAT, JOURNAL, SAMPLE, TIME
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Outputs, Record, Step, UnreadableRecord
from quietclicks.pipeline.release import params_of
from quietclicks.pipeline.release.partials import Watermark, site_route
from quietclicks.schemas import topics
from quietclicks.schemas.raw import Tick
from quietclicks.schemas.rejection import Reason

TIMES_BYTES = 256 << 10  # some thousand
CELLS_PER_STEP = 20_000  # closed cells, or ended journals, that go into one transaction

_pack = msgspec.msgpack.Encoder(order="deterministic").encode


class _Progress(Struct, array_like=True):
    """The state record that is neither a cell nor a counter."""

    format: int
    watermark: int | None  # milliseconds
    published_until: int  # hours before it are closed for the release stage, too


class _Held(Struct, array_like=True):
    """What goes with a commit: how much state there is, so that a loss of some of it is noticed.

    And how far the list of restrictions was read that its events were held against.
    """

    cells: int
    days: int  # and their journals
    restrictions: int = 0


def restrictions_applied(metadata: str) -> int:
    """Of what a partition has committed: the list's offset that it goes by; -1: none."""
    return msgspec.json.decode(metadata, type=_Held).restrictions if metadata else -1


class AnonymiseProcessor:
    """Raw records in; pseudonymised events, rejections, state and closed cells out."""

    state_topic: str | None = topics.CELLS
    history_topics: Sequence[str] = ()  # its state tells how far it was
    drains_apart = False

    def __init__(
        self, policy: Policy, anonymiser: Anonymiser, partition: int, partitions: int, partials: int
    ) -> None:
        self._anonymiser = anonymiser
        self._partition_anonymiser = PartitionAnonymiser(policy, anonymiser)
        self._skew_ms = policy.time.allowed_skew * 1000
        self._lateness_ms = policy.time.allowed_lateness * 1000
        self._times = Cache(precise_text, Budget(TIMES_BYTES))  # a batch has one append time
        self._partition = partition
        self._partitions = partitions
        self._partials = partials
        self._cells = OpenCells(policy.release.max_values)
        self._days = OpenDays(params_of(policy))
        self._progress = _Progress(FORMAT, None, 0)
        self._persisted: _Progress | None = None  # what the state says of it
        self._applied = 0  # of the list of restrictions, as the last step's commit says
        self._unread: dict[bytes, int] = {}  # state that could not be read: key → offset
        self._position = 0

    # State

    def restore(self, records: Sequence[Record]) -> None:
        """Take in this partition of `internal.cells`."""
        for record in records:
            key, value = record.key or b"", record.value
            kind = key[:1]
            self._unread.pop(key, None)
            try:
                if kind == TIME and value is not None:
                    self._persisted = msgspec.msgpack.decode(value, type=_Progress)
                elif kind in (DAY, JOURNAL):
                    self._days.restore(key, value)
                elif kind in (COUNTS, SAMPLE):
                    self._cells.restore(key, value)
                else:
                    raise ValueError("no kind of state")
            except (ValueError, OverflowError):
                if value is not None:  # the end of what nobody can read is no loss
                    self._unread[key] = record.offset  # nor is this, if its tombstone follows

    def look_back(self, records: Sequence[Record]) -> None:
        """Nothing to look back at."""

    @property
    def has_progress(self) -> bool:
        """Every step that is committed leaves how far time is, the first one at the latest."""
        return self._persisted is not None

    def resume(self, committed: int, metadata: str) -> int:
        """Read again as far back as a repeated event id is looked for."""
        self._cells.settle()
        self._days.settle()
        self._refuse_other_formats()
        if self._persisted is not None:
            self._progress = msgspec.structs.replace(self._persisted, format=FORMAT)
            self._refuse_loss(metadata)
        self._applied = max(0, restrictions_applied(metadata))
        if any(hour // HOURS_PER_DAY not in self._days for _, hour in self._cells.windows):
            raise Failure(
                f"internal.cells[{self._partition}] has counts of a day of which it has nothing "
                "else: some of the state is lost; see 'Lost state' in docs/operating.md"
            )
        self._days.close_hours(self._closed_until)
        self._position = committed
        return max(0, committed - RECENT_EVENTS)

    def _refuse_other_formats(self) -> None:
        """What is drained has no format: of that nothing is left but how far time is."""
        told = None if self._persisted is None else self._persisted.format
        if self._unread and told in (None, FORMAT):
            raise UnreadableRecord(min(self._unread.values()))
        if (self._cells or self._days or self._unread) and told != FORMAT:
            named = "another format" if told is None else f"format {told}"
            raise Failure(
                f"internal.cells holds state of {named}, this version reads {FORMAT}: drain with "
                "the version that wrote it"
            )

    def _refuse_loss(self, metadata: str) -> None:
        held = self._held
        told = msgspec.json.decode(metadata, type=_Held) if metadata else held
        if (held.cells, held.days) != (told.cells, told.days):
            raise Failure(
                f"internal.cells[{self._partition}] has {held.cells} open cells and {held.days} "
                f"records of days, of {told.cells} and {told.days} that were committed: some of "
                "the state is lost; see 'Lost state' in docs/operating.md"
            )

    @property
    def watermark(self) -> int | None:
        """Milliseconds; `None` before the first tick."""
        return self._progress.watermark

    @property
    def _closed_until(self) -> int:
        """Hours before this one are closed."""
        return (self._progress.watermark or 0) // MILLISECONDS_PER_HOUR

    # Steps

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Each record becomes one pseudonymised event or one rejection, in log order.

        A partner's copies alone are in another order, the same for whatever order was logged.
        """
        whole = Outcome()
        missing: int | None = None
        for decoded in decoded_runs(self._after_remembered(records)):
            outcome = self._partition_anonymiser.decide(decoded, self._progress.watermark)
            if isinstance(outcome, int):
                missing = outcome
                break
            if decoded.tick:
                self._advance(*decoded.tick, outcome)
            whole.extend(outcome)
            self._position = decoded.end
        whole.write(outputs, self._partition, self._times)
        counted: defaultdict[str, Counted] = defaultdict(Counted)
        for name, its in whole.counted:
            counted[name].extend(its)
        commit = Commit(counted, self._days, self._cells, self._position, whole.tally)
        for step in self._anonymiser.commit:
            step(commit)
        self._persist(commit.changes, outputs)
        self._persist_progress(outputs)
        return self._step(missing, commit.tally)

    @property
    def _held(self) -> _Held:
        return _Held(len(self._cells), self._days.records, self._anonymiser.restrictions.offset)

    def _step(self, missing: int | None = None, tally: Counter[str] | None = None) -> Step:
        held = self._held
        self._applied = held.restrictions
        metadata = msgspec.json.encode(held).decode()
        return Step(self._position, self._position, metadata, missing, tally or Counter())

    def _after_remembered(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records that are new; the ids of those before them are noted."""
        if not records or records[0].offset >= self._position:
            return records
        for decoded in decoded_runs([each for each in records if each.offset < self._position]):
            self._partition_anonymiser.remember(decoded)
        return [each for each in records if each.offset >= self._position]

    def _advance(self, record: Record, tick: Tick, outcome: Outcome) -> None:
        """A tick that is believed moves the watermark."""
        at_ms = milliseconds(tick.timestamp)
        if at_ms > record.timestamp + self._skew_ms:
            outcome.rejected.append((record.offset, record.timestamp, Reason.FROM_THE_FUTURE))
            return
        watermark = max(at_ms - self._lateness_ms, 0)
        self._progress.watermark = max(watermark, self._progress.watermark or 0)
        outcome.ticks += 1

    # Closing

    def drain(self, outputs: Outputs) -> Step | None:
        """Closed hours go out a portion at a time; when all are out, the markers say so."""
        if self._progress.published_until < self._closed_until:
            return self._close_cells(outputs)
        over = self._days.over(self._closed_until)
        if over is not None:
            self._persist(self._days.end(over, CELLS_PER_STEP), outputs)
            return self._step()
        if self._applied != self._anonymiser.restrictions.offset:
            # Whoever asked for a restriction waits until every partition says that it knows.
            self._persist_progress(outputs)
            return self._step()
        return None

    def _close_cells(self, outputs: Outputs) -> Step:
        windows = self._cells.closed_before(self._closed_until)
        room = CELLS_PER_STEP
        for site, hour in windows:
            route = site_route(site)
            day = hour // HOURS_PER_DAY
            params = _pack(self._days.params(day))
            outputs.extend(topics.PARTIALS, [(route, _pack(("day", self._partition, day)), params)])
            taken = self._cells.take((site, hour), room)
            for dimension, value, cell in taken:
                key = _pack(("cell", self._partition, site, hour, dimension, value))
                partial = _pack((cell.views, cell.sample.encode()))
                outputs.extend(topics.PARTIALS, [(route, key, partial)])
                self._persist(cell.tombstones(), outputs)
            room -= len(taken)
            if room <= 0:
                break
        if not self._cells.closed_before(self._closed_until):
            self._publish_watermark(outputs)
        return self._step()

    def _publish_watermark(self, outputs: Outputs) -> None:
        closed_until = self._closed_until
        mark = _pack(Watermark(self._partitions, closed_until))
        key = _pack(("mark", self._partition))
        outputs.extend(topics.PARTIALS, [(route, key, mark) for route in range(self._partials)])
        if closed_until // HOURS_PER_DAY > self._progress.published_until // HOURS_PER_DAY:
            self._anonymiser.forget()  # what arrived on a day is in no memory much longer
        self._progress.published_until = closed_until
        self._persist_progress(outputs)
        self._days.close_hours(closed_until)

    def _persist_progress(self, outputs: Outputs) -> None:
        """How far time is, and the state's format: when it changes, and with the first step."""
        if self._progress != self._persisted:
            self._persisted = msgspec.structs.replace(self._progress)
            self._persist([(TIME, _pack(self._progress))], outputs)

    def _persist(self, changes: Iterable[Change], outputs: Outputs) -> None:
        """Write state."""
        outputs.extend(topics.CELLS, [(self._partition, key, value) for key, value in changes])
