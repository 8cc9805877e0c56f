"""Audits, workers and drift in the log: each once, whenever it looks, from what its entry says."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.access.diff import AccessDifference, AccessKind, Entry
from quietclicks.pipeline.access.rights import CLUSTER_NAME, Right
from quietclicks.pipeline.evidence.audits import Audits, seen_audit
from quietclicks.pipeline.evidence.drift_words import of_access, of_topics
from quietclicks.pipeline.evidence.drifts import MORE, Drifts, SeenDrift, difference, in_order
from quietclicks.pipeline.evidence.entries import Entry as LogEntry
from quietclicks.pipeline.evidence.entries import encode
from quietclicks.pipeline.evidence.kinds import Audit, Difference, Drift, Workers
from quietclicks.pipeline.evidence.starts import MAX_VERSIONS, SeenStarts, Starts, said
from quietclicks.pipeline.evidence.tree import FIRST_PREV
from quietclicks.pipeline.processor import ListedRecord
from quietclicks.pipeline.topology.diff import ChangeKind
from quietclicks.pipeline.topology.diff import Difference as TopicDifference

HOUR = 3_600_000
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (b'{"outcome":"held","more":[1]}', "held"),
        (b'{"outcome":"broken"}', "broken"),
        (b'{"outcome":"not-checked"}', "not-checked"),
        (b'{"outcome":"fine"}', "not-checked"),
        (b'{"outcome":', "not-checked"),
        (b"[" * 100_000, "not-checked"),
        (b"\xff", "not-checked"),
        (None, "not-checked"),
    ],
)
def test_a_report_is_told_by_its_outcome_and_its_hash(value: bytes | None, outcome: str) -> None:
    [(body, at)] = Audits().missing([seen_audit(ListedRecord(4, 7200_999, None, value))])
    assert isinstance(body, Audit)
    assert body.outcome == outcome
    assert body.report == hashlib.sha256(value or b"").hexdigest()
    assert (body.offset, at) == (4, datetime(1970, 1, 1, 2, tzinfo=UTC))


def test_audits_go_on_after_the_last_one() -> None:
    audits = Audits()
    assert audits.next == 0
    for body, _ in Audits.missing([seen_audit(ListedRecord(4, 0, None, b"")) for _ in "ab"]):
        audits.add(body)
    assert audits.next == 5


def event(offset: int, at: int, value: bytes | None = None) -> ListedRecord:
    return ListedRecord(offset, at, None, said("start", "0.1.0") if value is None else value)


def workers(records: Sequence[ListedRecord], looks: Sequence[int]) -> list[Workers]:
    """What is told, where the leader looks at these times and remembers nothing but its entries."""
    told: list[Workers] = []
    for now in looks:
        known = Starts()
        for each in told:
            known.add(each)
        seen = SeenStarts(now, known.hour_ms)
        seen.take([each for each in records if each.offset >= known.next and each.timestamp <= now])
        for body, _ in Starts.missing(seen):
            assert isinstance(body, Workers)
            told.append(body)
    return told


@given(
    st.lists(st.integers(0, 5 * HOUR), max_size=30).map(sorted),
    st.lists(st.integers(0, 6 * HOUR), max_size=8).map(sorted),
)
def test_a_crash_loop_is_one_entry_an_hour_whenever_it_looks(
    times: list[int], looks: list[int]
) -> None:
    told = workers([event(2 * at, time) for at, time in enumerate(times)], [*looks, 7 * HOUR])
    hours = [int(each.hour.timestamp()) for each in told]
    assert hours == sorted({time // HOUR * 3600 for time in times})
    assert sum(each.starts for each in told) == len(times)


def test_starts_stops_and_versions_are_told_and_nothing_else() -> None:
    records = [
        event(0, 5, said("start", "0.10.0")),
        event(1, 6, said("start", "0.9.0")),
        event(2, 7, said("stop", "0.9.0")),
        event(3, 8, b'{"event":"start","version":"0.1.0","host":"shop.example"}'),
        event(4, 9, b'{"event":"start","version":"shop.example"}'),
        event(5, HOUR - 1, b"\xff"),
        event(6, HOUR),
    ]
    [told] = workers(records, [HOUR])
    assert (told.starts, told.stops, told.versions, told.end) == (2, 1, ("0.9.0", "0.10.0"), 6)


def test_a_clock_that_was_set_back_begins_no_hour_twice() -> None:
    told = workers([event(0, 2 * HOUR), event(1, HOUR), event(2, 3 * HOUR)], [3 * HOUR, 9 * HOUR])
    assert [int(each.hour.timestamp()) for each in told] == [2 * 3600, 3 * 3600]
    late = SeenStarts(9 * HOUR, told_ms=3 * HOUR)
    late.take([event(3, HOUR)])
    assert [body.hour.hour for body, _ in late.over()] == [4]  # type: ignore[union-attr]


def test_no_entry_has_more_versions_than_fit() -> None:
    records = [event(at, at, said("start", f"0.{at}.0")) for at in range(900)]
    [told] = workers(records, [HOUR])
    assert (told.starts, len(told.versions)) == (900, MAX_VERSIONS)


READ = Right("topic", "clickstream.raw", False, "Read")


def topic(name: str, what: str, kind: ChangeKind = ChangeKind.CONFIGURE) -> TopicDifference:
    return TopicDifference(name, kind, "some text", what)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (topic("clickstream.raw", "retention.ms"), ("clickstream.raw", "retention.ms")),
        (topic("trends.pages", "missing"), ("trends.pages", "missing")),
        (topic("broker 1", "auto.create.topics.enable"), (None, "auto.create.topics.enable")),
        (topic("clickstream.copy", "unlisted"), ("clickstream.copy", "unlisted")),
        (topic("clickstream.of Jane Doe", "unlisted"), (None, "unlisted")),
        (topic("trends.referrers", "retired", ChangeKind.RETIRED), None),
        (topic("clickstream.anonymised", "retired"), ("clickstream.anonymised", "retired")),
    ],
    ids=str,
)
def test_topics_that_differ(found: TopicDifference, told: tuple[str | None, str] | None) -> None:
    expected = () if told is None else (Difference(topic=told[0], what=told[1]),)
    assert of_topics([found]) == expected


def access(kind: AccessKind, entry: Entry | None = None, what: str = "") -> AccessDifference:
    return AccessDifference(kind, "jane.doe", "text", entry, what)


def line(resource: str, name: str, operation: str, prefixed: bool = False) -> Entry:
    return Entry("User:jane.doe", Right(resource, name, prefixed, operation))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            access(AccessKind.BY_HAND, Entry("User:jane.doe", READ)),
            ("clickstream.raw", "may-read"),
        ),
        (access(AccessKind.REVOKE, Entry("User:x", READ)), ("clickstream.raw", "may-read")),
        (access(AccessKind.GRANT, Entry("User:x", READ)), ("clickstream.raw", "may-not-read")),
        (
            access(AccessKind.REVOKE, Entry("User:x", READ, allows=False)),
            ("clickstream.raw", "may-not-read"),
        ),
        (
            access(AccessKind.REVOKE, line("topic", "trends.", "DescribeConfigs", prefixed=True)),
            (None, "topics.may-describe-configs"),
        ),
        (access(AccessKind.REVOKE, line("topic", "*", "All")), (None, "topic.may-all")),
        (access(AccessKind.REVOKE, line("topic", "x Jane", "Read")), (None, "may-read")),
        (
            access(AccessKind.REVOKE, line("transactional id", "jane.", "Write", prefixed=True)),
            (None, "transactional-ids.may-write"),
        ),
        (
            access(AccessKind.REVOKE, line("cluster", CLUSTER_NAME, "ClusterAction")),
            (None, "cluster.may-cluster-action"),
        ),
        (access(AccessKind.CREATE, what="user-missing"), (None, "user-missing")),
        (access(AccessKind.BY_HAND, what="listener"), (None, "listener")),
        (
            AccessDifference(AccessKind.LEFT, "partner-adreach", "text", what="left"),
            ("clickstream.partners.adreach", "left"),
        ),
        (access(AccessKind.ROTATING, what="rotating"), None),
    ],
    ids=str,
)
def test_rights_that_differ_and_never_whose(
    found: AccessDifference, told: tuple[str | None, str] | None
) -> None:
    expected = () if told is None else (Difference(topic=told[0], what=told[1]),)
    assert of_access([found]) == expected
    assert b"jane" not in encoded(expected)


def test_where_nobody_asks_the_list_that_is_all_there_is_to_say() -> None:
    found = [access(AccessKind.GRANT, Entry("User:x", READ))] * 3
    found.append(access(AccessKind.BY_HAND, what="authorizer"))
    assert of_access(found) == (Difference(topic=None, what="authorizer"),)


def encoded(differences: tuple[Difference, ...]) -> bytes:
    return encode(
        LogEntry(0, FIRST_PREV, NOW, "0.1.0", Drift(of="access", differences=differences))
    )


def test_very_much_drift_is_an_entry_all_the_same() -> None:
    name = "clickstream." + "a" * 195
    found = in_order(difference(name + f"{at:04}", "a" * 60) for at in range(5000))
    assert found[-1] == MORE
    assert encoded(found)


def test_drift_is_told_when_it_is_news_and_when_it_is_over() -> None:
    one, two = (difference("trends.pages", what) for what in ("retention.ms", "segment.ms"))
    told: list[Drift] = []
    for found in [(), (one,), (one,), (one, two), None, (one, two), (), ()]:
        known = Drifts()
        for body in told:
            known.add(body)
        seen = SeenDrift(NOW, {} if found is None else {"topics": found})
        told += [body for body, _ in known.missing(seen) if isinstance(body, Drift)]
    assert [each.differences for each in told] == [(one,), (one, two), ()]
    assert {each.of for each in told} == {"topics"}


def test_topics_and_rights_are_told_apart() -> None:
    known, one = Drifts(), difference(None, "authorizer")
    for body, _ in known.missing(SeenDrift(NOW, {"topics": (), "access": (one,)})):
        known.add(body)
    assert not list(known.missing(SeenDrift(NOW, {"topics": (), "access": (one,)})))
    assert known.count == 1
    [(body, _)] = known.missing(SeenDrift(NOW, {"topics": (one,), "access": (one,)}))
    assert isinstance(body, Drift)
    assert body.of == "topics"
