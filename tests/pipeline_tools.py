"""The pure pipeline on a log in memory, driven as the runner drives it: batches, commits, restarts.

Here a restart is what it is on Kafka: a new processor, the state topic's last value of each key,
the committed offset with its metadata, and the source read again.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.site import Sites
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.processor import Listed, Processor, Step
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.release.stage import ReleaseProcessor
from quietclicks.pipeline.rights.restrictions import Restrictions, until_value
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import LISTABLE
from quietclicks.schemas.trend import Dimension

MIDNIGHT = 1_790_035_200_000  # 2026-09-22, which is day 20718
DAY = MIDNIGHT // (24 * MILLISECONDS_PER_HOUR)
HOUR = MILLISECONDS_PER_HOUR
MINUTE = 60_000
NOW = MIDNIGHT + 2 * HOUR
APPENDED = NOW + 15 * MINUTE  # when a tick may come that closes what is before NOW
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SITE = "shop.example"
RESTRICTED = ("203.0.113.250", "Restricted/1.0")  # address and browser of who is on the list

POLICY = """
revision = "2026-09-01"
version = 1
regions = ["GB", "DE", "US"]

[sites."shop.example"]
search_pages = ["/search"]
search_parameters = ["q"]
campaigns = ["Letter"]
parameters = { topic = "[a-z@/:.-]+" }

[sites."blog.example"]

[release]
k = 5
cap_hour = 5
cap_day = 12
day_only = ["search"]

[jurisdictions.opt-out]
countries = ["US"]
analytics_unknown = "allow"
legal_basis = "notice and the right to opt out"

[partners.adreach]
purpose = "to measure which advertisements led to a visit"
fields = ["id", "visitor", "page"]
sites = ["shop.example"]

[sources]
"release.k" = "docs/decisions/policy-numbers.md#release"
"release.cap_hour" = "docs/decisions/policy-numbers.md#release"
"release.cap_day" = "docs/decisions/policy-numbers.md#release"
"""

EVERY_FIELD = (
    "[partners.adreach]",
    f"[events]\nfields = {list(LISTABLE)}\n\n[partners.adreach]",
)
"""A change of `policy`: analysts get all that can be listed."""

Row = tuple[str, int, int, *tuple[str, ...]]
"""A counted event: site or stream, hour, visitor, and the values of `cells.DIMENSIONS`."""

T = TypeVar("T")
Topics = Mapping[str, Sequence[tuple[bytes | None, bytes | None]]]
Feed = tuple[bytes | None, int]  # value, the broker's append time


class Rec(NamedTuple):
    """A record as the processors see one."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def policy(*changes: tuple[str, str]) -> Policy:
    """The tests' policy, with lines of its text replaced."""
    source = POLICY
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return parse(source, "policy")


def day_key(day: int) -> bytes:
    """The tests' key of a day: the same in every run."""
    return hashlib.blake2b(str(day).encode(), digest_size=32).digest()


def event(number: int, at_ms: int = MIDNIGHT, **fields: Any) -> bytes:
    """A raw event that consents to everything. A field given as `...` is left out."""
    values: dict[str, Any] = {
        "event_id": f"e{number}",
        "site": SITE,
        "timestamp": text(at_ms),
        "url": f"https://{fields.get('site', SITE)}/products/7",
        "ip": f"198.51.{number // 250 % 250}.{number % 250 + 1}",
        "user_agent": FIREFOX,
        "consent": {"analytics": True, "partners": True},
    }
    values.update(fields)
    return json.dumps({k: v for k, v in values.items() if v is not ...}).encode()


def closing(at_ms: int) -> bytes:
    """A tick after which every hour before that of `at_ms` is closed."""
    return tick(at_ms + 15 * 60_000)


def numbers_of(visitor: int) -> tuple[int, ...]:
    """A visitor's numbers, in the order of `Dimension`: the total's is the visitor's own."""
    return tuple(visitor ^ at << 56 for at in range(len(Dimension)))


def counted_of(rows: Iterable[Row]) -> dict[str, Counted]:
    """The same by site, as columns."""
    by_site: defaultdict[str, Counted] = defaultdict(Counted)
    for site, hour, visitor, *values in rows:
        by_site[site].extend(Counted([hour], [numbers_of(visitor)], [[value] for value in values]))
    return by_site


def rows_of(site: str, counted: Counted) -> list[Row]:
    """And back."""
    sites = [site] * len(counted)
    visitors = [numbers[0] for numbers in counted.visitors]
    return list(zip(sites, counted.hours, visitors, *counted.values, strict=True))


class World:
    """Raw records in, every topic's records out; `restart(n)` says whether to crash before step n.

    `partitions` of the raw topic are worked on in turn, a batch each, so their partials interleave.
    """

    def __init__(
        self,
        rules: Policy | None = None,
        partitions: int = 1,
        partials: int = 1,
        batch: int = 10,
        restart: Callable[[int], bool] = lambda step: False,
    ) -> None:
        self.policy = rules or policy()
        self.partitions, self.partials, self.batch, self.restart = (
            partitions,
            partials,
            batch,
            restart,
        )
        self.topics: dict[str, list[tuple[bytes | None, bytes | None]]] = defaultdict(list)
        self.tally: Counter[str] = Counter()
        self.restarts = 0
        self.raw: list[list[Rec]] = [[] for _ in range(partitions)]
        self.state: list[list[Rec]] = [[] for _ in range(partitions)]
        self.handed: list[list[Rec]] = [[] for _ in range(partials)]  # internal.partials
        self.commits: list[list[tuple[int, str]]] = [[] for _ in range(partials)]
        self._steps = 0
        self._workers = [_Worker(self, n) for n in range(partitions)]
        self._releasers = [_Releaser(self, n) for n in range(partials)]

    def put(self, feed: Iterable[Feed], partition: int = 0) -> None:
        """Append to one partition of the raw topic."""
        log = self.raw[partition]
        log.extend(
            Rec(offset, appended_ms, None, value)
            for offset, (value, appended_ms) in enumerate(feed, len(log))
        )

    def run(self) -> "World":
        """Work until nothing is left."""
        while sum(worker.turn() for worker in self._workers):
            for releaser in self._releasers:
                releaser.turn()
        while sum(releaser.turn() for releaser in self._releasers):
            pass
        return self

    def work(self, partition: int) -> bool:
        """One turn of one partition of the anonymise stage. False: there was nothing to do."""
        return self._workers[partition].turn()

    def crash(self) -> bool:
        """Whether it dies now."""
        self._steps += 1
        if self.restart(self._steps):
            self.restarts += 1
            return True
        return False

    def write(self, step: Step, outputs: Listed) -> None:
        """One transaction's outputs."""
        self.tally += step.tally
        for topic, rows in outputs.by_topic.items():
            for route, key, value in rows:
                if topic == topics.CELLS:
                    log = self.state[route % self.partitions]
                elif topic == topics.PARTIALS:
                    log = self.handed[route % self.partials]
                else:
                    self.topics[topic].append((key, value))
                    continue
                log.append(Rec(len(log), 0, key, value))

    # What came out

    def public(self) -> Topics:
        """Everything but the trends, in the order it was written."""
        trends = set(topics.PUBLISHED)
        return {topic: rows for topic, rows in self.topics.items() if topic not in trends}

    def trends(self) -> dict[str, dict[bytes, bytes]]:
        """The trends; fails where a number was published twice."""
        found: dict[str, dict[bytes, bytes]] = {}
        for topic in topics.PUBLISHED:
            rows = self.topics.get(topic, [])
            found[topic] = {k: v for k, v in rows if k is not None and v is not None}
            assert len(found[topic]) == len(rows), "published twice"
        return found

    def reasons(self) -> list[str]:
        """The rejections' reasons, in order."""
        return [json.loads(value or b"")["reason"] for _, value in self.topics[topics.REJECTED]]

    def events(self) -> list[dict[str, Any]]:
        """The pseudonymised events."""
        return [json.loads(value or b"") for _, value in self.topics[topics.PSEUDONYMISED]]

    def closed_cells(self) -> dict[bytes, bytes]:
        """What was handed to the release; fails where a cell was handed over twice."""
        cells: dict[bytes, bytes] = {}
        for log in self.handed:
            for record in log:
                if record.key and record.value and msgspec.msgpack.decode(record.key)[0] == "cell":
                    assert record.key not in cells, "handed over twice"
                    cells[record.key] = record.value
        return cells

    def compacted(self, partition: int = 0) -> list[Rec]:
        """The state topic as compaction leaves it at the latest: last values, tombstones gone."""
        last = {record.key: record for record in self.state[partition]}
        return [each for each in sorted(last.values()) if each.value is not None]


def compare(cut: World, whole: World) -> None:
    """Everything public byte for byte and in order; of what is internal, the content.

    Partners' copies are in order of their own within a transaction, and these may be cut elsewhere.
    """
    assert apart(cut.public()) == apart(whole.public())
    assert cut.trends() == whole.trends()
    assert cut.closed_cells() == whole.closed_cells()
    assert cut.tally == whole.tally


def apart(written: Mapping[str, Sequence[T]]) -> dict[str, list[T]]:
    """The same, partners' copies sorted."""
    return {
        topic: sorted(rows, key=repr) if topic.startswith(topics.PARTNERS) else list(rows)
        for topic, rows in written.items()
    }


def caches_of(sites: Sites) -> Iterator[tuple[object, str, Cache[Any, Any]]]:
    """Every cache of the way of an event: its owner, its name there, the cache."""
    lookups = [site.look_up for site in sites.by_name.values()]
    rules = [each._rules for each in lookups]
    for owner in (sites._visitors, *lookups, *rules):
        for name, value in vars(owner).items():
            if isinstance(value, Cache):
                yield owner, name, value


def listed(address: str = RESTRICTED[0], agent: str = RESTRICTED[1]) -> Restrictions:
    """A list with one entry, up to two days after the tests' day."""
    made = Restrictions()
    made.use(bytes([9]) * 32)
    made.take(Rec(0, 0, made.name(SITE, address, agent), until_value(DAY + 2)))
    return made


def anonymise_processor(
    rules: Policy, number: int = 0, partitions: int = 1, partials: int = 1
) -> tuple[AnonymiseProcessor, DayKeys]:
    """A new one that has nothing in memory, and the keys that it is given."""
    keys = DayKeys()
    anonymiser = Anonymiser(rules, country, keys, restrictions=listed())
    return AnonymiseProcessor(rules, anonymiser, number, partitions, partials), keys


class _Worker:
    """The anonymise stage on one partition."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.committed, self.metadata = 0, ""
        self.processor, self.position = self._start()

    def _start(self) -> tuple[Processor, int]:
        world = self.world
        processor, self.keys = anonymise_processor(
            world.policy, self.number, world.partitions, world.partials
        )
        # With tombstones on one restart, without on the next: a broker may do either.
        log = self.world.state[self.number]
        records = log if self.world.restarts % 2 else self.world.compacted(self.number)
        processor.restore(records[: len(records) // 2])
        processor.restore(records[len(records) // 2 :])
        return processor, processor.resume(self.committed, self.metadata)

    def turn(self) -> bool:
        """Drain, then one batch. False: there was nothing to do."""
        while True:
            if self.world.crash():
                self.processor, self.position = self._start()
            pending = self.processor.drain(outputs := Listed())
            if pending is None:
                break
            self._commit(pending, outputs)
        before, log = self.committed, self.world.raw[self.number]
        while records := log[self.position : self.position + self.world.batch]:
            # What was read, as the runner has it: a processor may only remember what it is given.
            self.position += len(records)
            self._process(records)
            if self.committed > before:
                return True
        return False

    def _process(self, records: list[Rec]) -> None:
        while records:
            step = self.processor.process(records, outputs := Listed())
            self._commit(step, outputs)
            if step.waits_for is None:
                break
            crashed = self.world.crash()
            if crashed:
                self.processor, self.position = self._start()
            self.keys.put(step.waits_for, day_key(step.waits_for))
            if crashed:
                break
            records = [each for each in records if each.offset >= step.position]

    def _commit(self, step: Step, outputs: Listed) -> None:
        self.world.write(step, outputs)
        self.committed, self.metadata = step.commit, step.metadata


class _Releaser:
    """The release stage on one partition."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.committed, self.metadata = 0, ""
        self.reached = 0
        self.crashed: set[tuple[int, str]] = set()
        self.processor, self.position = self._start()

    def _start(self) -> tuple[Processor, int]:
        processor = ReleaseProcessor()
        return processor, processor.resume(self.committed, self.metadata)

    def turn(self) -> bool:
        """What is pending, then one batch. False: there was nothing to do."""
        turned = False
        self._crash_once()
        while (pending := self.processor.drain(outputs := Listed())) is not None:
            self._commit(pending, outputs)
            self._crash_once()
            turned = True
        records = self.world.handed[self.number][self.position : self.position + self.world.batch]
        if records:
            step = self.processor.process(records, outputs := Listed())
            self._commit(step, outputs)
        return turned or bool(records)

    def _crash_once(self) -> None:
        """Once at each place, or a test that always crashes would never get on."""
        place = self.position, self.metadata
        if self.position == self.reached and place not in self.crashed and self.world.crash():
            self.crashed.add(place)
            self.processor, self.position = self._start()

    def _commit(self, step: Step, outputs: Listed) -> None:
        self.world.write(step, outputs)
        self.committed, self.metadata, self.position = step.commit, step.metadata, step.position
        self.reached = max(self.reached, self.position)
        self.world.commits[self.number].append((step.commit, step.metadata))


def country(packed: bytes) -> str | None:
    """A stand-in for the countries' database."""
    return {b"\x08": "US", b"\x05": "DE"}.get(packed[:1])


def feed(values: Iterable[bytes | None], appended_ms: int = MIDNIGHT + 49 * HOUR) -> list[Feed]:
    """Values that the broker all takes in at one time."""
    return [(value, appended_ms) for value in values]


def shop(visitors: int, hours: int, start_ms: int = MIDNIGHT, sites: int = 1) -> list[bytes]:
    """A few days' events, hour by hour with a tick after each hour; and a last one that closes all.

    Each visitor comes in most hours, sees a popular page and a rare one, and comes more often than
    the cap allows.
    """
    values: list[bytes] = [closing(start_ms)]
    number = 0
    for hour in range(hours):
        at_ms = start_ms + hour * HOUR
        for visitor in range(visitors):
            for visit in range(1 + (visitor * 7 + hour) % 3):
                site = ["shop.example", "blog.example"][(visitor + visit) % sites]
                page = visitor % 3 if visit == 0 else visitor * 10 + hour
                values.append(
                    event(
                        number,
                        at_ms + number % 3_600_000,
                        event_id=f"e{number}",
                        site=site,
                        url=f"https://{site}/products/{page}",
                        ip=f"8.8.{visitor // 200}.{visitor % 200}",
                    )
                )
                number += 1
        values.append(closing(at_ms + HOUR))
    last = -(-(start_ms + hours * HOUR) // (24 * HOUR)) * 24 * HOUR
    values.append(closing(last))
    return values
