"""Do audits come when they should, and does the audit log know each of them?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.entries import Told
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.policy import Duration

DAY = timedelta(days=1)
ROUNDS = timedelta(minutes=15)  # three of the log's: so long it may not know of a report
REMEDY = (
    "let `quietclicks audit run` run all the time, and a worker with the right to write the log"
)


class Earlier(Struct, frozen=True):
    """A report that was recorded before, and when (by the broker's clock)."""

    value: bytes
    at: datetime


def audits_come(
    earlier: Sequence[Earlier], log: Told, every: Duration | None, now: datetime, since: datetime
) -> Finding:
    """Each in time, and each known to the log. `every` is None where none is promised."""
    if every is None:
        return not_checked(Check.AUDITS, "the policy promises no audits")
    if not earlier:
        return not_checked(Check.AUDITS, "no audit is recorded before this one")
    patience = timedelta(seconds=every) + DAY
    problems = Problems()
    times = [each.at for each in earlier]
    for before, after in zip(times, [*times[1:], now], strict=True):
        if after - before > patience and after >= since:
            problems.add(f"none came in the {(after - before).days} days after {before.date()}")
    known = {entry.report for _, entry in log.audits}
    there = {sha256(each.value).hexdigest(): each for each in earlier}
    for digest, each in there.items():
        if digest not in known and now - each.at > ROUNDS:
            problems.add(f"the audit log does not know the report of {each.at:%Y-%m-%d %H:%M}")
    for at, entry in log.audits:
        if entry.report not in there:
            problems.add(f"the report that the audit log knows of {at:%Y-%m-%d %H:%M} is not there")
    if problems:
        return broken(Check.AUDITS, problems, REMEDY)
    return held(
        Check.AUDITS,
        f"{len(earlier)} before this one, the last on {times[-1].date()}; one is due every "
        f"{every.words}",
    )
