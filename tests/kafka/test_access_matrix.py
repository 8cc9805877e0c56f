"""Every user, every topic, group, transactional id and the cluster, every operation: on a broker.

What each may do stands here once more, by hand and in other words than in the table of roles: what
is in neither is tried, and refused.
"""

from collections.abc import Iterator

import pytest
from kafka.admin import KafkaAdminClient

from quietclicks.agents.kafka.administration import administration
from quietclicks.pipeline.topology.topics import topology
from tests.access_tools import POLICY, Roles
from tests.kafka.operations import (
    attempt,
    on_cluster,
    on_group,
    on_topic,
    on_transactional_id,
)

RAW, REJECTED, KEYS = "clickstream.raw", "clickstream.rejected", "privacy.keys"
EVENTS = "clickstream.pseudonymised"
ADREACH, SECOND = "clickstream.partners.adreach", "clickstream.partners.second"
STATE, PARTIALS = "internal.cells", "internal.partials"
LOG = {"privacy.audit", "privacy.checkpoints"}
AUDITS, SUMMARY, WORKERS = "privacy.audits", "privacy.summary", "privacy.workers"
TRENDS = {
    *("trends.totals", "trends.pages", "trends.sources", "trends.searches", "trends.browsers"),
    *("trends.languages", "trends.countries", "trends.choices", "trends.uncounted"),
}
OURS = {RAW, REJECTED, KEYS, EVENTS, ADREACH, SECOND, STATE, PARTIALS, *TRENDS, *LOG}
NOTICES, ADREACH_NOTICES = "clickstream.notices", f"{ADREACH}.notices"
SECOND_NOTICES = f"{SECOND}.notices"
REQUESTS, RESPONSES = "privacy.requests", "privacy.responses"
RESTRICTIONS = "privacy.restrictions"
RIGHTS = {NOTICES, ADREACH_NOTICES, SECOND_NOTICES, REQUESTS, RESPONSES, RESTRICTIONS}
OURS |= {AUDITS, SUMMARY, WORKERS, *RIGHTS}
UNLISTED, FOREIGN = "clickstream.unlisted", "orders"
ALL = {*OURS, UNLISTED, FOREIGN, "__consumer_offsets"}

LOOK = {"Describe": OURS | {UNLISTED}, "DescribeConfigs": OURS | {UNLISTED}}
MAY: dict[str, dict[str, set[str]]] = {
    "collector": {"Write": {RAW}},
    "worker": {
        "Read": OURS,
        "Write": OURS - {AUDITS},
        "Delete": {EVENTS, ADREACH, SECOND, PARTIALS},
        **LOOK,
    },
    "analyst": {"Read": {EVENTS, NOTICES, SUMMARY, *TRENDS}},
    "dashboard": {"Read": TRENDS | {SUMMARY}},
    "partner-adreach": {"Read": {ADREACH, ADREACH_NOTICES}},
    "partner-second": {"Read": {SECOND, SECOND_NOTICES}},
    "dpo": {"Write": {REQUESTS}, "Read": {RESPONSES}},
    "inspector": {"Read": TRENDS | LOG | {AUDITS, SUMMARY}, **LOOK},
    "auditor": {"Read": OURS - {STATE, PARTIALS, WORKERS, *RIGHTS}, "Write": {AUDITS}, **LOOK},
    "operator": {"Read": {REJECTED}, "Create": OURS, "Alter": OURS, "AlterConfigs": OURS, **LOOK},
    "mirror": {"Read": TRENDS, "DescribeConfigs": TRENDS},
}
LOOKERS = {"worker", "inspector", "auditor", "operator"}
# Kafka's own: these let one see that it is there.
SEES = ("Read", "Write", "Delete", "Alter")
OPERATIONS = (*SEES, "Create", "AlterConfigs", "DescribeConfigs", "Describe")


def expected(user: str) -> dict[str, set[str]]:
    may = {operation: set(MAY[user].get(operation, ())) for operation in OPERATIONS}
    may["Describe"] |= {topic for operation in SEES for topic in may[operation]}
    may["DescribeConfigs"] |= may["AlterConfigs"]
    return may


@pytest.fixture(params=MAY, scope="module")
def user(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def client(roles: Roles, user: str) -> Iterator[KafkaAdminClient]:
    with administration(roles.settings(user)) as made:
        yield made


def test_the_tables_are_of_the_same_roles_and_topics(roles: Roles) -> None:
    assert set(roles.wanted) == set(MAY)
    assert {spec.name for spec in topology(POLICY)} == OURS


def test_topics(client: KafkaAdminClient, user: str) -> None:
    may = {
        operation: {name for name in ALL if attempt(client, on_topic(operation, name))}
        for operation in OPERATIONS
    }
    assert may == expected(user)


def test_groups(client: KafkaAdminClient, user: str) -> None:
    names = [f"{each}.export" for each in MAY] + ["quietclicks.anonymise", "quietclicks", "other"]
    own = {f"{user}.export"} if user not in {"collector", "worker", "dpo"} else set()
    own |= {"quietclicks.anonymise"} if user == "worker" else set()
    sees = own | ({"quietclicks.anonymise"} if user in {"operator", "auditor"} else set())
    may = {
        operation: {name for name in names if attempt(client, on_group(operation, name))}
        for operation in ("Read", "Describe", "Delete")
    }
    assert may == {"Read": own, "Describe": sees, "Delete": set()}


def test_transactional_ids(client: KafkaAdminClient, user: str) -> None:
    names = [f"{each}.0" for each in MAY] + ["quietclicks.anonymise.0", "quietclicks", "other"]
    own = {"quietclicks.anonymise.0"} if user == "worker" else set()
    may = {
        operation: {name for name in names if attempt(client, on_transactional_id(operation, name))}
        for operation in ("Describe", "Write")
    }
    assert may == {"Describe": own, "Write": own}


def test_the_cluster(client: KafkaAdminClient, user: str) -> None:
    operations = ("Describe", "DescribeConfigs", "Alter", "AlterConfigs", "Create", "ClusterAction")
    may = {operation for operation in operations if attempt(client, on_cluster(operation))}
    assert may == ({"Describe", "DescribeConfigs"} if user in LOOKERS else set())


def test_the_cluster_for_its_super_user(roles: Roles) -> None:
    """So that a request that is always refused is no proof."""
    operations = ("Describe", "DescribeConfigs", "Alter", "AlterConfigs", "Create", "ClusterAction")
    with administration(roles.admin) as client:
        assert [each for each in operations if not attempt(client, on_cluster(each))] == []
        for operation in OPERATIONS:
            assert attempt(client, on_topic(operation, UNLISTED)), operation
        for operation in ("Read", "Describe", "Delete"):
            assert attempt(client, on_group(operation, "other")), operation
        for operation in ("Write", "Describe"):
            assert attempt(client, on_transactional_id(operation, "other")), operation


def test_what_the_broker_itself_says(client: KafkaAdminClient, user: str) -> None:
    """Its own answer, over all operations there are, and not only those that we thought of."""
    may = {
        each["name"]: set(each["authorized_operations"] or ())
        for each in client.describe_topics(sorted(ALL))
    }
    words = {"DESCRIBE_CONFIGS": "DescribeConfigs", "ALTER_CONFIGS": "AlterConfigs"}
    for topic, operations in may.items():
        wanted = {operation for operation, names in expected(user).items() if topic in names}
        assert {words.get(each, each.title()) for each in operations} == wanted, topic
