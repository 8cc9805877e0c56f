"""Topics and the brokers' own settings against the policy: drift, unlisted topics, auto-create."""

from collections.abc import Sequence

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, broken, held
from quietclicks.pipeline.topology.diff import ChangeKind, Difference
from quietclicks.pipeline.topology.topics import TopicSpec


def topics_as_asked(specs: Sequence[TopicSpec], found: Sequence[Difference]) -> Finding:
    """Each difference is a problem; a topic of an earlier version that may stay is none."""
    drift = [str(each) for each in found if each.kind is not ChangeKind.RETIRED]
    if drift:
        remedy = (
            "`quietclicks topics plan` shows what `topics apply` would put right; find out who "
            "changed it"
        )
        return broken(Check.TOPICS, drift, remedy)
    settings = sum(len(spec.configs) for spec in specs)
    return held(
        Check.TOPICS,
        f"{len(specs)} topics with {settings} settings, and no further topic under our prefixes",
    )
