"""Outcomes of audits, each with its report's hash: from the reports that the auditor has written.

A report that cannot be read is told as one that checked nothing: whoever wrote it, it is there.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from quietclicks.pipeline.evidence.kinds import Audit, Body
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.processor import Record

NAME = "report"
MAX_AUDITS = 500  # in a transaction; the next round goes on


class _Report(Struct):
    """What is read of a report; the rest is for people."""

    outcome: Literal["held", "broken", "not-checked"]


class SeenAudit(Struct, frozen=True):
    """A report; `at_ms` is when the broker took it in."""

    outcome: Literal["held", "broken", "not-checked"]
    report: str
    offset: int
    at_ms: int


_report = msgspec.json.Decoder(_Report)


def seen_audit(record: Record) -> SeenAudit:
    """A record of `privacy.audits`."""
    data = record.value or b""
    try:
        outcome = _report.decode(data).outcome
    except (ValueError, RecursionError):
        outcome = "not-checked"
    return SeenAudit(outcome, hashlib.sha256(data).hexdigest(), record.offset, record.timestamp)


class Audits:
    """What the log says of audits already."""

    def __init__(self) -> None:
        self.next = 0  # the offset from which on none is told

    def add(self, body: Body) -> None:
        """What the log says next."""
        if isinstance(body, Audit):
            self.next = body.offset + 1

    @staticmethod
    def missing(seen: Iterable[SeenAudit]) -> Iterator[Told]:
        """What is to be told now, in order."""
        for each in seen:
            body = Audit(name=NAME, outcome=each.outcome, report=each.report, offset=each.offset)
            yield body, instant(each.at_ms)
