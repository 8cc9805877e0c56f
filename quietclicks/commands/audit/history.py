"""What an attack takes, as lines of a file: published trends, and the true events of tests.

It never shows a line that it cannot read, only its number.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import Raw, Struct

from quietclicks.agents.audit.history import START
from quietclicks.errors import UsageError
from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import SiteDay
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension


class _Line(Struct):
    """A line of `preview`."""

    topic: str
    value: Raw


def trends_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The trends in lines that are trends, or `preview`'s. Raises `UsageError`."""
    published = frozenset(topics.PUBLISHED)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            kind = msgspec.json.decode(line, type=dict[str, Raw])
            if "topic" in kind:
                record = msgspec.json.decode(line, type=_Line)
                if record.topic not in published or bytes(record.value) == b"null":
                    continue
                line = bytes(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UsageError(f"line {number} is not a JSON object") from None
        yield line


class _True(Struct):
    hour: str
    visitor: str | int
    dims: dict[Dimension, str]
    site: str = ""


def events_of(lines: Iterable[bytes]) -> dict[SiteDay, list[Event]]:
    """Counted events by site-day. Raises `UsageError`."""
    events: defaultdict[SiteDay, list[Event]] = defaultdict(list)
    visitors: dict[str | int, int] = {}
    decoder = msgspec.json.Decoder(_True)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            event = _True("", 0, {})
        if not START.fullmatch(event.hour):
            raise UsageError(
                f"line {number} of the events is not one: "
                '{"site", "hour": "2026-01-31T09:00:00Z", "visitor", "dims": {dimension: value}}'
            )
        visitor = visitors.setdefault(event.visitor, len(visitors))
        where = SiteDay(event.site, event.hour[:10])
        events[where].append(Event(event.hour, visitor, event.dims))
    return events


def opened(file: str, standard_input: BinaryIO) -> BinaryIO:
    """A file, or standard input (`-`); raises `UsageError`."""
    if file == "-":
        return standard_input
    try:
        return cast(BinaryIO, Path(file).open("rb"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
