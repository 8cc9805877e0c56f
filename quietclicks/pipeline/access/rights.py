"""The rights that follow from the table of roles, for one policy: each as the broker keeps it.

A topic is named in full, so that one that nobody listed is nobody's; groups and transactional ids
are prefixes that end in a dot. It asks no broker.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.access.roles import PARTNER, ROLES, Grant, Operation, Resource, Role
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import topology

CLUSTER_NAME = "kafka-cluster"  # the broker's one name for itself
SECOND = ".b"  # no role's name has a dot in it


class Right(Struct, frozen=True, order=True):
    """One operation on one resource; `prefixed`: on all whose names begin so."""

    resource: str
    name: str
    prefixed: bool
    operation: str

    def __str__(self) -> str:
        if self.resource == Resource.CLUSTER:
            return f"{self.operation} the cluster"
        return f"{self.operation} {self.resource} {self.name}{'*' if self.prefixed else ''}"


Rights = dict[str, frozenset[Right]]
"""Role → what each of its users may do."""


def rights(policy: Policy, app: str) -> Rights:
    """Every role of the policy, its partners among them, in the table's order.

    Raises `UsageError` where the application's groups would be a role's, too.
    """
    if any(app.partition(".")[0] in _names(role, policy) for role in ROLES):
        raise UsageError(f"QUIETCLICKS_APP cannot be {app}: groups of that name are a role's")
    names = [spec.name for spec in topology(policy)]
    found: Rights = {}
    for role in ROLES:
        for name, partner in _principals(role, policy):
            filled = {"app": app, "role": name, "partner": partner}
            found[name] = frozenset(
                right for grant in role.grants for right in _expanded(grant, filled, names)
            )
    return found


def _principals(role: Role, policy: Policy) -> Iterator[tuple[str, str]]:
    if role.name.startswith(PARTNER):
        yield from ((PARTNER + partner, partner) for partner in sorted(policy.partners))
    else:
        yield role.name, ""


def _names(role: Role, policy: Policy) -> set[str]:
    return {name for name, _ in _principals(role, policy)}


def _expanded(grant: Grant, filled: dict[str, str], names: list[str]) -> Iterator[Right]:
    pattern = grant.pattern.format(**filled)
    if grant.resource is Resource.TOPIC and not grant.unlisted:
        wanted = [(name, False) for name in names if _fits(name, pattern)]
    elif grant.resource is Resource.CLUSTER:
        wanted = [(CLUSTER_NAME, False)]
    else:
        wanted = [(pattern.removesuffix("*"), pattern.endswith("*"))]
    for name, prefixed in wanted:
        for operation in grant.operations:
            yield Right(str(grant.resource), name, prefixed, str(Operation(operation)))


def _fits(name: str, pattern: str) -> bool:
    """`*` alone is every topic; else it has no dot: a partner's events are not its notices."""
    return pattern == "*" or (name.count(".") == pattern.count(".") and fnmatchcase(name, pattern))


def users_of(role: str) -> tuple[str, str]:
    """The two names that a role's users have in turn: while a password changes, both log in."""
    return role, role + SECOND


def role_of(user: str) -> str:
    """The role of a user, if it is one of ours."""
    return user.removesuffix(SECOND)


# Kafka's own: who may do one of the latter may do the first.
_IMPLIED: dict[str, set[Operation]] = {
    Operation.DESCRIBE: {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER},
    Operation.DESCRIBE_CONFIGS: {Operation.ALTER_CONFIGS},
}


def allows(rights: frozenset[Right], resource: str, name: str, operation: str) -> bool:
    """Whether one of them is for that operation on that resource, as Kafka would decide it."""
    enough = {operation, *_IMPLIED.get(operation, ())}
    return any(
        right.resource == resource
        and right.operation in enough
        and (name.startswith(right.name) if right.prefixed else name == right.name)
        for right in rights
    )
