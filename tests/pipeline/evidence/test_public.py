"""The public summary follows from the log's entries alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.report import encode as report_bytes
from quietclicks.pipeline.evidence.audits import Audits, seen_audit
from quietclicks.pipeline.evidence.kinds import KINDS, Audit, PolicyInForce
from quietclicks.pipeline.evidence.public import Public, decode, encode
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary
from tests.pipeline.audit.made import report
from tests.pipeline.evidence.made import FIRST_DAY, audit, life

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVERY = PolicyInForce(
    revision=date(2026, 11, 22), hash="0" * 32, key_due_seconds=0, audit_every_days=7
)


def test_before_anything_happened_the_next_audit_is_due_all_the_same() -> None:
    public = Public()
    public.add(EVERY, AT)
    told = public.summary(10, None)
    assert (told.policy, told.k, told.next_audit) == ("2026-11-22", 10, "2026-11-29T09:00:00Z")
    assert (told.keys_destroyed, told.last_audit, told.checkpoint) == (None, None, None)


def test_the_newest_destroyed_day_and_the_last_audit_are_told() -> None:
    public = Public()
    public.add(EVERY, AT)
    for day in (FIRST_DAY + timedelta(days=1), FIRST_DAY):
        for at, body in life(day, 0):
            public.add(body, at)
    public.add(audit(), AT)
    told = public.summary(10, b"note")
    assert told.keys_destroyed is not None
    assert told.last_audit is not None
    assert told.keys_destroyed.day == (FIRST_DAY + timedelta(days=1)).isoformat()
    assert (told.last_audit.outcome, told.last_audit.held) == ("held", 3)
    assert (told.next_audit, told.checkpoint) == ("2026-11-29T09:00:00Z", "note")


def test_where_no_audits_are_promised_none_is_due() -> None:
    public = Public()
    public.add(PolicyInForce(revision=date(2026, 11, 22), hash="0" * 32, key_due_seconds=0), AT)
    assert public.summary(10, None).next_audit is None


def test_the_same_entries_give_the_same_bytes() -> None:
    public = Public()
    public.add(EVERY, AT)
    assert encode(public.summary(10, None)) == encode(public.summary(10, None))
    assert "withheld" in KINDS  # of which nothing is in the summary
    assert b"withheld" not in encode(public.summary(10, None))


def test_a_report_as_the_audit_writes_it_is_read() -> None:
    made = report()
    [(body, _)] = Audits.missing([seen_audit(ListedRecord(0, 0, None, report_bytes(made)))])
    assert isinstance(body, Audit)
    assert body.outcome == made.outcome.value
    assert body.broken == made.count(Outcome.BROKEN) > 0
    assert body.held + body.broken + body.not_checked == len(made.promises)


FULL = Summary(
    "2026-11-22",
    10,
    DestroyedThrough("2026-11-20", "2026-11-22T03:15:00Z"),
    LastAudit("2026-11-22T09:00:00Z", "held", 3, 0, 1),
    "2026-11-29T09:00:00Z",
    "note",
)


def test_a_summary_comes_back() -> None:
    assert decode(encode(FULL)) == FULL


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        encode(FULL).replace(b"2026-11-20", b"2026-02-30"),
        encode(FULL).replace(b"2026-11-20", b"yesterday"),
        encode(FULL).replace(b"2026-11-29T09", b"2026-11-29T25"),
        encode(FULL).replace(b"2026-11-22T09:00:00Z", b"soon"),
        encode(FULL).replace(b'held"', b'fine"'),
    ],
    ids=range(9),
)
def test_what_is_no_summary_is_none(data: bytes) -> None:
    assert data != encode(FULL)
    assert decode(data) is None
