"""Differences of topics and rights in the words of the audit log: without a user, without a value.

What is in transition by a command of ours, or kept for its history, is no drift.
"""

import re
from collections.abc import Iterable

from quietclicks.pipeline.access.diff import ANY_NAME, AccessDifference, AccessKind, Entry
from quietclicks.pipeline.access.roles import PARTNER, Resource
from quietclicks.pipeline.evidence.drifts import difference, in_order
from quietclicks.pipeline.evidence.kinds import Difference
from quietclicks.pipeline.topology.diff import ChangeKind
from quietclicks.pipeline.topology.diff import Difference as TopicDifference
from quietclicks.schemas import topics

AUTHORIZER = "authorizer"


def of_topics(found: Iterable[TopicDifference]) -> tuple[Difference, ...]:
    """By the setting's name, or: missing, unlisted, partitions, replication."""
    return in_order(
        difference(None if each.topic.startswith("broker ") else each.topic, each.what)
        for each in found
        if each.kind is not ChangeKind.RETIRED
    )


def of_access(found: Iterable[AccessDifference]) -> tuple[Difference, ...]:
    """`may-read` where somebody may, `may-not-read` where nobody may who should.

    A broker that asks no access list lets everybody do everything: that is said, and no more.
    """
    told = [_of_access(each) for each in found if each.kind is not AccessKind.ROTATING]
    nobody_asks = Difference(topic=None, what=AUTHORIZER)
    return (nobody_asks,) if nobody_asks in told else in_order(told)


def _of_access(found: AccessDifference) -> Difference:
    if found.entry is not None:
        return _of_entry(found.entry, is_missing=found.kind is AccessKind.GRANT)
    if found.kind is AccessKind.LEFT:
        return difference(topics.PARTNERS + found.user.removeprefix(PARTNER), found.what)
    return Difference(topic=None, what=found.what)


def _of_entry(entry: Entry, is_missing: bool) -> Difference:
    right = entry.right
    operation = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", right.operation).lower()
    what = f"{'may-not' if is_missing or not entry.allows else 'may'}-{operation}"
    if right.resource == Resource.TOPIC and not right.prefixed and right.name != ANY_NAME:
        return difference(right.name, what)
    resource = right.resource.replace(" ", "-")
    return Difference(topic=None, what=f"{resource}{'s' if right.prefixed else ''}.{what}")
