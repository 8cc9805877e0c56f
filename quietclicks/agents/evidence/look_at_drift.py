"""Looks at what the broker has otherwise than the policy asks: its topics, and who may do what.

Each by itself: a look that is refused is told in one line, and the other goes on.
"""

from functools import partial

from aiokafka.errors import KafkaError

from quietclicks.agents.access import live
from quietclicks.agents.evidence.say import Say
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.aside import aside
from quietclicks.agents.kafka.topics import plan
from quietclicks.agents.settings import Settings
from quietclicks.errors import QuietclicksError
from quietclicks.pipeline.access import diff
from quietclicks.pipeline.access.rights import Rights, rights
from quietclicks.pipeline.evidence.drift_words import of_access, of_topics
from quietclicks.pipeline.evidence.drifts import Of, SeenDrift
from quietclicks.pipeline.evidence.kinds import Difference
from quietclicks.pipeline.evidence.told import instant
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.topology.topics import topology

# What a client says of a broker that goes away while it is asked; kafka-python's own errors became
# `Failure` before.
AWAY = (KafkaError, QuietclicksError, TimeoutError, OSError)


async def look_at_drift(settings: Settings, policy: Policy, now_ms: int, say: Say) -> SeenDrift:
    """Raises nothing for what a broker says."""
    found: dict[Of, tuple[Difference, ...]] = {}
    try:
        found["topics"] = of_topics(await plan(settings, topology(policy)))
    except AWAY as error:
        say(f"the audit log tells nothing of topics that differ: {_told(error)}")
    try:
        wanted = rights(policy, settings.app)
        # This client blocks.
        found["access"] = await aside(partial(_access, settings, wanted))
    except AWAY as error:
        say(f"the audit log tells nothing of rights that differ: {_told(error)}")
    return SeenDrift(instant(now_ms), found)


def _access(settings: Settings, wanted: Rights) -> tuple[Difference, ...]:
    with administration(settings) as client:
        return of_access(diff.differences(wanted, live.look(client), {}))


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, QuietclicksError) else type(error).__name__
