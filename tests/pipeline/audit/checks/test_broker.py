"""Topics, rights, listeners and ages: what differs is broken and named, and people are not."""

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.access.diff import Entry, LiveAccess
from quietclicks.pipeline.access.rights import Right, rights
from quietclicks.pipeline.audit.checks.access import access_as_asked, nothing_in_the_clear
from quietclicks.pipeline.audit.checks.retention import nothing_too_old
from quietclicks.pipeline.audit.checks.topics import topics_as_asked
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.topology.diff import ChangeKind, Difference
from quietclicks.pipeline.topology.topics import topology
from tests.pipeline.audit.made import POLICY

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
WANTED = rights(POLICY, "quietclicks")
SPECS = topology(POLICY)
MAP = "listener.security.protocol.map"
BROKER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "listeners": "CLIENTS://:9092,SSL://:9093",
    MAP: "CLIENTS:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT",
}
HOUR_MS = 3_600_000
NOW = 1_000_000 * HOUR_MS
RAW_READ = Right("topic", "clickstream.raw", False, "Read")


def live(
    *more: Entry, without: tuple[Entry, ...] = (), broker: dict[str, str] | None = None
) -> LiveAccess:
    entries = {Entry(f"User:{role}", right) for role, its in WANTED.items() for right in its}
    found = frozenset((entries | set(more)) - set(without))
    return LiveAccess(frozenset(WANTED), found, {1: {**BROKER, **(broker or {})}})


def access(there: LiveAccess) -> Finding:
    return access_as_asked(WANTED, there)


def test_as_it_should_be() -> None:
    assert access(live()).outcome is HELD
    assert nothing_in_the_clear(live(), "SASL_SSL").outcome is HELD


@pytest.mark.parametrize(
    ("principal", "right", "said"),
    [
        ("User:analyst", RAW_READ, "the role analyst may, against the table, Read topic cl"),
        ("User:analyst.b", RAW_READ, "the role analyst may, against the table, Read topic cl"),
        ("User:ada", RAW_READ, "somebody who is no role of ours may, against the table, Read"),
        ("User:*", RAW_READ, "everybody may, against the table, Read topic clickstream.raw"),
        ("User:ada", Right("topic", "*", False, "All"), "somebody who is no role of ours may"),
        ("User:ada", Right("topic", "click", True, "Read"), "somebody who is no role of ours may"),
    ],
)
def test_a_right_too_many(principal: str, right: Right, said: str) -> None:
    found = access(live(Entry(principal, right)))
    assert found.outcome is BROKEN
    [problem] = [each for each in found.problems if each.startswith(said)]
    assert "ada" not in problem


def test_a_right_too_few_and_a_role_without_a_user() -> None:
    entry = Entry("User:collector", Right("topic", "clickstream.raw", False, "Write"))
    found = access(live(without=(entry,)))
    assert found.problems == ("the role collector may not Write topic clickstream.raw",)
    some = live()
    nobody = LiveAccess(some.users - {"collector"}, some.entries, some.brokers)
    assert "there is no user for the role collector" in access(nobody).problems


def test_a_right_of_a_role_on_what_has_a_persons_name() -> None:
    found = access(live(Entry("User:analyst", Right("group", "ada.lovelace", False, "Read"))))
    assert found.problems == (
        "the role analyst may, against the table, Read a group that the table does not have",
    )


def test_a_partner_that_left() -> None:
    found = access(live(Entry("User:partner-gone", RAW_READ)))
    assert "partner-gone, whom the policy does not list any more" in found.problems[0]


def test_without_an_authorizer_nothing_else_counts() -> None:
    found = access(live(broker={"authorizer.class.name": ""}))
    assert found.problems == ("broker 1 has no authorizer: everybody may do everything",)


def test_while_a_password_changes_nothing_is_broken() -> None:
    both = {Entry("User:analyst.b", right) for right in WANTED["analyst"]}
    there = live(*both)
    there = LiveAccess(there.users | {"analyst.b"}, there.entries, there.brokers)
    assert access(there).outcome is HELD


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
def test_in_the_clear(protocol: str) -> None:
    there = live(broker={"listeners": "A://:1", MAP: f"A:{protocol}"})
    found = nothing_in_the_clear(there, "SASL_SSL")
    assert found.outcome is BROKEN
    assert f"its listener A is {protocol}" in found.problems[0]
    own = nothing_in_the_clear(live(), protocol)
    assert own.problems == (f"this audit reaches the broker by {protocol}",)


def old(hours: float, topic: str = "clickstream.raw") -> Finding:
    return nothing_too_old(POLICY, SPECS, {topic: NOW - int(hours * HOUR_MS)}, NOW)


def test_ages() -> None:
    assert old(25.05).outcome is HELD  # 24 hours, an hour of a segment, 6 minutes
    found = old(25.2)
    assert found.outcome is BROKEN
    assert found.problems[0].startswith("clickstream.raw: its oldest record is 26 hours old; 24h")
    assert old(1_000_000, "trends.pages").outcome is NOT  # kept for ever
    assert nothing_too_old(POLICY, SPECS, {}, NOW).outcome is NOT
    assert old(-5).outcome is HELD


def test_drift_of_topics() -> None:
    assert topics_as_asked(SPECS, []).outcome is HELD
    retired = Difference("trends.old", ChangeKind.RETIRED, "of an earlier version", "retired")
    assert topics_as_asked(SPECS, [retired]).outcome is HELD
    unlisted = replace(retired, topic="clickstream.copy", kind=ChangeKind.BY_HAND)
    found = topics_as_asked(SPECS, [retired, unlisted])
    assert found.outcome is BROKEN
    assert [("clickstream.copy" in each) for each in found.problems] == [True]
