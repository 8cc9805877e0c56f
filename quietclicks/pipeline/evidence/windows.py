"""Which windows are out, each with the count and the hash of what was published of it.

Windows follow one another without a gap, those with nothing, too. Release partitions are not
equally far: records of a later window may lie before an earlier one's. So the last entry of each
transaction says from where on the records of all later windows lie, and nothing before that is read
again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from quietclicks.pipeline.clock import HOURS_PER_DAY, MILLISECONDS_PER_HOUR, milliseconds
from quietclicks.pipeline.evidence.kinds import Body, WindowReleased
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.evidence.window_hash import Name, hash_of, name_of, record_hash
from quietclicks.pipeline.processor import Record

MAX_WINDOWS = 200  # in a transaction: eight days
MAX_DAYS = 366  # a log that begins where much was published before goes back no further


class Gathered:
    """What was read of some windows that are out, `more` of which wait. It holds hashes alone."""

    def __init__(self, wanted: Sequence[Name], more: bool, now_ms: int) -> None:
        self.wanted, self.more, self.now_ms = wanted, more, now_ms
        self.later: dict[str, list[int]] = {}  # topic → an offset of each of its partitions
        self.newest_ms: dict[Name, int] = {}
        self._hashes: dict[Name, list[bytes]] = {name: [] for name in wanted}
        self._later_came: set[tuple[str, int]] = set()

    def begin(self, topic: str, offsets: Sequence[int]) -> None:
        """From where on the partitions of a topic are read."""
        self.later[topic] = [*offsets]

    def take(self, topic: str, partition: int, records: Iterable[Record]) -> None:
        """What a partition holds next."""
        last = self.wanted[-1]
        for record in records:
            name = name_of(record.key)
            if (topic, partition) not in self._later_came:
                is_later = name is not None and name > last
                self.later[topic][partition] = record.offset + (not is_later)
                if is_later:
                    self._later_came.add((topic, partition))
            if name in self._hashes:
                self._hashes[name].append(record_hash(topic, record.key, record.value))
                self.newest_ms[name] = max(self.newest_ms.get(name, 0), record.timestamp)

    def told(self) -> Iterator[Told]:
        """The entries; each has the broker's time of its newest record, if it has any."""
        for name in self.wanted:
            hashes = self._hashes[name]
            is_last = name == self.wanted[-1]
            body = WindowReleased(
                window=name.window,
                start=instant(name.start * MILLISECONDS_PER_HOUR),
                records=len(hashes),
                hash=hash_of(hashes),
                later={topic: tuple(each) for topic, each in self.later.items()} if is_last else {},
            )
            yield body, instant(self.newest_ms.get(name, self.now_ms))


class Windows:
    """What the log says of windows already."""

    def __init__(self) -> None:
        self._next: Name | None = None
        self.later: Mapping[str, Sequence[int]] = {}

    @property
    def begun(self) -> bool:
        """Whether the log tells of windows at all yet."""
        return self._next is not None

    def add(self, body: Body) -> None:
        """What the log says next."""
        if isinstance(body, WindowReleased):
            hours = HOURS_PER_DAY if body.window == "P1D" else 1
            end = milliseconds(body.start) // MILLISECONDS_PER_HOUR + hours
            self._next = Name(end, body.window == "P1D").following()
            self.later = body.later or self.later

    def wanted(self, released: int, begin: int = 0) -> tuple[list[Name], bool]:
        """The next windows that are out before the hour `released`, and whether there are more.

        `begin`: the first day, since 1970, of a log that tells of none yet.
        """
        name = self._next or Name(begin * HOURS_PER_DAY + 1, False)
        found: list[Name] = []
        while name.end <= released:
            if len(found) == MAX_WINDOWS:
                return found, True
            found.append(name)
            name = name.following()
        return found, False

    @staticmethod
    def missing(seen: Gathered | None) -> Iterator[Told]:
        """What is to be told now, in order."""
        if seen is not None:
            yield from seen.told()


class FirstDay:
    """Where a log's windows begin that has none yet: with the first day of which all can be told.

    What is read begins at `since_ms`, by the broker's clock: all of a window is younger than its
    start. `whole`: nothing was published before that.
    """

    def __init__(self, released: int, since_ms: int, whole: bool) -> None:
        self._newest = max(0, released - 1) // HOURS_PER_DAY
        self._released = released
        self._since_ms, self._whole = since_ms, whole
        self._first = self._newest

    def take(self, records: Iterable[Record]) -> None:
        """All that was published since then, in any order."""
        for record in records:
            if name := name_of(record.key):
                day = name.start // HOURS_PER_DAY
                if self._newest - MAX_DAYS <= day < self._first:
                    self._first = day

    def day(self) -> int:
        """Since 1970."""
        if self._whole:
            return self._first
        from_then = -(-self._since_ms // (HOURS_PER_DAY * MILLISECONDS_PER_HOUR))
        return min(from_then, -(-self._released // HOURS_PER_DAY))
