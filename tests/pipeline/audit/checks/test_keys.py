"""Keys that die in time, and those that do not, or come back."""

from datetime import datetime, timedelta

import pytest

from quietclicks.pipeline.audit.checks.keys import Seen, keys_die, receipts_are_there
from quietclicks.pipeline.audit.entries import Told, told
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.pseudonyms.key_life import LOST, THROUGH
from tests.pipeline.evidence import made

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
HOUR = 3_600_000
DAY = (made.FIRST_DAY - datetime(1970, 1, 1).date()).days
NOW = (DAY + 10) * 24 * HOUR
Entry = tuple[bytes, bytes | None]


def name(day: int) -> bytes:
    return day_text(DAY + day).encode()


def key(day: int) -> Entry:
    return name(day), b"wrapped"


def end(day: int) -> list[Entry]:
    return [(name(day), None), (THROUGH, name(day))]


def seen(*entries: Entry, aborted: tuple[Entry, ...] = (), due: int = 4, age: int = 48) -> Seen:
    """Written an hour apart, the last `age` hours ago; `aborted` come before all others."""
    rows = [*((each, False) for each in aborted), *((each, True) for each in entries)]
    at = NOW - (age + len(rows)) * HOUR
    records = [
        (ListedRecord(offset, at + offset * HOUR, *entry), is_committed)
        for offset, (entry, is_committed) in enumerate(rows)
    ]
    committed = [record for record, is_committed in records if is_committed]
    return Seen(committed, [record for record, _ in records], DAY + due, NOW, 3 * HOUR)


def log_of(*days: int, steps: int = 6) -> Told:
    lives = [made.life(made.FIRST_DAY + timedelta(days=day), day) for day in days]
    return told(
        made.written([made.policy(None), *(each for life in lives for each in life[:steps])])
    )


def problems(found: Finding) -> str:
    return " | ".join(found.problems) if found.outcome is BROKEN else str(found.outcome)


def test_as_it_should_be() -> None:
    there = seen(key(5), key(6))
    assert keys_die(there, log_of(5, 6, steps=1)).outcome is HELD
    # The wrapped keys of the dead are compacted away; their tombstone, too, after a while.
    ended = seen(*end(4), key(5), key(6))
    both = log_of(4, 5, 6, steps=1)
    assert keys_die(ended, both).outcome is HELD
    assert keys_die(seen(), Told()).outcome is NOT
    assert receipts_are_there(there, log_of(5)).outcome is NOT


def test_a_key_that_is_due_and_lives() -> None:
    assert f"the key of {day_text(DAY + 4)} lives" in problems(keys_die(seen(key(4)), log_of(4)))
    # Of a log of the past the keys are made long after their days.
    assert keys_die(seen(key(4), age=0), log_of(4, steps=1)).outcome is HELD


def test_a_key_that_the_log_does_not_know() -> None:
    assert "does not know of the key" in problems(keys_die(seen(key(6)), log_of(5, steps=1)))
    assert keys_die(seen(key(6), age=-1), log_of(5, steps=1)).outcome is HELD
    assert keys_die(seen(key(6)), Told()).outcome is HELD  # there is no log


@pytest.mark.parametrize("committed", [True, False])
def test_a_key_that_came_back(committed: bool) -> None:
    there = seen(*end(3), *([key(3)] if committed else []))
    if not committed:  # of a transaction that was given up, after the end
        back = ListedRecord(9, NOW, *key(3))
        there = Seen(there.committed, [*there.all_there, back], there.due, NOW, 3 * HOUR)
    found = problems(keys_die(there, Told()))
    assert f"a key of {day_text(DAY + 3)} was put back after it was destroyed" in found
    assert found.count("put back") == 1


def test_one_of_a_day_before_the_newest_that_is_destroyed() -> None:
    found = problems(keys_die(seen(*end(3), *end(4), key(1)), Told()))
    assert f"a key of {day_text(DAY + 1)} was put back" in found


def test_a_wrapped_key_that_was_never_compacted_away() -> None:
    old = seen(key(3), *end(3), age=4)
    assert f"the wrapped key of {day_text(DAY + 3)} is still" in problems(keys_die(old, Told()))
    young = seen(key(3), *end(3), age=1)
    assert keys_die(young, Told()).outcome is HELD
    aborted = seen(*end(3), aborted=(key(3),), age=4)
    assert "is still in the topic" in problems(keys_die(aborted, Told()))


def test_a_key_that_was_deleted_before_its_time() -> None:
    assert "was deleted, and not when" in problems(keys_die(seen(key(6), (name(6), None)), Told()))
    lost = seen(key(5), (LOST + name(6), b"1"))
    assert "was deleted, and not when" in problems(keys_die(lost, Told()))


def test_a_topic_that_is_an_older_copy() -> None:
    found = problems(keys_die(seen(key(5)), log_of(3)))
    assert "was it restored from an older copy?" in found


def test_a_record_that_cannot_be_read() -> None:
    found = problems(keys_die(seen((THROUGH, b"ada@mail.example")), Told()))
    assert "cannot be read" in found
    assert "ada" not in found


@pytest.mark.parametrize(
    "entry", [(b"198.51.100.7", None), (b"198.51.100.7", b"x"), (b"nudge", b"x"), (b"", b"x")]
)
def test_a_record_that_is_no_key(entry: Entry) -> None:
    found = problems(keys_die(seen(key(5), entry), Told()))
    assert found == "the record at 1 is no key of a day"
    assert keys_die(seen(key(5), (b"nudge", None)), Told()).outcome is HELD


def test_receipts() -> None:
    there = seen(*end(3), key(5))
    assert receipts_are_there(there, log_of(3)).outcome is HELD
    late = receipts_are_there(there, log_of(3, steps=5))
    assert f"the key of {day_text(DAY + 3)} is destroyed, and has no receipt" in problems(late)
    young = receipts_are_there(seen(*end(3), age=1), log_of(3, steps=5))
    assert young.outcome is NOT
    assert "1 receipts are on their way" in young.says
    both = receipts_are_there(seen(*end(2), *end(3), age=1), log_of(2, 3, steps=6))
    assert both.outcome is HELD
