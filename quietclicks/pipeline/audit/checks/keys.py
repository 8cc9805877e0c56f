"""Do day keys die when they must, stay dead, and has each end its receipt?

Goes by records and entries alone: no key is opened.
"""

from collections.abc import Sequence

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.entries import Told
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, day_text, milliseconds
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_life import LIST, LOST, NUDGE, THROUGH, KeyRecords, day_of

ROUNDS_MS = 900_000  # three of the log's: so long it may not know of a new key
YOUNG_MS = 7_200_000  # a key that was made a moment ago for a day long over: of a log of the past
REMEDY = (
    "do not go on with a key that came back: whoever has it can link visits of its day. Look with "
    "`quietclicks keys list` and `quietclicks audit log`; see 'The day keys' in docs/operating.md"
)
RECEIPT_REMEDY = (
    "does a worker lead and write the audit log? See 'The audit log' in docs/operating.md"
)


class Seen(Struct, frozen=True):
    """What was measured. Times in ms, by the broker's clock.

    `committed` are the topic's records, `all_there` with those of transactions that were aborted.
    `due`: the last day (since 1970) whose key must be gone. `compacted_ms`: so long after its
    tombstone a wrapped key may still be in the topic.
    """

    committed: Sequence[Record]
    all_there: Sequence[Record]
    due: int
    now_ms: int
    compacted_ms: int


def keys_die(seen: Seen, log: Told) -> Finding:
    """Of `privacy.keys`, and what the audit log says of it."""
    problems = Problems()
    records = KeyRecords()
    for record in seen.committed:
        try:
            records.take(record)
        except ValueError:
            problems.add(f"the record at {record.offset} cannot be read")
        else:
            if not _is_ours(record):
                problems.add(f"the record at {record.offset} is no key of a day")
    for day, key in sorted(records.living.items()):
        if day <= seen.due and seen.now_ms - key.at_ms > YOUNG_MS:
            problems.add(f"the key of {day_text(day)} lives, and was due to be destroyed")
        if log.size and day not in log.made and seen.now_ms - key.at_ms > ROUNDS_MS:
            problems.add(f"the audit log does not know of the key of {day_text(day)}")
    for day in sorted(records.deleted | records.lost):
        problems.add(f"the key of {day_text(day)} was deleted, and not when it was due")
    for day in sorted(log.destroyed):
        if day > records.through:
            problems.add(
                f"the audit log has the receipt of {day_text(day)}, and the topic does not know "
                "that its key is destroyed: was it restored from an older copy?"
            )
    for told in _back_again(seen, records, log):
        problems.add(told)
    if problems:
        return broken(Check.KEYS, problems, REMEDY)
    if not records.living and records.through < 0:
        return not_checked(Check.KEYS, "there is no key, and none was destroyed")
    through = "none is destroyed yet"
    if records.through >= 0:
        through = f"all up to {day_text(records.through)} are destroyed, and none of them is there"
    known = "" if log.size else " (there is no audit log to know of them)"
    return held(Check.KEYS, f"{len(records.living)} keys live, none overdue{known}; {through}")


def _back_again(seen: Seen, records: KeyRecords, log: Told) -> list[str]:
    """Keys of destroyed days that are in the topic: put there again, or never compacted away."""
    found = []
    for record in seen.all_there:
        day = _day(record)
        if day is None or record.value is None or day > records.through:
            continue
        ended = log.tombstoned.get(day)
        place = ended.tombstoned if ended is not None else records.ended_at(day)
        if place is not None and record.offset > place.offset:
            found.append(f"a key of {day_text(day)} was put back after it was destroyed")
            continue
        at_ms = _ended_ms(day, records, log)
        if at_ms is None or seen.now_ms - at_ms > seen.compacted_ms:
            found.append(f"the wrapped key of {day_text(day)} is still in the topic")
    return sorted(set(found))


def _is_ours(record: Record) -> bool:
    key = record.key or b""
    if key in {THROUGH, LIST} or key.startswith(LOST) or _day(record) is not None:
        return True
    return key == NUDGE and record.value is None


def _day(record: Record) -> int | None:
    key = record.key or b""
    if key == THROUGH or key.startswith(LOST):
        return None
    try:
        return day_of(key)
    except ValueError:
        return None


def receipts_are_there(seen: Seen, log: Told) -> Finding:
    """Each destroyed day whose key the log knew has its last step, a day later at the most."""
    records = KeyRecords()
    for record in seen.committed:
        try:
            records.take(record)
        except ValueError:
            continue  # the check of the keys tells
    problems = Problems()
    ended = [day for day in log.made if day <= records.through]
    waiting = 0
    for day in sorted(ended):
        if day in log.destroyed:
            continue
        at_ms = _ended_ms(day, records, log)
        patience = seen.compacted_ms + MILLISECONDS_PER_DAY
        if at_ms is None or seen.now_ms - at_ms > patience:
            problems.add(f"the key of {day_text(day)} is destroyed, and has no receipt")
        else:
            waiting += 1
    if problems:
        return broken(Check.RECEIPTS, problems, RECEIPT_REMEDY)
    if not ended or len(ended) == waiting:
        soon = f"; {waiting} receipts are on their way" if waiting else ""
        return not_checked(Check.RECEIPTS, f"no key that the audit log knows has ended{soon}")
    soon = f", and {waiting} on their way" if waiting else ""
    return held(Check.RECEIPTS, f"{len(ended) - waiting} destroyed keys have theirs{soon}")


def _ended_ms(day: int, records: KeyRecords, log: Told) -> int | None:
    """When a destroyed day's key ended. None: so long ago that its tombstone is gone.

    Not by how far keys are destroyed: that record is of today, every day, and so nothing would
    ever be late.
    """
    if place := records.tombstones.get(day):
        return place.at_ms
    if told := log.tombstoned.get(day):
        return milliseconds(told.tombstoned.time)
    at = records.through_at
    return at.at_ms if at is not None and day == records.through else None
