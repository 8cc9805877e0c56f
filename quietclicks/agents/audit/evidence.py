"""The audit log, its checkpoints, the anchors and the reports before, as the checks need them.

Read whole: some hundred bytes an entry, a few hundred entries a week.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from quietclicks.agents.audit.reports import read_reports
from quietclicks.agents.audit.tell import Tell
from quietclicks.agents.evidence.anchor import Anchor
from quietclicks.agents.evidence.beside import anchors_beside
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.reading import batches_to_end
from quietclicks.agents.settings import Settings
from quietclicks.pipeline.audit.checks.audits import Earlier
from quietclicks.pipeline.audit.checks.log import Stored
from quietclicks.pipeline.audit.report import ReportError, decode
from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.schemas import topics


class Evidence(Struct, frozen=True):
    """What there is; `earlier` are all reports that were recorded before, the oldest first."""

    log: Stored
    earlier: Sequence[Earlier]


async def read_evidence(settings: Settings, keys: Sequence[VerifierKey], tell: Tell) -> Evidence:
    """Raises `Failure`, `KafkaError`, `TimeoutError`."""
    # In this order, so that each checkpoint that is read is of entries that are, too.
    reports = await read_reports(settings)
    beside = [*Anchor(settings).notes(), *await anchors_beside(settings, lambda _: None)]
    notes = [value for value, _ in await _values(settings, topics.CHECKPOINTS, tell)]
    entries = await _values(settings, topics.AUDIT, tell)
    earlier = [Earlier(each.value, _moment(each.at_ms)) for each in reports]
    anchors = [*beside, *_in_reports(earlier)]
    stored = Stored(
        [value for value, _ in entries], [_moment(at) for _, at in entries], notes, keys, anchors
    )
    return Evidence(stored, earlier)


async def _values(settings: Settings, topic: str, tell: Tell) -> list[tuple[bytes, int]]:
    await clients.partitions(settings, topic)
    found = []
    async for records in batches_to_end(settings, topic, 0):
        found += [(each.value or b"", each.timestamp) for each in records]
        tell(len(records))
    return found


def _in_reports(earlier: Sequence[Earlier]) -> list[tuple[str, bytes]]:
    """The newest checkpoint that a report before this one had seen."""
    for each in reversed(earlier):
        try:
            note = decode(each.value).checkpoint
        except ReportError:
            continue
        if note:
            return [(f"the report of {each.at:%Y-%m-%d %H:%M}, an anchor,", note.encode())]
    return []


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
