"""The closed set of what the audit log says, each as a type. Of no person, not even by a number.

No field takes free text: words come from lists or patterns that fit no address and no name with a
space, and times of what one person asked for are days.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from quietclicks.schemas.raw import Instant
from quietclicks.schemas.trend import Window

Count = Annotated[int, Meta(ge=0, lt=2**53)]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]  # SHA-256
PolicyHash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]  # as `policy check` shows it
Version = Annotated[
    str, Meta(pattern=r"\A[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}([a-z+-][a-z0-9+-]{0,19})?\Z")
]
Word = Annotated[str, Meta(pattern=r"\A[a-z][a-z-]{0,39}\Z")]
Setting = Annotated[str, Meta(pattern=r"\A[a-z][a-z.-]{0,59}\Z")]
Topic = Annotated[
    str, Meta(pattern=r"\A(clickstream|internal|privacy|trends)\.[a-z][a-z0-9._-]{0,199}\Z")
]

Limit = Literal["broker-backups", "mirrors", "consumers-disks", "memory"]
Verb = Literal["access", "portability", "rectify", "erase", "restrict", "object", "lift"]
State = Literal["open", "in_progress", "fulfilled", "denied", "expired"]
Reason = Literal[
    "no_match",
    "insuf_verification",
    "too_many_requests",
    "other",
    "key_destroyed",
    "shared_identity",
]


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all of them are."""


class Place(Kind, frozen=True):
    """A record of `privacy.keys`: its offset, and the broker's append time."""

    offset: Count
    time: Instant


class Difference(Kind, frozen=True):
    """What differs of a topic, or of the broker: a setting, or a right. Never whose right."""

    topic: Topic | None
    what: Setting


class PolicyInForce(Kind, frozen=True):
    """From here on; the first entry of a log is one.

    A day's key is due so many seconds after the day's end. `audit_every_days` is None where no
    audits are promised.
    """

    revision: date
    hash: PolicyHash
    key_due_seconds: Annotated[int, Meta(ge=0, le=10 * 366 * 86_400)]
    audit_every_days: Annotated[int, Meta(ge=1, le=366)] | None = None


class KeyMade(Kind, frozen=True):
    """A day has its key. The commitment is the key's SHA-256: the key is random, so it is safe."""

    day: date
    commitment: Hash
    made: Place


class KeyDue(Kind, frozen=True):
    """Both clocks have passed the day: the lowest of all raw watermarks, and the broker's."""

    day: date
    watermark: Instant
    clock: Instant


class KeyCut(Kind, frozen=True):
    """No record of the day is left in the events' topics, and since `gone` none on a disk.

    Not where they begin now: from day to day that counts the visits of who agreed, of few, too.
    """

    day: date
    topics: tuple[Topic, ...]
    gone: Instant


class KeyTombstoned(Kind, frozen=True):
    """The record that ends the key is written."""

    day: date
    tombstoned: Place


class KeyAbsent(Kind, frozen=True):
    """`privacy.keys`, read from one offset to another, holds no value under the day's name.

    At `gone` at the earliest the files that held it are off the disk.
    """

    day: date
    first: Count
    end: Count
    gone: Instant


class KeyDestroyed(Kind, frozen=True):
    """The receipt's entry: all of the above in one, and what it does not reach."""

    day: date
    commitment: Hash
    made: Place
    cut: Instant  # `gone` of the cut
    tombstoned: Place
    absent: Instant  # `gone` of the key
    method: Literal["tombstoned-and-compacted"]
    limits: tuple[Limit, ...]


class KeysRewrapped(Kind, frozen=True):
    """So many keys are wrapped by another key-encryption key, the newest at that place."""

    keys: Count
    rewrapped: Place


class WindowReleased(Kind, frozen=True):
    """A window is out, with nothing, too. The hash is of its records (`window_hash.py`).

    `later`: from where on, in each partition, the records of all later windows lie. The last entry
    of a transaction has it.
    """

    window: Window
    start: Instant
    records: Count
    hash: Hash
    later: dict[Topic, tuple[Count, ...]]

    def __post_init__(self) -> None:
        day, hour = self.start.replace(hour=0), self.start
        begins = day if self.window == "P1D" else hour
        if self.start != begins.replace(minute=0, second=0, microsecond=0):
            raise ValueError("a window starts at the full hour, or at midnight")


class Withheld(Kind, frozen=True):
    """How many views of a day no number tells, in total, to the nearest of so many."""

    day: date
    views_about: Count
    nearest: Annotated[int, Meta(ge=5)]

    def __post_init__(self) -> None:
        if self.views_about % self.nearest:
            raise ValueError("what is withheld is rounded")


class Drift(Kind, frozen=True):
    """What the broker has otherwise than the policy asks; nothing: any more."""

    of: Literal["topics", "access"]
    differences: tuple[Difference, ...]


class Audit(Kind, frozen=True):
    """An audit's outcome, and the SHA-256 of its report, which lies in `privacy.audits`.

    And how many of the promises to the public it found held, broken, and did not check.
    """

    name: Word
    outcome: Literal["held", "broken", "not-checked"]
    report: Hash
    offset: Count
    held: Count
    broken: Count
    not_checked: Count


class Workers(Kind, frozen=True):
    """Of an hour in which workers started or stopped: how many, and of which versions.

    `end`: up to where `privacy.workers` is told. A worker that was killed has no stop.
    """

    hour: Instant
    starts: Count
    stops: Count
    versions: tuple[Version, ...]
    end: Count


class Request(Kind, frozen=True):
    """Somebody's request has come to a state. Nothing tells whose, nor which request it was."""

    verb: Verb
    state: State


class Refusal(Kind, frozen=True):
    """A request was refused, and why."""

    verb: Verb
    reason: Reason


Body = (
    PolicyInForce
    | KeyMade
    | KeyDue
    | KeyCut
    | KeyTombstoned
    | KeyAbsent
    | KeyDestroyed
    | KeysRewrapped
    | WindowReleased
    | Withheld
    | Drift
    | Audit
    | Workers
    | Request
    | Refusal
)

KINDS: dict[str, type[Body]] = {
    "policy": PolicyInForce,
    "key-made": KeyMade,
    "key-due": KeyDue,
    "key-cut": KeyCut,
    "key-tombstoned": KeyTombstoned,
    "key-absent": KeyAbsent,
    "key-destroyed": KeyDestroyed,
    "keys-rewrapped": KeysRewrapped,
    "window": WindowReleased,
    "withheld": Withheld,
    "drift": Drift,
    "audit": Audit,
    "workers": Workers,
    "request": Request,
    "refusal": Refusal,
}
NAMES = {struct: name for name, struct in KINDS.items()}

ABOUT_ONE_PERSON = (Request, Refusal)


def is_a_day(time: datetime) -> bool:
    """Whether a time says no more than the day."""
    return (time.hour, time.minute, time.second, time.microsecond) == (0, 0, 0, 0)
