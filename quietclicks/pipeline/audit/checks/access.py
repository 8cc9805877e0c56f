"""Who may do what, and whether anything goes over a network in the clear.

A report is kept for ever: it names roles and what a right is for, and never a person's user name
or address.
"""

from collections.abc import Mapping

from quietclicks.pipeline.access.diff import (
    ANY_NAME,
    ANY_USER,
    AUTHORIZER,
    PREFIX,
    AccessDifference,
    AccessKind,
    Entry,
    LiveAccess,
    differences,
)
from quietclicks.pipeline.access.rights import Right, Rights, role_of
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, broken, held
from quietclicks.schemas import topics

SEE = "`quietclicks access plan` names each line and user; `access apply` puts roles right"


def access_as_asked(wanted: Rights, live: LiveAccess) -> Finding:
    """Each difference is a problem, but for a password that is just being changed."""
    without = [number for number, values in live.brokers.items() if not _authorizer(values)]
    if without:
        # Without one nothing else says anything: every user may do everything.
        problems = [
            f"broker {number} has no authorizer: everybody may do everything"
            for number in sorted(without)
        ]
        remedy = "set authorizer.class.name, then `quietclicks access apply` (docs/operating.md)"
        return broken(Check.ACCESS, problems, remedy)
    found = [
        told
        for each in differences(wanted, live, {})
        if each.kind is not AccessKind.ROTATING and (told := _told(each, wanted))
    ]
    if found:
        return broken(Check.ACCESS, found, SEE)
    lines = "1 line" if len(live.entries) == 1 else f"{len(live.entries):,} lines"
    return held(Check.ACCESS, f"{len(wanted)} roles, {lines} of the access list, each as asked")


def nothing_in_the_clear(live: LiveAccess, protocol: str) -> Finding:
    """`protocol` is the one by which the audit itself reaches the broker."""
    brokers = LiveAccess(frozenset(), frozenset(), live.brokers)
    problems = [str(each) for each in differences({}, brokers, {}) if AUTHORIZER not in each.text]
    if "SSL" not in protocol:
        problems.append(f"this audit reaches the broker by {protocol}")
    if problems:
        remedy = "give each listener TLS: SSL or SASL_SSL (docs/operating.md, users and rights)"
        return broken(Check.ENCRYPTION, problems, remedy)
    number = "1 broker" if len(live.brokers) == 1 else f"{len(live.brokers)} brokers"
    return held(
        Check.ENCRYPTION, f"all listeners of {number} have TLS, and the audit came by {protocol}"
    )


def _authorizer(values: Mapping[str, str]) -> bool:
    return bool(values.get(AUTHORIZER))


def _told(each: AccessDifference, wanted: Rights) -> str:
    if each.entry is not None:
        return f"{_who(each.entry, wanted)} {_may(each)} {_right(each.entry, wanted)}"
    if each.kind is AccessKind.CREATE:
        return f"there is no user for the role {role_of(each.user)}"
    if each.kind is AccessKind.LEFT:
        return (
            f"{each.user}, whom the policy does not list any more, still has rights or a password"
        )
    return "" if each.user.startswith("broker ") else "a user that is none of a role"


def _may(each: AccessDifference) -> str:
    return "may not" if each.kind is AccessKind.GRANT else "may, against the table,"


def _who(entry: Entry, wanted: Rights) -> str:
    name = role_of(entry.principal.removeprefix(PREFIX))
    if name in wanted:
        return f"the role {name}"
    return "everybody" if entry.principal == ANY_USER else "somebody who is no role of ours"


def _right(entry: Entry, wanted: Rights) -> str:
    """A name that the table does not have may be a person's."""
    right = entry.right
    known = {(each.resource, each.name) for rights in wanted.values() for each in rights}
    is_ours = (right.resource, right.name) in known or right.name.startswith(topics.PREFIXES)
    told = str(right) if is_ours or right.name == ANY_NAME else _unnamed(right)
    return told if entry.allows else f"(a denial) {told}"


def _unnamed(right: Right) -> str:
    return f"{right.operation} a {right.resource} that the table does not have"
