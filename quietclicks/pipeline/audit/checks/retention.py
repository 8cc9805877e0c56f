"""Is the oldest record of each topic younger than its retention and what a segment adds to it?"""

from collections.abc import Mapping, Sequence

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, broken, held, not_checked
from quietclicks.pipeline.policy import FOREVER, Duration, Policy
from quietclicks.pipeline.topology.topics import TopicSpec, deletion_lag

HOUR = 3600


def nothing_too_old(
    policy: Policy, specs: Sequence[TopicSpec], oldest: Mapping[str, int], now_ms: int
) -> Finding:
    """`oldest`: when the oldest record of each topic that has one was appended, in ms.

    All by the broker's clock. Topics that are kept for ever have no oldest that could be too old.
    """
    ending = {spec.name: spec for spec in specs if policy.kept(spec.name) != FOREVER}
    problems, ages = [], {}
    for name, spec in ending.items():
        if name in oldest:
            bound = policy.kept(name) + deletion_lag(spec)
            ages[name] = age = max(now_ms - oldest[name], 0) // 1000
            if age > bound:
                problems.append(
                    f"{name}: its oldest record is {_hours(age)} old; "
                    f"{Duration(policy.kept(name))} and {_hours(bound - policy.kept(name))} until "
                    "it is off the disk are promised"
                )
    if problems:
        remedy = (
            "`quietclicks topics check`: is the retention as the policy asks? If it is, look "
            "whether the broker deletes at all (its log cleaner, its disk, its clock)"
        )
        return broken(Check.RETENTION, problems, remedy)
    if not ages:
        return not_checked(Check.RETENTION, f"none of {len(ending)} topics that end has a record")
    oldest_of_all = max(ages, key=lambda name: ages[name])
    return held(
        Check.RETENTION,
        f"{len(ages)} topics have records, none too old; the oldest, of {oldest_of_all}, is "
        f"{_hours(ages[oldest_of_all])} old ({len(ending) - len(ages)} are empty)",
    )


def _hours(seconds: int) -> str:
    """Up to whole hours: what is too long stays too long."""
    hours = -(-seconds // HOUR)
    return "1 hour" if hours == 1 else f"{hours:,} hours"
