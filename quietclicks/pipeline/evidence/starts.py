"""Starts and stops of workers: one entry an hour that is over, however often they crashed."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct, field

from quietclicks.pipeline.clock import MILLISECONDS_PER_HOUR, milliseconds, start_of_hour
from quietclicks.pipeline.evidence.kinds import Body, Version, Workers
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.processor import Record

MAX_VERSIONS = 50  # in an entry


class Event(Struct, frozen=True, forbid_unknown_fields=True):
    """A record of `privacy.workers`: that a worker has started, or has stopped as it should."""

    event: Literal["start", "stop"]
    version: Version


class _Hour(Struct):
    """Of one hour; `end` is the offset after its last record."""

    starts: int = 0
    stops: int = 0
    versions: set[str] = field(default_factory=set)
    end: int = 0
    newest_ms: int = 0


_event = msgspec.json.Decoder(Event)


def said(event: Literal["start", "stop"], version: str) -> bytes:
    """The record's value."""
    return msgspec.json.encode(Event(event, version))


class SeenStarts:
    """What was read since the last entry, by the hour; it goes by the broker's clock alone."""

    def __init__(self, now_ms: int, told_ms: int = -MILLISECONDS_PER_HOUR) -> None:
        """`told_ms`: the last hour that was told."""
        self._now_ms = now_ms
        self._hours: dict[int, _Hour] = {}
        self._newest = told_ms + MILLISECONDS_PER_HOUR

    def take(self, records: Iterable[Record]) -> None:
        """Further ones, in the log's order. One that cannot be read is nobody's start."""
        for record in records:
            # A clock that was set back begins no hour anew: each has one entry.
            self._newest = max(self._newest, start_of_hour(record.timestamp))
            hour = self._hours.setdefault(self._newest, _Hour())
            hour.end, hour.newest_ms = record.offset + 1, record.timestamp
            try:
                event = _event.decode(record.value or b"")
            except (ValueError, RecursionError):
                continue
            hour.starts += event.event == "start"
            hour.stops += event.event == "stop"
            if len(hour.versions) < MAX_VERSIONS:
                hour.versions.add(event.version)

    def over(self) -> Iterator[Told]:
        """An entry for each hour that is over."""
        for start, hour in sorted(self._hours.items()):
            if start + MILLISECONDS_PER_HOUR <= self._now_ms:
                body = Workers(
                    hour=instant(start),
                    starts=hour.starts,
                    stops=hour.stops,
                    versions=tuple(sorted(hour.versions, key=_by_number)),
                    end=hour.end,
                )
                yield body, instant(hour.newest_ms)


class Starts:
    """What the log says of workers already."""

    def __init__(self) -> None:
        self.next = 0  # the offset
        self.hour_ms = -MILLISECONDS_PER_HOUR  # the last one

    def add(self, body: Body) -> None:
        """What the log says next."""
        if isinstance(body, Workers):
            self.next, self.hour_ms = body.end, milliseconds(body.hour)

    @staticmethod
    def missing(seen: SeenStarts | None) -> Iterator[Told]:
        """What is to be told now, in order."""
        if seen is not None:
            yield from seen.over()


def _by_number(version: str) -> tuple[list[int], str]:
    return [int(each) for each in re.findall(r"\d+", version)[:3]], version
