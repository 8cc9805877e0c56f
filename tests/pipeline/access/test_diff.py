"""What differs between the table and a broker: each kind, in one line, and nothing else."""

import pytest

from quietclicks.pipeline.access.diff import (
    AccessKind,
    Entry,
    LiveAccess,
    differences,
    removal,
)
from quietclicks.pipeline.access.rights import Right

READ = Right("topic", "trends.pages", False, "Read")
WRITE = Right("topic", "trends.pages", False, "Write")
GROUP = Right("group", "quietclicks.", True, "Read")
LOOK = Right("cluster", "kafka-cluster", False, "Describe")
WANTED = {
    "worker": frozenset({READ, WRITE, GROUP}),
    "dashboard": frozenset({READ}),
    "partner-a": frozenset({LOOK}),
}
GOOD_BROKER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "listeners": "CLIENTS://:9092,SSL://:9093",
    "listener.security.protocol.map": "CLIENTS:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT",
}


def live(
    *more: Entry,
    without: tuple[Entry, ...] = (),
    users: tuple[str, ...] = ("worker", "dashboard", "partner-a"),
    broker: dict[str, str] | None = None,
) -> LiveAccess:
    """A broker as it should be, with some changes."""
    entries = {Entry(f"User:{role}", right) for role, rights in WANTED.items() for right in rights}
    found = frozenset((entries | set(more)) - set(without))
    return LiveAccess(frozenset(users), found, {1: {**GOOD_BROKER, **(broker or {})}})


def told(there: LiveAccess, **named: str) -> list[str]:
    return [f"{each.kind}: {each}" for each in differences(WANTED, there, named)]


def test_all_is_as_it_should_be() -> None:
    assert told(live()) == []


def test_a_new_cluster() -> None:
    empty = LiveAccess(frozenset(), frozenset(), {1: GOOD_BROKER})
    assert told(empty) == [
        "create: worker: no such user",
        "grant: worker: may not Read group quietclicks.*",
        "grant: worker: may not Read topic trends.pages",
        "grant: worker: may not Write topic trends.pages",
        "create: dashboard: no such user",
        "grant: dashboard: may not Read topic trends.pages",
        "create: partner-a: no such user",
        "grant: partner-a: may not Describe the cluster",
    ]


def test_a_role_has_too_much_and_too_little() -> None:
    there = live(Entry("User:dashboard", WRITE), without=(Entry("User:worker", READ),))
    assert told(there) == [
        "grant: worker: may not Read topic trends.pages",
        "revoke: dashboard: may Write topic trends.pages, which the table does not give it",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        Entry("User:dashboard", READ, "10.0.0.1"),
        Entry("User:dashboard", READ, allows=False),
        Entry("User:dashboard", Right("topic", "*", False, "Read")),
        Entry("User:dashboard", Right("topic", "trends.", True, "Read")),
        Entry("User:dashboard", Right("delegation token", "x", False, "Describe")),
    ],
    ids=str,
)
def test_whatever_the_table_does_not_say_goes(entry: Entry) -> None:
    [found] = differences(WANTED, live(entry), {})
    assert found.kind is AccessKind.REVOKE
    assert found.entry == entry


def test_both_users_of_a_role_while_a_password_changes() -> None:
    second = [Entry("User:worker.b", right) for right in WANTED["worker"]]
    users = ("worker", "worker.b", "dashboard", "partner-a")
    assert told(live(*second, users=users), worker="worker.b") == [
        "rotating: worker: worker and worker.b both log in: end it with `access rotate worker "
        "--finish`"
    ]
    after = live(*second, without=tuple(e for e in live().entries if "worker" in e.principal))
    alone = LiveAccess(frozenset({"worker.b", "dashboard", "partner-a"}), after.entries, {})
    assert told(alone, worker="worker.b") == []


def test_of_a_new_cluster_the_user_that_the_file_names() -> None:
    empty = LiveAccess(frozenset(), frozenset(), {})
    assert told(empty, worker="worker.b")[0] == "create: worker.b: no such user"


def test_rights_of_a_user_that_was_deleted_by_hand() -> None:
    assert told(live(Entry("User:worker.b", READ))) == [
        "revoke: worker.b: may Read topic trends.pages, and is no user"
    ]


@pytest.mark.parametrize("user", ["partner-gone", "partner-gone.b"])
def test_who_left_is_named_and_stays(user: str) -> None:
    entry = Entry(f"User:{user}", READ)
    there = live(entry, users=("worker", "dashboard", "partner-a", user))
    [found] = differences(WANTED, there, {})
    assert (found.kind, found.user) == (AccessKind.LEFT, "partner-gone")
    assert "1 right(s)" in found.text
    assert "--remove partner-gone" in found.text
    assert removal("partner-gone", there) == ([entry], [user])


def test_who_left_is_seen_by_its_rights_alone_or_by_its_password_alone() -> None:
    for there in (
        live(Entry("User:partner-gone", READ)),
        live(users=("worker", "dashboard", "partner-a", "partner-gone")),
    ):
        assert [each.kind for each in differences(WANTED, there, {})] == [AccessKind.LEFT]


@pytest.mark.parametrize(
    ("entry", "seen"),
    [
        (Entry("User:bob", READ), True),
        (Entry("User:*", READ), True),
        (Entry("Group:all", READ), True),
        (Entry("User:bob", Right("topic", "*", False, "Read")), True),
        (Entry("User:bob", Right("topic", "trends.", True, "Read")), True),
        (Entry("User:bob", Right("topic", "tr", True, "Describe")), True),
        (Entry("User:bob", Right("group", "quietclicks.release", False, "Read")), True),
        (Entry("User:bob", Right("group", "q", True, "Read")), True),
        (Entry("User:bob", Right("topic", "orders", False, "Read")), False),
        (Entry("User:bob", Right("topic", "trends.pages2", False, "Read")), False),
        (Entry("User:bob", Right("group", "trends.pages", False, "Read")), False),
        (Entry("User:bob", READ, allows=False), False),
        (Entry("User:bob", Right("cluster", "kafka-cluster", False, "Describe")), False),
    ],
    ids=str,
)
def test_what_somebody_else_may_do_with_ours(entry: Entry, seen: bool) -> None:
    found = differences(WANTED, live(entry), {})
    assert [each.kind for each in found] == ([AccessKind.BY_HAND] if seen else [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"authorizer.class.name": ""}, "every user may do everything"),
        ({"listeners": "CLIENTS://:9092,PLAINTEXT://:9093"}, "PLAINTEXT is PLAINTEXT"),
        ({"listeners": "SASL_PLAINTEXT://:9093"}, "SASL_PLAINTEXT is SASL_PLAINTEXT"),
        ({"listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT"}, "is SASL_PLAINTEXT"),
    ],
)
def test_a_broker_that_lets_everybody_in_or_read_along(
    values: dict[str, str], expected: str
) -> None:
    [found] = [f for f in differences(WANTED, live(broker=values), {}) if expected in f.text]
    assert (found.kind, found.user) == (AccessKind.BY_HAND, "broker 1")
