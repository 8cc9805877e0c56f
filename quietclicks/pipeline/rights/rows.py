"""The records that answer a request: archives in parts, notices, entries of the list, the ends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from zlib import crc32

import msgspec
from msgspec import Raw

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import Row
from quietclicks.pipeline.rights.answers import Found
from quietclicks.pipeline.rights.matching import Match
from quietclicks.schemas import topics
from quietclicks.schemas.rights import Answer, Correctable, Done, Notice, Part, Request

PART_BYTES = 256 * 1024  # of an archive, in one record: less than a broker's 1 MiB
SAME = frozenset({"id", "visitor"})  # what differs between recipients

encode = msgspec.json.Encoder(order="deterministic").encode


def part_key(request: str, number: int) -> bytes:
    """Beside the answer, whose key is the id alone."""
    return f"{request}/{number}".encode()


def answer_row(answer: Answer) -> Row:
    """Overwrites what was answered before."""
    return 0, answer.id.encode(), encode(answer)


def closing_row(request: str, through: int) -> Row:
    """Overwrites the request, and with it the boxes; `through`: the last offset it was asked at."""
    return 0, request.encode(), encode(Done(id=request, done="closed", through=through))


def archive(found: Iterable[Found]) -> list[Part]:
    """All that was found, topic by topic, in the log's order."""
    everything = [each for day in found for each in day.matches]
    everything.sort(key=attrgetter("topic"))
    parts = []
    for topic, theirs in groupby(everything, key=attrgetter("topic")):
        parts += [
            Part(topic=topic, records=tuple(Raw(each.value) for each in some))
            for some in _in_parts(theirs)
        ]
    return parts


def _in_parts(matches: Iterable[Match]) -> Iterator[list[Match]]:
    some: list[Match] = []
    size = 0
    for each in matches:
        if some and size + len(each.value) > PART_BYTES:
            yield some
            some, size = [], 0
        some.append(each)
        size += len(each.value)
    if some:
        yield some


def erasures(found: Iterable[Found]) -> Iterator[tuple[str, Row]]:
    """A notice for each record, in the topic of notices that belongs to it."""
    for day in found:
        value = encode(Notice(reason="erased", day=day_text(day.day)))
        for each in day.matches:
            yield topics.notices_of(each.topic), (_route(each.key), each.key, value)


def corrections(request: Request, found: Iterable[Found]) -> list[tuple[str, Row]]:
    """A notice with the corrected event, to each who has it; none: it is not theirs to correct."""
    rows: list[tuple[str, Row]] = []
    for day in found:
        wrong = next((each for each in day.matches if each.key == _event(request)), None)
        if wrong is None:
            continue
        for each in [wrong, *_copies(wrong, day.matches)]:
            event = _corrected(_event_of(each), request.changes)
            notice = Notice(reason="corrected", day=day_text(day.day), event=event)
            row = _route(each.key), each.key, encode(notice)
            rows.append((topics.notices_of(each.topic), row))
    return rows


def _corrected(
    event: Mapping[str, Any], changes: Mapping[Correctable, str | None]
) -> dict[str, Any]:
    """Only what the event has is changed: a recipient gets no field that it had not."""
    return {**event, **{name: each for name, each in changes.items() if name in event}}


def _copies(wrong: Match, matches: Sequence[Match]) -> Iterator[Match]:
    """Each other recipient's record that says the same in all that both say.

    Of several alike each is as good as another: the first stands for the first, and so on.
    """
    told = _event_of(wrong)
    beside = [each for each in matches if each.topic == wrong.topic]
    for topic, theirs in groupby(matches, key=attrgetter("topic")):
        alike = [each for each in theirs if _alike(told, _event_of(each))]
        if topic != wrong.topic and alike:
            like = _event_of(alike[0])
            place = [each for each in beside if _alike(_event_of(each), like)].index(wrong)
            yield alike[min(place, len(alike) - 1)]


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    names = (one.keys() & other.keys()) - SAME
    return "timestamp" in names and all(one[name] == other[name] for name in names)


def _event_of(match: Match) -> dict[str, Any]:
    """Empty where it cannot be read: the worker is not to stop of it."""
    try:
        return msgspec.json.decode(match.value, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}


def _event(request: Request) -> bytes:
    return (request.event or "").encode()


def _route(key: bytes) -> int:
    """Where the event lies, there lies its notice."""
    return crc32(key.partition(b":")[0])
