"""A part that cannot be measured says why, and one that fails is broken: the others go on."""

from datetime import UTC, date, datetime

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from quietclicks.agents.audit.cluster import Cluster, Span
from quietclicks.agents.audit.measure import Asked, _Audit
from quietclicks.agents.audit.parts import newest_of, parts_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.diff import LiveAccess
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, Outcome, broken, held
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.schemas import topics
from tests.pipeline.audit.made import POLICY

NOW = datetime(2026, 11, 27, tzinfo=UTC)
EMPTY = LiveAccess(frozenset(), frozenset(), {})


async def part_that(error: Exception) -> list[Finding]:
    it = _Audit(Settings(), Asked(POLICY, None, NOW, date(2026, 11, 20)), Cluster(EMPTY), print)

    async def work() -> list[Finding]:
        raise error

    await it.part(work(), Check.EVENTS, Check.CUTS)
    assert [each.check for each in it.findings] == [Check.EVENTS, Check.CUTS]
    return it.findings


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Failure("there is no topic x"), "there is no topic x"),
        (UsageError("no such file"), "no such file"),
        (KafkaConnectionError("ada@mail.example"), "the broker did not answer: KafkaConnection"),
        (TimeoutError(), "the broker did not answer: TimeoutError"),
        (TopicAuthorizationFailedError("clickstream.raw"), "no right to the topic clickstream.raw"),
    ],
)
async def test_what_cannot_be_measured_is_not_checked(error: Exception, says: str) -> None:
    for each in await part_that(error):
        assert each.outcome is Outcome.NOT_CHECKED
        assert says in each.says
        assert "ada" not in str(each)


@pytest.mark.parametrize("error", [KeyError("ada@mail.example"), RecursionError("ada")])
async def test_an_audit_that_fails_is_no_audit_that_holds(error: Exception) -> None:
    for each in await part_that(error):
        assert each.outcome is Outcome.BROKEN
        assert each.problems == (f"the audit itself failed: {type(error).__name__}",)


async def test_what_was_looked_at_in_part_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A partner's topic that may not be read: nothing is said of what is in it."""
    it = _Audit(Settings(), Asked(POLICY, None, NOW, date(2026, 11, 20)), Cluster(EMPTY), print)

    async def numbers() -> list[Finding]:
        return []

    async def events() -> list[Finding]:
        it.scan.event("x", topics.PSEUDONYMISED, ListedRecord(0, 0, b"k", b"no event"), 0)
        raise Failure("no right to the topic clickstream.partners.adreach")

    monkeypatch.setattr(it.scan, "finding", lambda: held(Check.EVENTS, "nothing found"))
    await it.part(numbers(), Check.THRESHOLDS)
    [whole] = await it.rejections()
    assert whole.outcome is Outcome.HELD
    await it.part(events(), Check.CUTS)
    [part] = await it.rejections()
    assert part.outcome is Outcome.NOT_CHECKED
    assert "no right to the topic" in part.says
    monkeypatch.setattr(it.scan, "finding", lambda: broken(Check.EVENTS, ["x"], "y"))
    [found] = await it.rejections()
    assert found.outcome is Outcome.BROKEN


@pytest.mark.parametrize(
    ("first", "end", "parts", "newest"),
    [
        (0, 0, [], 0),
        (7, 7, [], 7),
        (0, 10, [(0, 10)], 0),
        (5, 15, [(5, 15)], 5),
        (5, 16, [(5, 10), (11, 16)], 6),
        (0, 1000, [(0, 5), (995, 1000)], 990),
    ],
)
def test_which_part_is_read(
    first: int, end: int, parts: list[tuple[int, int]], newest: int
) -> None:
    assert parts_of(Span(first, end), 10) == parts
    assert newest_of(Span(first, end), 10) == newest
