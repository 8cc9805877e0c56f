"""Keys that are made, destroyed and wrapped anew by two who race, one of whom is killed.

Whoever goes on does all three: so each is seen to meet each. One day's key is due, one lives and is
wrapped by the former key-encryption key, one is to be made.
"""

import base64
from contextlib import suppress

from quietclicks.agents.kafka.only_writer import Rival
from quietclicks.agents.kafka.topics import apply
from quietclicks.agents.keys.destroy import destroy_due
from quietclicks.agents.keys.rewrap import rewrap
from quietclicks.agents.keys.store import KeyStore
from quietclicks.agents.keys.topic import read_keys
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings, key_encryption_keys
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.pseudonyms.key_life import NEVER, THROUGH, KeyRecords
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.topology.topics import TopicSpec, topology
from quietclicks.schemas import topics
from tests.agents.keys.test_destroy import DAY, POLICY, told_cut
from tests.kafka_tools import produce, read_all, unique

DUE, LIVES, WANTED = DAY, DAY + 1, DAY + 2
NEW, OLD = bytes(range(32)), bytes(reversed(range(32)))
KEYS = {DUE: b"\1" * 32, LIVES: b"\2" * 32}
OPERATIONS = ("make", "destroy", "rewrap")


class KeyWork:
    """`operation` is what the killed one does, and a rival first."""

    def __init__(self, bootstrap: str, operation: str) -> None:
        self._topic = unique("keys")
        self._operations = [operation, *(each for each in OPERATIONS if each != operation)]
        both = (base64.b64encode(each).decode() for each in (NEW, OLD))
        self._settings = Settings(
            bootstrap=bootstrap, app=unique("app"), key_encryption_key=" ".join(both)
        )
        self._wrapping = Wrapping(key_encryption_keys(self._settings))
        self._read: dict[int, bytes] = dict(KEYS)  # what somebody has had for a day's key

    async def prepare(self) -> None:
        [spec] = [each for each in topology(POLICY) if each.name == topics.KEYS]
        topics.KEYS = self._topic  # in this process, which is the case's own
        # Nothing is compacted here: each record that was ever written is to be seen.
        await apply(self._settings, [TopicSpec(self._topic, 1, 1, spec.configs)])
        former = Wrapping([OLD])
        sealed = {day: former.wrap(day_text(day), key) for day, key in KEYS.items()}
        records = [(0, name(day), value) for day, value in sealed.items()]
        await produce(self._settings.bootstrap, self._topic, records)
        await told_cut(self._settings, DUE)

    async def once(self) -> None:
        with suppress(Rival, _Meanwhile):
            await self._do(self._operations[0])

    async def found(self) -> None:
        await self._look()

    async def to_the_end(self) -> None:
        for operation in self._operations:
            while not self._is_done(operation, await self._look()):
                with suppress(_Meanwhile):
                    await self._do(operation)

    async def check(self) -> None:
        records = await self._look()
        assert set(records.living) == {LIVES, WANTED}
        assert records.through == DUE
        assert records.deleted | records.lost == set()
        ring = DayKeys()
        for day in (DUE, LIVES, WANTED):
            await KeyStore(self._settings, ring).provide(day)
        assert ring._keys == {day: self._read[day] for day in (LIVES, WANTED)}
        written = [(each.key, each.value) for each in await read_all(*self._place)]
        keys = [(key, value) for key, value in written if key != b"nudge"]
        ends = [at for at, (key, _) in enumerate(keys) if key == THROUGH]
        assert len(ends) == 1, "the end of the day's key is told once"
        assert keys[ends[0] - 1] == (name(DUE), None), "with its tombstone"
        of = {day: [value for key, value in keys if key == name(day)] for day in (DUE, LIVES)}
        # Wrapped anew: the old one, its tombstone, the new one. Once, or the due one not at all.
        assert [value is None for value in of[LIVES]] == [False, True, False]
        assert [value is None for value in of[DUE]] in (
            [False, True],
            [False, True, False, True],
        )
        assert sum(key == name(WANTED) for key, _ in keys) == 1

    @property
    def _place(self) -> tuple[str, str]:
        return self._settings.bootstrap, self._topic

    async def _do(self, operation: str) -> None:
        if operation == "make":
            ring = DayKeys()
            await KeyStore(self._settings, ring).provide(WANTED)
            self._saw(WANTED, ring._keys[WANTED])
        elif operation == "destroy":
            await destroy_due(self._settings, POLICY)
        else:
            try:
                await rewrap(self._settings)
            except Failure as failure:
                if "at the same moment: try again" not in str(failure):
                    raise
                raise _Meanwhile from None

    async def _look(self) -> KeyRecords:
        """What is committed just now: never half of anything, and no key but the one there was."""
        records = await read_keys(self._settings)
        assert LIVES in records.living
        assert (DUE in records.living) == (records.through == NEVER)
        assert not records.deleted
        for day, there in records.living.items():
            self._saw(day, self._wrapping.unwrap(day_text(day), there.sealed))
        return records

    def _saw(self, day: int, key: bytes) -> None:
        assert self._read.setdefault(day, key) == key, "a day has one key"

    def _is_done(self, operation: str, records: KeyRecords) -> bool:
        if operation == "make":
            return WANTED in records.living
        if operation == "destroy":
            return records.through == DUE
        living = records.living.items()
        return all(self._wrapping.is_newest(day_text(day), each.sealed) for day, each in living)


class _Meanwhile(Exception):
    """Somebody else was faster: once more."""


def name(day: int) -> bytes:
    """As its records are named."""
    return day_text(day).encode()
