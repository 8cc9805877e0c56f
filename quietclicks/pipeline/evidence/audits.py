"""Outcomes of audits, each with its report's hash: from the reports that the auditor has written.

A report that cannot be read is told as one that checked nothing: whoever wrote it, it is there.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from quietclicks.pipeline.evidence.kinds import Audit, Body
from quietclicks.pipeline.evidence.told import Told, instant
from quietclicks.pipeline.processor import Record

NAME = "report"
MAX_AUDITS = 500  # in a transaction; the next round goes on


Outcome = Literal["held", "broken", "not-checked"]


class _Promise(Struct):
    outcome: Outcome


class _Report(Struct):
    """What is read of a report; the rest is for people."""

    outcome: Outcome
    promises: list[_Promise] = []


UNREADABLE = _Report("not-checked")


class SeenAudit(Struct, frozen=True):
    """A report: its outcome, how many promises had which, its hash and where it lies.

    `at_ms` is when the broker took it in.
    """

    outcome: Outcome
    promises: Counter[Outcome]
    report: str
    offset: int
    at_ms: int


_report = msgspec.json.Decoder(_Report)


def seen_audit(record: Record) -> SeenAudit:
    """A record of `privacy.audits`."""
    data = record.value or b""
    try:
        report = _report.decode(data)
    except (ValueError, RecursionError):
        report = UNREADABLE
    promises = Counter(each.outcome for each in report.promises)
    digest = hashlib.sha256(data).hexdigest()
    return SeenAudit(report.outcome, promises, digest, record.offset, record.timestamp)


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
            body = Audit(
                name=NAME,
                outcome=each.outcome,
                report=each.report,
                offset=each.offset,
                held=each.promises["held"],
                broken=each.promises["broken"],
                not_checked=each.promises["not-checked"],
            )
            yield body, instant(each.at_ms)
