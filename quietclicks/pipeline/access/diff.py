"""What differs between the users and rights that follow from the policy and those a broker has.

Only compares and says so, in one line each; it changes nothing and asks no broker.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.access.rights import Right, Rights, role_of, users_of
from quietclicks.pipeline.access.roles import PARTNER, Resource

PREFIX = "User:"
AUTHORIZER = "authorizer.class.name"
ANY_HOST, ANY_NAME, ANY_USER = "*", "*", "User:*"


class Entry(Struct, frozen=True, order=True):
    """A line of a broker's access list."""

    principal: str
    right: Right
    host: str = ANY_HOST
    allows: bool = True

    def __str__(self) -> str:
        host = "" if self.host == ANY_HOST else f" from {self.host}"
        return f"{'' if self.allows else 'not '}{self.right}{host}"


class LiveAccess(Struct, frozen=True):
    """What a cluster has: users with a password, its access list, each broker's configuration."""

    users: frozenset[str]
    entries: frozenset[Entry]
    brokers: Mapping[int, Mapping[str, str]]

    @property
    def has_authorizer(self) -> bool:
        """Whether every broker asks the list at all."""
        return all(values.get(AUTHORIZER) for values in self.brokers.values())


class AccessKind(StrEnum):
    """What can be done about a difference."""

    CREATE = "create"  # a user
    GRANT = "grant"
    REVOKE = "revoke"
    ROTATING = "rotating"  # both of a role's users log in
    LEFT = "left"  # a user or a right of one whom the policy does not know any more
    BY_HAND = "by hand"  # nothing that a command of ours does


class AccessDifference(Struct, frozen=True):
    """One difference. `user` is whose it is; `entry` the line to add or to take away.

    `what`, where it is about no line: a word, without a name in it.
    """

    kind: AccessKind
    user: str
    text: str
    entry: Entry | None = None
    what: str = ""

    def __str__(self) -> str:
        return f"{self.user}: {self.text}"


def differences(
    wanted: Rights, live: LiveAccess, named: Mapping[str, str]
) -> list[AccessDifference]:
    """All of them: role by role in the table's order, then who left, others, and the brokers.

    `named`: role → which of its two users its file names, where there is one.
    """
    found: list[AccessDifference] = []
    for role, its_rights in wanted.items():
        found += _role(role, named.get(role, role), its_rights, live)
    found += _left(wanted, live)
    found += _others(wanted, live)
    found += _brokers(live.brokers)
    return found


def _role(
    role: str, named: str, its_rights: frozenset[Right], live: LiveAccess
) -> Iterator[AccessDifference]:
    # Of a role's two users there is one, but while its password changes.
    there = [user for user in users_of(role) if user in live.users] or [named]
    for user in there:
        if user not in live.users:
            yield AccessDifference(AccessKind.CREATE, user, "no such user", what="user-missing")
        entries = {entry for entry in live.entries if entry.principal == PREFIX + user}
        asked = {Entry(PREFIX + user, right) for right in its_rights}
        for entry in sorted(asked - entries):
            yield AccessDifference(AccessKind.GRANT, user, f"may not {entry}", entry)
        for entry in sorted(entries - asked):
            text = f"may {entry}, which the table does not give it"
            yield AccessDifference(AccessKind.REVOKE, user, text, entry)
    for user in sorted(
        set(users_of(role)) - set(there)
    ):  # rights without a user: of one that was deleted
        for entry in sorted(e for e in live.entries if e.principal == PREFIX + user):
            text = f"may {entry}, and is no user"
            yield AccessDifference(AccessKind.REVOKE, user, text, entry)
    if len(there) > 1:
        text = f"{' and '.join(there)} both log in: end it with `access rotate {role} --finish`"
        yield AccessDifference(AccessKind.ROTATING, role, text, what="rotating")


def _left(wanted: Rights, live: LiveAccess) -> Iterator[AccessDifference]:
    """Partners that the policy no longer lists: named, and taken away when somebody says so."""
    named = live.users | {entry.principal.removeprefix(PREFIX) for entry in live.entries}
    for role in sorted({role_of(user) for user in named if user.startswith(PARTNER)}):
        if role not in wanted:
            number = len(_entries_of(role, live))
            text = (
                f"the policy does not list it any more; it has {number} right(s): take them and "
                f"its user away with `access apply --remove {role}`"
            )
            yield AccessDifference(AccessKind.LEFT, role, text, what="left")


def _entries_of(role: str, live: LiveAccess) -> list[Entry]:
    principals = {PREFIX + user for user in users_of(role)}
    return sorted(entry for entry in live.entries if entry.principal in principals)


def removal(role: str, live: LiveAccess) -> tuple[list[Entry], list[str]]:
    """All rights and users of a role, to be taken away: in this order."""
    return _entries_of(role, live), [user for user in users_of(role) if user in live.users]


def _others(wanted: Rights, live: LiveAccess) -> Iterator[AccessDifference]:
    """What somebody else may do with what is ours: nobody of the table, so nobody should."""
    ours = {right for rights in wanted.values() for right in rights}
    for entry in sorted(live.entries):
        name = entry.principal.removeprefix(PREFIX)
        if role_of(name) in wanted or name.startswith(PARTNER) or not entry.allows:
            continue
        if any(_covers(entry.right, right) for right in ours):
            who = "everybody" if entry.principal == ANY_USER else entry.principal
            text = f"{who} may {entry}: nobody of the table; take it away, or give it a role"
            yield AccessDifference(AccessKind.BY_HAND, name, text, entry)


def _covers(other: Right, ours: Right) -> bool:
    """Whether a right of somebody else reaches into what ours is for."""
    if other.resource != ours.resource or ours.resource == Resource.CLUSTER:
        return False
    if other.name == ANY_NAME and not other.prefixed:
        return True
    if other.prefixed and ours.name.startswith(other.name):
        return True
    return other.name == ours.name or (ours.prefixed and other.name.startswith(ours.name))


def _brokers(brokers: Mapping[int, Mapping[str, str]]) -> Iterator[AccessDifference]:
    for number, values in sorted(brokers.items()):
        name = f"broker {number}"
        if not values.get(AUTHORIZER):
            text = f"{AUTHORIZER} is not set: every user may do everything"
            yield AccessDifference(AccessKind.BY_HAND, name, text, what="authorizer")
        for listener, protocol in _listeners(values):
            if "SSL" not in protocol:
                text = f"its listener {listener} is {protocol}: what goes over it is in the clear"
                yield AccessDifference(AccessKind.BY_HAND, name, text, what="listener")


def _listeners(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name → protocol of all that it listens on; a listener may be called by its protocol."""
    protocols = dict(
        pair.split(":", 1)
        for pair in values.get("listener.security.protocol.map", "").split(",")
        if ":" in pair
    )
    for address in values.get("listeners", "").split(","):
        name = address.partition("://")[0].strip()
        if name:
            yield name, protocols.get(name, name)
