"""The pipeline on a log, with the sender of each pseudonymised event beside it: for audits.

Only who has the log can do this. The keys are the caller's, made for this run and known nowhere
else, so the real pseudonyms are neither read nor told.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, milliseconds
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.pseudonym import (
    EVENT_ID,
    Pseudonymiser,
    delimited,
    delimited_part,
)
from quietclicks.schemas import topics
from quietclicks.schemas.raw import Instant

# Everything that tells what the visitor wants; the other spellings are refused by the pipeline.
SIGNALS = ("dnt", "gpc", "tcf")
NEEDED = {"id", "site", "timestamp", "visitor"}
AGREED = Raw(b'{"analytics":true,"partners":false}')


class _Sent(Struct, gc=False):
    """What tracing looks at."""

    event_id: str
    site: str
    timestamp: Instant
    ip: str
    user_agent: str | None = None

    def __repr__(self) -> str:
        return "_Sent(…)"


class Traced(NamedTuple):
    """A pseudonymised event as decoded JSON, and the person: a digest of address and browser."""

    person: str
    event: dict[str, Any]


_sent = msgspec.json.Decoder(_Sent)
_object = msgspec.json.Decoder(dict[str, Raw])
_event = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode


class Tracer:
    """Feed it with `run`, which raises `UsageError` where the policy's events cannot be traced."""

    def __init__(
        self,
        policy: Policy,
        country: Callable[[bytes], str | None],
        new_key: Callable[[int], bytes],
    ) -> None:
        self._new_key = new_key
        self._keys: dict[str, bytes] = {}
        self._offline = Offline(policy, country, self._key)
        self._unnamed: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        self._person: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    def run(self, values: Iterable[tuple[bytes, int]]) -> Iterator[Traced]:
        """(value, append time in ms) in log order → the events for analysts."""
        for record in self._offline.run(map(self._noted, values)):
            if record.topic == topics.PSEUDONYMISED and record.value is not None:
                event = _event.decode(record.value)
                if NEEDED - event.keys():
                    raise UsageError(
                        "an event's sender is found by its id, site, timestamp and visitor: "
                        "let the policy list them for this"
                    )
                yield Traced(self._who(event), event)

    def _key(self, day: int) -> bytes:
        key = self._keys[day_text(day)] = self._new_key(day)
        return key

    def _noted(self, record: tuple[bytes, int]) -> tuple[bytes, int]:
        try:
            sent = _sent.decode(record[0])
        except (ValueError, RecursionError):
            return record  # a tick, or nothing that becomes an event
        day = milliseconds(sent.timestamp) // MILLISECONDS_PER_DAY
        if day >= 0:
            note = sent.event_id, person(sent.ip, sent.user_agent)
            self._unnamed[sent.site, day_text(day)].append(note)
        return record

    def _who(self, event: dict[str, Any]) -> str:
        where = event["site"], event["timestamp"][:10]
        if unnamed := self._unnamed.pop(where, None):
            ids = Pseudonymiser(self._keys[where[1]], EVENT_ID, where[0])
            parts = [
                delimited_part(event_id.encode("utf-8", "surrogatepass")) for event_id, _ in unnamed
            ]
            for pseudonym, (_, sender) in zip(ids.texts(parts), unnamed, strict=True):
                # Of a repeated id the first event is used, the others are rejected.
                self._person[where].setdefault(pseudonym, sender)
        return self._person[where][event["id"]]


def person(ip: str, user_agent: str | None) -> str:
    """One address (of IPv6 its /64) and browser, as visitors are told apart; it shows neither."""
    packed = packed_address(ip) or b""
    network = packed[:8] if len(packed) == 16 else packed
    agent = (user_agent or "").encode("utf-8", "surrogatepass")
    return blake2b(delimited((network, agent)), digest_size=12).hexdigest()


def agreed(value: bytes) -> bytes:
    """The same raw event, were its visitor to agree to analysts and object to nothing.

    What an attacker feeds the software with, to see what somebody's events would say.
    """
    try:
        fields = _object.decode(value)
    except (ValueError, RecursionError):
        return value
    if "event_id" not in fields:
        return value  # a tick
    for name in SIGNALS:
        fields.pop(name, None)
    return _encode({**fields, "consent": AGREED})
