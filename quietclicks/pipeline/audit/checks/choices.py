"""Was each event that was passed on permitted? All raw events that live are decided about anew.

By the pipeline's own steps, under keys that are thrown away. So the real names are not needed, and
none is compared: what was passed on must be, but for its names, among what the raw events give, as
often at the most. Nothing here keeps an event: of each that was passed on it holds a hash.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from quietclicks.pipeline.anonymise.anonymiser import Anonymiser, PartitionAnonymiser
from quietclicks.pipeline.anonymise.decoded import Decoded, decoded_runs
from quietclicks.pipeline.anonymise.outcome import Outcome
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.audit.rounding import about
from quietclicks.pipeline.clock import text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.processor import Listed, Record
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics

MAX_HASHES = 300_000  # of more events, some are compared: which, nobody knows before
MAX_DAYS = 400  # whose keys are made up
# The names differ, and of the rest what an auditor's own country database may have otherwise.
NOT_COMPARED = ("id", "visitor", "country")
REMEDY = (
    "these records are of visits that nobody agreed to pass on, or of none: find out who writes to "
    "the topic (`quietclicks access plan`), and who got them; report a fault if only workers write"
)

_object = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder(order="deterministic").encode


class Alive(Struct, frozen=True):
    """Of which events the raw event must still be there.

    Of those that were appended at `from_ms` or later, and whose own time is at `since_ms` or later;
    that is 0 where no raw event was ever deleted.
    """

    from_ms: int
    since_ms: int

    def covers(self, said: Mapping[str, Any], at_ms: int) -> bool:
        """Whether the raw event lives of an event that was appended at `at_ms`."""
        if at_ms < self.from_ms:
            return False
        at = said.get("timestamp")
        return not self.since_ms or (isinstance(at, str) and at >= text(self.since_ms))


class Choices:
    """First what was passed on, by `passed_on`, then the raw events, by `raw`."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None] | None,
        new_key: Callable[[], bytes],
        alive: Alive,
        events: int,
    ) -> None:
        """`events` were passed on, about; `new_key` makes the keys, and dice for the sample.

        `country` is None where the audit has no country database: what is permitted may depend on
        the country.
        """
        self._policy = policy
        self._tells_country = "country" in policy.events.fields
        self._new_key = new_key
        self._alive = alive
        self._keys = DayKeys()
        # No list of spammers: a list that is longer than the workers' would find too much.
        self._knows_countries = country is not None
        self._anonymiser = Anonymiser(policy, country or (lambda _: None), self._keys, ())
        # Whatever was late or came twice is permitted, too: that depends on clocks that are over.
        self._anonymiser.admit = ()
        self._partitions: dict[int, PartitionAnonymiser] = {}
        self._parts = -(-max(events, 1) // MAX_HASHES)
        self._part = int.from_bytes(new_key()) % self._parts
        self._open: Counter[bytes] = Counter()
        self._where: dict[bytes, str] = {}
        self._ids: dict[bytes, str] = {}
        self._leaked = Problems()
        self._compared = self._passed_on = self._days = self._raw = 0
        self._with_country = False

    def passed_on(self, where: str, topic: str, said: Mapping[str, Any], at_ms: int) -> None:
        """An event for analysts or a partner; `where` names the record, appended at `at_ms`."""
        self._passed_on += 1
        if isinstance(name := said.get("id"), str) and self._is_taken(known := _id_hash(name)):
            self._ids[known] = where
        self._with_country |= said.get("country") is not None
        if not self._alive.covers(said, at_ms) or not self._is_taken(known := _hash(topic, said)):
            return
        self._compared += 1
        self._open[known] += 1
        self._where.setdefault(known, where)

    def raw(self, partition: int, records: Sequence[Record]) -> None:
        """Some raw records of a partition, in the log's order."""
        if partition not in self._partitions:
            self._partitions[partition] = PartitionAnonymiser(self._policy, self._anonymiser)
        for decoded in decoded_runs(records):
            self._raw += len(decoded.events)
            for event in decoded.events:
                if where := self._ids.get(_id_hash(event.event_id)):
                    self._leaked.add(f"{where}: its id is the one that the collector sent")
            self._permit(self._decided(self._partitions[partition], decoded))

    def _decided(self, partition: PartitionAnonymiser, decoded: Decoded) -> Outcome:
        while isinstance(outcome := partition.decide(decoded, None), int):
            if self._days >= MAX_DAYS:
                return Outcome()
            self._days += 1
            self._keys.put(outcome, self._new_key())
        return outcome

    def _permit(self, outcome: Outcome) -> None:
        made = Listed()
        outcome.write(made, 0, _AnyTime())
        for topic, rows in made.by_topic.items():
            if topic == topics.REJECTED:
                continue
            for _, _, value in rows:
                known = _hash(topic, _object.decode(value or b"{}"))
                if (left := self._open.get(known, 0)) > 1:
                    self._open[known] = left - 1
                elif left:
                    del self._open[known]

    def _is_taken(self, known: bytes) -> bool:
        return int.from_bytes(known) % self._parts == self._part

    def finding(self) -> Finding:
        """Of all that was compared."""
        problems = _named(self._where[known] for known in self._open)
        if self._lacks_countries(bool(problems)) and not self._leaked:
            why = "workers may know countries: give this audit QUIETCLICKS_COUNTRY_DATABASE, too"
            return not_checked(Check.CHOICES, why)
        if self._leaked or problems:
            for each in self._leaked.told:
                problems.add(each)
            return broken(Check.CHOICES, problems, REMEDY)
        if self._days >= MAX_DAYS:
            return not_checked(Check.CHOICES, f"the raw events are of more than {MAX_DAYS} days")
        if not self._compared:
            why = (
                "nothing was passed on"
                if not self._passed_on
                else "of no event that was passed on the raw event must still be there"
            )
            return not_checked(Check.CHOICES, why)
        part = "" if self._parts == 1 else f", one in {self._parts} of them"
        return held(
            Check.CHOICES,
            f"{about(self._compared, 'events')} that were passed on{part} are among what "
            f"{about(self._raw, 'raw events')} permit; no id of a raw event was passed on",
        )

    def _lacks_countries(self, is_other: bool) -> bool:
        """Whether the workers decided by countries that this audit cannot look up, or may have."""
        if self._knows_countries:
            return False
        return self._with_country or (is_other and not self._tells_country)


def _named(places: Iterable[str]) -> Problems:
    return Problems(f"{where}: no raw event permits this record" for where in sorted(places))


class _AnyTime(dict[int, str]):
    """Append times as rejections tell them; nobody looks at these."""

    def __missing__(self, at_ms: int) -> str:
        return ""


def _hash(topic: str, said: Mapping[str, Any]) -> bytes:
    rest = {name: value for name, value in said.items() if name not in NOT_COMPARED}
    return blake2b(topic.encode() + b"\0" + _encode(rest), digest_size=8).digest()


def _id_hash(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
