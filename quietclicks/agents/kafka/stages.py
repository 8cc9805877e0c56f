"""The stages: their names, the topic that each reads, and the consumer group that it reads with.

Names are for good: groups, transactional ids and the labels of metrics are made of them.
"""

from quietclicks.agents.settings import Settings
from quietclicks.schemas import topics

ANONYMISE = "anonymise"
RELEASE = "release"
CUTS = "cuts"  # no stage, and without members: what is committed is how far events are cut

SOURCES = {ANONYMISE: topics.RAW, RELEASE: topics.PARTIALS}
"""Stage → its source topic, in the order of the data's way."""

BOUND = {ANONYMISE: (topics.RAW, topics.CELLS, topics.KEYS), RELEASE: (topics.PARTIALS,)}
"""Stage → the topics that its commits speak of: made anew, they would have lost what these need."""


def group_of(settings: Settings, stage: str) -> str:
    """The consumer group of a stage; its transactional ids begin with it, too."""
    return f"{settings.app}.{stage}"
