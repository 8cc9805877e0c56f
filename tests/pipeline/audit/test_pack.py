"""Of audits a stranger gets what a signed entry knows, and nothing else."""

from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from quietclicks.pipeline.audit.pack import PAGE, REPORT, policy_is_known, report_files
from quietclicks.pipeline.audit.report import encode
from quietclicks.pipeline.evidence.kinds import Audit
from tests.pipeline.audit.made import report
from tests.pipeline.evidence import made

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FIRST = encode(report())
SECOND = encode(msgspec.structs.replace(report(), at="2026-11-26T10:00:00Z"))
THIRD = encode(msgspec.structs.replace(report(), at="2026-11-27T10:00:00Z"))


def log(*reports: bytes) -> list[bytes]:
    audit = made.audit()
    assert isinstance(audit, Audit)
    entries = [msgspec.structs.replace(audit, report=sha256(each).hexdigest()) for each in reports]
    return made.written([made.policy(7), *((NOW, each) for each in entries)])


def test_the_newest_that_the_log_knows() -> None:
    files = report_files(log(FIRST, SECOND), [FIRST, SECOND, THIRD])
    assert files[REPORT] == SECOND
    assert b"Audit of 2026-11-26" in files[PAGE]
    assert b"<script" not in files[PAGE]


def test_none_that_it_does_not_know() -> None:
    assert report_files(log(FIRST), [SECOND, THIRD]) == {}
    assert report_files([], [FIRST]) == {}
    assert report_files(log(FIRST), []) == {}


def test_what_is_no_report_is_passed_over() -> None:
    assert report_files(log(FIRST, b"{}"), [FIRST, b"{}"])[REPORT] == FIRST


def test_a_policy_that_was_in_force() -> None:
    _, policy = made.policy(7)
    assert policy_is_known(log(), policy.hash)  # type: ignore[union-attr]
    assert not policy_is_known(log(), "0" * 32)
    assert not policy_is_known([], "0" * 32)
