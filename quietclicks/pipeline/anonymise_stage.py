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
from quietclicks.pipeline import recent
from quietclicks.pipeline.anonymise import CACHED_VALUES, LONG_RECORD, Anonymiser, Counted
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.cells import Change, OpenCells, tombstones
from quietclicks.pipeline.clock import (
    HOURS_PER_DAY,
    MILLISECONDS_PER_HOUR,
    milliseconds,
    precise_text,
)
from quietclicks.pipeline.day_keys import KeyMissing
from quietclicks.pipeline.days import DAY, JOURNAL, OpenDays
from quietclicks.pipeline.decode import decode
from quietclicks.pipeline.partials import Mark, site_route
from quietclicks.pipeline.partners import analyst_view, partner_view
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.recent import RecentIds
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.release import params_of
from quietclicks.pipeline.release.figures import Figure
from quietclicks.pipeline.step import Outputs, Record, Step
from quietclicks.schemas import topics
from quietclicks.schemas.raw import RawEvent, Tick
from quietclicks.schemas.rejection import Reason, Rejection

FORMAT = 2
CELLS_PER_STEP = 20_000  # closed cells, or ended journals, that go into one transaction

_Rows = dict[str, list[Counted]]
"""By site, or stream: visitors of one are none of another's, so their order among these is all."""

TIME = b"t"

_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder(order="deterministic").encode


class _Progress(Struct, array_like=True):
    """The state record that is neither a cell nor a counter."""

    format: int
    watermark: int | None  # milliseconds
    announced: int  # the boundary that the last marker told


class AnonymiseProcessor:
    """Raw records in; anonymised events, rejections, state and closed cells out."""

    state_topic: str | None = topics.CELLS

    def __init__(
        self, policy: Policy, anonymiser: Anonymiser, partition: int, partitions: int, partials: int
    ) -> None:
        self._anonymiser = anonymiser
        self._sites = anonymiser.sites
        self._forgetful = anonymiser.forgetful.sites
        self._partition = partition
        self._partitions = partitions
        self._partials = partials
        self._views = {name: partner_view(rules) for name, rules in policy.partners.items()}
        self._skew_ms = policy.time.allowed_skew * 1000
        self._lateness_ms = policy.time.allowed_lateness * 1000
        self._cells = OpenCells(policy.release.max_values)
        self._days = OpenDays(params_of(policy))
        self._progress = _Progress(FORMAT, None, 0)
        self._times = Cache(precise_text, 1000)  # a batch has one append time
        self._routes = Cache(site_route, CACHED_VALUES)
        self._recent = {site: RecentIds() for site in anonymiser.sites}
        self._position = 0

    # State

    def restore(self, records: Sequence[Record]) -> None:
        """Take in this partition of `internal.cells`."""
        for record in records:
            key, value = record.key or b"", record.value
            kind = key[:1]
            if kind == TIME and value is not None:
                self._progress = msgspec.msgpack.decode(value, type=_Progress)
                if self._progress.format != FORMAT:
                    raise Failure(
                        f"internal.cells holds state of format {self._progress.format}, this "
                        f"version reads {FORMAT}: drain with the version that wrote it"
                    )
            elif kind in (DAY, JOURNAL):
                self._days.restore(key, value)
            else:
                self._cells.restore(key, value)

    def resume(self, committed: int, metadata: str) -> int:
        """Read again as far back as a repeated event id is looked for."""
        self._cells.settle()
        self._days.close_hours(self._boundary)
        self._position = committed
        return max(0, committed - recent.RECENT_EVENTS)

    @property
    def watermark(self) -> int | None:
        """Milliseconds; `None` before the first tick."""
        return self._progress.watermark

    @property
    def _boundary(self) -> int:
        """Hours before this one are closed."""
        return (self._progress.watermark or 0) // MILLISECONDS_PER_HOUR

    # Steps

    def process(self, records: Sequence[Record], outputs: Outputs) -> Step:
        """Each record becomes one anonymised event or one rejection, in log order."""
        tally: Counter[str] = Counter()
        counted: _Rows = defaultdict(list)
        before = msgspec.structs.replace(self._progress)
        for record in records:
            if record.offset < self._position:
                self._remember(record)
                continue
            unlisted = False
            reason: Reason | None = None
            try:
                item = decode(record.value)
                unlisted = type(item) is RawEvent
                if isinstance(item, Tick):
                    self._advance(item, record.timestamp)
                    tally["tick"] += 1
                else:
                    reason = self._take(item, record, outputs, tally, counted)
            except Rejected as rejected:
                reason = rejected.reason
            except KeyMissing as missing:  # the record comes again, and is counted then
                return self._step(outputs, tally, counted, before, missing.day)
            except Exception:
                reason = Reason.ERROR
            if reason:
                self._reject(record, reason, outputs, tally)
            if unlisted:
                tally["unlisted_fields"] += 1
            self._position = record.offset + 1
        return self._step(outputs, tally, counted, before, None)

    def _take(
        self,
        event: RawEvent,
        record: Record,
        outputs: Outputs,
        tally: Counter[str],
        counted: _Rows,
    ) -> Reason | None:
        """The drops that need the log's order and clock, the way of the event, and what leaves.

        The reason why analysts get nothing of it, if so; a drop raises `Rejected`.
        """
        long = len(record.value or b"") > LONG_RECORD
        site = (self._forgetful if long else self._sites).get(event.site)
        if site is None:
            raise Rejected(Reason.UNKNOWN_SITE)
        # Noted whatever becomes of it, for that is all that can be noted after a restart.
        repeated = self._recent[site.name].is_repeated(event.event_id, record.offset)
        at_ms = milliseconds(event.timestamp)
        # Lateness comes before anything that asks for a key: an event of 1970 mints nothing.
        if at_ms > record.timestamp + self._skew_ms:
            raise Rejected(Reason.FROM_THE_FUTURE)
        watermark = self._progress.watermark
        if watermark is None:
            # No tick yet: the broker's clock stands in for it.
            watermark = max(record.timestamp - self._lateness_ms, 0)
        if at_ms // MILLISECONDS_PER_HOUR < watermark // MILLISECONDS_PER_HOUR:
            raise Rejected(Reason.LATE)
        if repeated:
            raise Rejected(Reason.DUPLICATE)
        outcome = site.anonymise(event, at_ms)
        # All of it is encoded before any is added: a text that cannot be written raises.
        copies: list[tuple[str, int, bytes | None, bytes]] = []
        for name, theirs in outcome.partners:
            key, value = self._views[name](theirs)
            copies.append((topics.PARTNERS + name, self._routes[theirs.visitor], key, value))
        found = outcome.event
        if found is not None:
            key, value = analyst_view(found)
            outputs.add(topics.ANONYMISED, self._routes[found.visitor], key, value)
            tally[topics.ANONYMISED] += 1
        elif outcome.reason is Reason.COUNTED_ONLY:
            _pack(outcome.counted)  # what state and partials will hold
        for copy in copies:
            outputs.add(*copy)
            tally[copy[0]] += 1
        if outcome.counted:
            counted[outcome.counted[0]].append(outcome.counted)
        return outcome.reason

    def _remember(self, record: Record) -> None:
        """A record before the committed offset: only its id is of use."""
        try:
            item = decode(record.value)
        except Rejected:
            return
        if isinstance(item, RawEvent) and item.site in self._recent:
            self._recent[item.site].is_repeated(item.event_id, record.offset)

    def _advance(self, tick: Tick, appended_ms: int) -> None:
        at_ms = milliseconds(tick.timestamp)
        if at_ms > appended_ms + self._skew_ms:
            raise Rejected(Reason.FROM_THE_FUTURE)
        watermark = max(at_ms - self._lateness_ms, 0)
        self._progress.watermark = max(watermark, self._progress.watermark or 0)

    def _reject(
        self, record: Record, reason: Reason, outputs: Outputs, tally: Counter[str]
    ) -> None:
        rejection = Rejection(
            reason, topics.RAW, self._partition, record.offset, self._times[record.timestamp]
        )
        outputs.add(topics.REJECTED, record.offset, None, _encode(rejection))
        tally[reason] += 1

    def _step(
        self,
        outputs: Outputs,
        tally: Counter[str],
        counted: _Rows,
        before: _Progress,
        day_missing: int | None,
    ) -> Step:
        admitted = {}
        for site, rows in counted.items():
            admitted[site] = self._days.admit(rows)
            if len(admitted[site]) < len(rows):
                tally[Figure.CAPPED] += len(rows) - len(admitted[site])
        self._note(self._cells.count(admitted, self._days.count_choices), outputs)
        self._note(self._days.changes(self._position), outputs)
        if self._progress != before:
            self._note([(TIME, _pack(self._progress))], outputs)
        return Step(self._position, self._position, "", day_missing, tally)

    # Closing

    def drain(self, outputs: Outputs) -> Step | None:
        """Closed hours go out a portion at a time; when all are out, the markers say so."""
        if self._progress.announced < self._boundary:
            return self._close_cells(outputs)
        over = self._days.over(self._boundary)
        if over is None:
            return None
        self._note(self._days.end(over, CELLS_PER_STEP), outputs)
        return Step(self._position, self._position)

    def _close_cells(self, outputs: Outputs) -> Step:
        windows = self._cells.closed_before(self._boundary)
        room = CELLS_PER_STEP
        for site, hour in windows:
            route = site_route(site)
            day = hour // HOURS_PER_DAY
            params = _pack(self._days.params(day))
            outputs.add(topics.PARTIALS, route, _pack(("day", self._partition, day)), params)
            taken = self._cells.take((site, hour), room)
            for dimension, value, cell in taken:
                key = _pack(("cell", self._partition, site, hour, dimension, value))
                partial = _pack((cell.views, cell.sample.encode()))
                outputs.add(topics.PARTIALS, route, key, partial)
                self._note(tombstones(cell), outputs)
            room -= len(taken)
            if room <= 0:
                break
        if not self._cells.closed_before(self._boundary):
            self._announce(outputs)
        return Step(self._position, self._position)

    def _announce(self, outputs: Outputs) -> None:
        boundary = self._boundary
        mark = _pack(Mark(self._partitions, boundary))
        for route in range(self._partials):
            outputs.add(topics.PARTIALS, route, _pack(("mark", self._partition)), mark)
        if boundary // HOURS_PER_DAY > self._progress.announced // HOURS_PER_DAY:
            self._anonymiser.forget()  # what arrived on a day is in no memory much longer
        self._progress.announced = boundary
        self._note([(TIME, _pack(self._progress))], outputs)
        self._days.close_hours(boundary)

    def _note(self, changes: Iterable[Change], outputs: Outputs) -> None:
        """Write state."""
        for key, value in changes:
            outputs.add(topics.CELLS, self._partition, key, value)
