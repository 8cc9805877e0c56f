"""Requests of data subjects and the answers: `privacy.requests`, `privacy.responses`, and notices.

A request holds no identifier but in boxes that only the workers open; a `repr` shows none. States
and reasons are the Data Rights Protocol's, and two of our own: `key_destroyed`, `shared_identity`.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from quietclicks.schemas.raw import Site

Verb = Literal["access", "portability", "rectify", "erase", "restrict", "object", "lift"]
State = Literal["open", "in_progress", "fulfilled", "denied", "expired"]
Why = Literal[
    "no_match",
    "insuf_verification",
    "too_many_requests",
    "other",
    "key_destroyed",
    "shared_identity",
]
Step = Literal["restricted", "noticed"]
"""Of what is in progress: the list names the person; notices are out, and the cut is awaited."""

Ground = Literal["others_rights", "manifestly_unfounded", "excessive", "impossible", "law"]
Question = Literal["pages", "shared"]
Sign = Literal["languages", "pace", "pages", "hours"]
Correctable = Literal["country", "language", "page", "search"]

SEARCHED = "/searched"
"""After a request's id, where an archive's parts have a number."""

RequestId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]
Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
Box = Annotated[str, Meta(max_length=8192)]
MAX_DAYS = 40  # more than keys live at a time: `keys.grace` is 31 days at most
Days = Annotated[tuple[Day, ...], Meta(min_length=1, max_length=MAX_DAYS)]
EventKey = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{16}:[A-Za-z0-9_-]{16}\Z")]
Corrected = Annotated[str, Meta(max_length=1024)]
Words = Annotated[str, Meta(max_length=2000)]


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the officer asks for. Without `act` it is a dry run: it looks, and changes nothing.

    With a `ground` it is the officer's refusal of what was asked.
    """

    id: RequestId
    verb: Verb
    site: Site
    days: Days
    boxes: Annotated[dict[Day, Box], Meta(max_length=MAX_DAYS)] = {}
    act: bool = False
    asked: tuple[Question, ...] = ()
    shared_checked: bool = False
    until: Day | None = None
    event: EventKey | None = None
    changes: Annotated[dict[Correctable, Corrected | None], Meta(max_length=4)] = {}
    ground: Ground | None = None
    words: Words = ""

    def __repr__(self) -> str:
        return "Request(…)"


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request is overwritten with: by a worker when it is closed, by the officer when its
    archive is fetched. What lies after `through` is asked anew."""

    id: RequestId
    done: Literal["closed", "fetched"]
    through: int = -1  # an offset


class DayAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to say of one day. `events` is about so many.

    `since`: what was written before is cut already, with the day before; there may have been some.
    """

    day: Day
    state: State
    reason: Why | None = None
    findable_until: str | None = None
    since: str | None = None
    events: int = 0
    hours: tuple[int, ...] = ()
    spread: tuple[Sign, ...] = ()
    receipt: str | None = None


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a request is, under its id. Each overwrites the one before.

    `holds_from`: of each partition of raw events, the offset from which on the list is obeyed.
    """

    id: RequestId
    state: State
    at: str
    verb: Verb | None = None  # a request that cannot be read has neither
    site: str = ""
    findable_until: str | None = None
    reason: Why | None = None
    step: Step | None = None
    days: tuple[DayAnswer, ...] = ()
    parts: int = 0  # of an archive, which leaves when it is fetched
    asked: tuple[Question, ...] = ()
    shared_checked: bool = False
    until: Day | None = None
    ground: Ground | None = None
    words: Words = ""
    unreached: tuple[str, ...] = ()
    holds_from: tuple[int, ...] = ()
    retold: bool = False  # for who asks again: it was answered before


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said of an event later, under the event's key. `erased`: delete yours, too."""

    reason: Literal["erased", "corrected"]
    day: Day
    event: dict[str, Any] | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """How much of a search is done, under the request's id and `SEARCHED`."""

    percent: int


class Part(Struct, frozen=True, kw_only=True):
    """A piece of an archive, under the request's id and a number: records of one topic."""

    topic: str
    records: tuple[Raw, ...]

    def __repr__(self) -> str:
        return "Part(…)"
