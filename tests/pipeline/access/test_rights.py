"""The rights that follow from the table: of the policy's topics, and nobody else's."""

from fnmatch import fnmatchcase

import pytest

from quietclicks.errors import UsageError
from quietclicks.pipeline.access.rights import (
    CLUSTER_NAME,
    Right,
    allows,
    rights,
    role_of,
    users_of,
)
from quietclicks.pipeline.access.roles import PARTNER, ROLES, Operation, Resource
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.statement.build import build
from quietclicks.pipeline.statement.parts import Table
from quietclicks.pipeline.topology.topics import topology
from tests.access_tools import POLICY
from tests.paths import ROOT

WITHOUT = parse((ROOT / "deploy" / "policy-minimal.toml").read_text(), "minimal.toml")
APP = "quietclicks"
PERSONAL = {"clickstream.raw", "internal.cells", "internal.partials", "privacy.keys"}
PERSONAL |= {"privacy.requests", "privacy.restrictions"}


def test_every_partner_of_the_policy_is_a_role_and_nobody_else() -> None:
    of = {name for name in rights(POLICY, APP) if name.startswith(PARTNER)}
    assert of == {"partner-adreach", "partner-second"}
    assert not [name for name in rights(WITHOUT, APP) if name.startswith(PARTNER)]


def test_no_role_but_our_software_reads_what_is_personal() -> None:
    for role, its_rights in rights(POLICY, APP).items():
        read = {each.name for each in its_rights if each.operation == Operation.READ}
        if role == "auditor":  # a program, and it opens no key
            assert read & PERSONAL == {"clickstream.raw", "privacy.keys"}
        else:
            assert role == "worker" or not read & PERSONAL, role


def test_nobody_may_hand_out_rights_or_delete_a_topic_but_for_the_cut() -> None:
    for role, its_rights in rights(POLICY, APP).items():
        for right in its_rights:
            assert right.operation not in {"All", "ClusterAction"}, role
            if right.resource == Resource.CLUSTER:
                assert right.operation in {Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS}, role
            if right.operation == Operation.DELETE:
                assert role == "worker"


def test_every_topic_has_somebody_who_writes_it_and_one_who_reads_it() -> None:
    """A pattern that fits nothing would be a role that cannot work."""
    all_rights = {right for its_rights in rights(POLICY, APP).values() for right in its_rights}
    for spec in topology(POLICY):
        for operation in (Operation.READ, Operation.WRITE, Operation.CREATE):
            assert Right("topic", spec.name, False, operation) in all_rights, spec.name


def test_the_officer_writes_requests_and_reads_answers_and_nothing_else() -> None:
    assert rights(POLICY, APP)["dpo"] == {
        *(Right("topic", "privacy.requests", False, "Write"),),
        *(Right("topic", "privacy.responses", False, "Read"),),
    }


def test_whoever_may_cut_a_partners_events_may_not_cut_its_notices() -> None:
    worker = rights(POLICY, APP)["worker"]
    assert Right("topic", "clickstream.partners.adreach", False, "Delete") in worker
    for operation in (Operation.READ, Operation.WRITE):
        assert Right("topic", "clickstream.partners.adreach.notices", False, operation) in worker
    assert not allows(worker, "topic", "clickstream.partners.adreach.notices", "Delete")


def test_each_grant_of_the_table_leads_to_a_right() -> None:
    names = {spec.name for spec in topology(POLICY)}
    for role in ROLES:
        for grant in role.grants:
            if grant.resource is Resource.TOPIC and "{" not in grant.pattern:
                fitting = [name for name in names if fnmatchcase(name, grant.pattern)]
                assert fitting or grant.unlisted, grant


# What the public reads of who sees what → the roles that these are.
SAID = {
    "Our software": {"worker", "collector", "auditor"},
    "Our analysts": {"analyst"},
    "Our operators": {"operator"},
    "Our data protection officer": {"dpo"},
    "Our auditors": {"inspector"},
    "Named partners": {"partner-adreach", "partner-second"},
    "Everybody else in the company": {"dashboard", "mirror"},
}
EVIDENCE = {"privacy.audit", "privacy.checkpoints", "privacy.audits"}
TRENDS = {"privacy.summary"} | {
    spec.name for spec in topology(POLICY) if spec.name.startswith("trends.")
}
READS = {
    "Our analysts": TRENDS | {"clickstream.pseudonymised", "clickstream.notices"},
    "Our operators": {"clickstream.rejected"},
    "Our data protection officer": {"privacy.responses"},
    "Our auditors": TRENDS | EVIDENCE,
    "Named partners": {
        f"clickstream.partners.{name}{kind}"
        for name in ("adreach", "second")
        for kind in ("", ".notices")
    },
    "Everybody else in the company": TRENDS,  # but for what stays in the region
}


def test_each_role_reads_what_the_public_was_told_and_nothing_else() -> None:
    [block] = [
        block
        for section in build(POLICY, "policy.toml").sections
        if section.title == "Who sees it"
        for block in section.blocks
        if isinstance(block, Table)
    ]
    assert {who for who, _ in block.rows} == set(SAID)
    its_rights = rights(POLICY, APP)
    assert set().union(*SAID.values()) == set(its_rights)
    for who, topics in READS.items():
        read = {
            each.name
            for role in SAID[who]
            for each in its_rights[role]
            if each.resource == Resource.TOPIC and each.operation == Operation.READ
        }
        assert read == topics, who


def test_no_prefix_reaches_into_another_roles_groups() -> None:
    prefixes = {
        (role, each.name)
        for role, its_rights in rights(POLICY, APP).items()
        for each in its_rights
        if each.prefixed and each.resource != Resource.TOPIC
    }
    for role, prefix in prefixes:
        assert prefix.endswith(".")
        for other, another in prefixes:
            if role != other and APP not in prefix:
                assert not another.startswith(prefix)


@pytest.mark.parametrize("app", ["analyst", "partner-adreach", "operator.eu"])
def test_the_applications_groups_are_nobody_elses(app: str) -> None:
    with pytest.raises(UsageError, match="QUIETCLICKS_APP cannot be"):
        rights(POLICY, app)


def test_the_application_gives_groups_and_ids_their_names() -> None:
    worker = rights(POLICY, "eu")["worker"]
    assert Right("group", "eu.", True, "Read") in worker
    assert Right("transactional id", "eu.", True, "Write") in worker
    assert not any("quietclicks" in each.name for each in worker)


def test_two_users_of_a_role_in_turn() -> None:
    for role in rights(POLICY, APP):
        first, second = users_of(role)
        assert first != second
        assert role_of(first) == role_of(second) == role
        assert role_of(second) not in {users_of(other)[1] for other in rights(POLICY, APP)}


READ = frozenset({Right("topic", "t", False, "Read")})
PREFIX = frozenset({Right("topic", "t", True, "AlterConfigs")})
CLUSTER = frozenset({Right("cluster", CLUSTER_NAME, False, "Describe")})


@pytest.mark.parametrize(
    ("its_rights", "resource", "name", "operation", "may"),
    [
        (READ, "topic", "t", "Read", True),
        (READ, "topic", "t", "Describe", True),
        (READ, "topic", "t", "Write", False),
        (READ, "topic", "t", "DescribeConfigs", False),
        (READ, "topic", "t2", "Read", False),
        (READ, "group", "t", "Read", False),
        (PREFIX, "topic", "t2", "AlterConfigs", True),
        (PREFIX, "topic", "t2", "DescribeConfigs", True),
        (PREFIX, "topic", "t2", "Describe", False),
        (PREFIX, "topic", "s", "AlterConfigs", False),
        (CLUSTER, "cluster", CLUSTER_NAME, "Describe", True),
        (CLUSTER, "cluster", CLUSTER_NAME, "Alter", False),
    ],
)
def test_what_a_right_is_for(
    its_rights: frozenset[Right], resource: str, name: str, operation: str, may: bool
) -> None:
    assert allows(its_rights, resource, name, operation) == may
