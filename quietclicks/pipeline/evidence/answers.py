"""States that requests of data subjects have come to, and refusals: from the answers to them.

An entry tells the day, and nothing by which one request could be told from another. So how far the
answers are told does not stand in it: it is committed together with the entries.
"""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY
from quietclicks.pipeline.evidence.kinds import Body, Refusal, Request
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.processor import Record
from quietclicks.schemas.rights import Answer

MAX_ANSWERS = 500  # in a transaction; the next round goes on


class SeenAnswers(Struct, frozen=True):
    """What is new; `next` is the offset from which on none is told."""

    told: tuple[Told, ...]
    next: int


def told_of(records: Iterable[Record]) -> Iterator[Told]:
    """Of records of `privacy.responses`, in order. What is written again is told once."""
    for record in records:
        if b"." in (record.key or b".") or b"/" in (record.key or b"") or record.value is None:
            continue  # a box's key, a part of an archive, a nudge
        try:
            answer = msgspec.json.decode(record.value, type=Answer)
        except (ValueError, RecursionError):
            continue
        body = _body(answer)
        if body is not None and not answer.retold:
            yield body, instant(record.timestamp // MILLISECONDS_PER_DAY * MILLISECONDS_PER_DAY)


def _body(answer: Answer) -> Body | None:
    if answer.verb is None:
        return None
    if answer.state == "denied":
        return Refusal(verb=answer.verb, reason=answer.reason or "other")
    return Request(verb=answer.verb, state=answer.state)
