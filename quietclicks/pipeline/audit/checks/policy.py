"""Is the policy in force the one of the file, and did a change raise the revision's date?"""

from datetime import datetime

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.entries import Told
from quietclicks.pipeline.audit.findings import Finding, Problems, broken, held, not_checked
from quietclicks.pipeline.policy import Policy, policy_hash

REMEDY = (
    "see what changed with `quietclicks policy diff OLD NEW`, raise `revision`, say in [[changes]] "
    "what it was, and restart the workers; after a change give them some minutes"
)


def policy_in_force(policy: Policy, log: Told, since: datetime) -> Finding:
    """`since`: changes of before are told only as long as their revision is in force."""
    if not log.policies:
        return not_checked(Check.POLICY, "the audit log does not say which policy is in force")
    problems = Problems()
    at, newest = log.policies[-1]
    revision, own = policy.revision, policy_hash(policy)
    if newest.hash != own:
        same = newest.revision.isoformat() == revision
        problems.add(
            f"the policy file is not the one in force since {at:%Y-%m-%d %H:%M}"
            + (
                ": it was changed without a new revision date"
                if same
                else f": that is of revision {newest.revision}, the file of {revision}"
            )
        )
    first: dict[str, str] = {}
    for time, each in log.policies:
        name = each.revision.isoformat()
        before = first.setdefault(name, each.hash)
        if before != each.hash and (time >= since or name == newest.revision.isoformat()):
            problems.add(
                f"the policy of revision {name} was changed on {time:%Y-%m-%d %H:%M} without a new "
                "revision date"
            )
    if problems:
        return broken(Check.POLICY, problems, REMEDY)
    return held(
        Check.POLICY,
        f"the file is what is in force since {at:%Y-%m-%d %H:%M}: revision {revision}, {own[:12]}…",
    )
