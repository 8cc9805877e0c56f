"""One audit, from the live broker to the report: measures, part by part, and has the checks judge.

What cannot be measured is not checked, and the report says why: a right that is missing ends one
part, not the audit. A broker that is away ends it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from aiokafka.errors import KafkaError
from msgspec import Struct

from quietclicks import __version__
from quietclicks.agents.audit.cluster import Cluster, look
from quietclicks.agents.kafka import topics as topics_agent
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure
from quietclicks.pipeline.access.rights import rights
from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.checks.access import access_as_asked, nothing_in_the_clear
from quietclicks.pipeline.audit.checks.retention import nothing_too_old
from quietclicks.pipeline.audit.checks.topics import topics_as_asked
from quietclicks.pipeline.audit.findings import Finding, not_checked
from quietclicks.pipeline.audit.report import Figure, Head, Report, build
from quietclicks.pipeline.clock import milliseconds, text
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.topology.topics import TopicSpec, topology

Tell = Callable[[int], None]
"""So many more records are read."""


class Asked(Struct, frozen=True):
    """What to audit, and against what; `now` by this machine's clock."""

    policy: Policy
    statement: Statement | None
    now: datetime
    since: date


async def audit(settings: Settings, asked: Asked, tell: Tell) -> Report:
    """Raises `Failure`, `UsageError` where the broker cannot be asked at all."""
    specs = topology(asked.policy)
    cluster = await asyncio.to_thread(look, settings, specs)
    # The clock that counts is the broker's: it is at least as far as its youngest record.
    now_ms = max(milliseconds(asked.now), cluster.newest_ms)
    findings = [
        await _topics(settings, specs),
        access_as_asked(rights(asked.policy, settings.app), cluster.access),
        nothing_in_the_clear(cluster.access, settings.security_protocol),
        nothing_too_old(asked.policy, specs, cluster.oldest, now_ms),
    ]
    head = Head(text(milliseconds(asked.now)), asked.since.isoformat(), __version__)
    return build(head, asked.policy, asked.statement, findings, _figures(cluster, specs))


async def _topics(settings: Settings, specs: Sequence[TopicSpec]) -> Finding:
    try:
        return topics_as_asked(specs, await topics_agent.plan(settings, specs))
    except (Failure, KafkaError, TimeoutError) as error:
        return not_checked(Check.TOPICS, why(error))


def why(error: Exception) -> str:
    """What to tell of a part that could not be measured. It never shows a value."""
    if isinstance(error, Failure):
        return str(error)
    return refusal(error) or f"the broker did not answer: {type(error).__name__}"


def _figures(cluster: Cluster, specs: Sequence[TopicSpec]) -> Iterator[Figure]:
    yield Figure("version", "this audit's program", __version__)
    yield Figure("version", "broker, as far as a client can tell", cluster.version)
    for spec in specs:
        if spec.name in cluster.disk:
            # In steps: to the byte it would tell how many events of few people there are.
            step = 1024**2
            size = -(-cluster.disk[spec.name] // step) * step
            yield Figure("disk", spec.name, size, "bytes, up to whole MiB")
