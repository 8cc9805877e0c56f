"""The stages: their names, the topic that each reads, and the consumer group that it reads with.

Names are for good: groups, transactional ids and the labels of metrics are made of them.
"""

from quietclicks.agents.settings import Settings
from quietclicks.schemas import topics

ANONYMISE = "anonymise"
RELEASE = "release"
RIGHTS = "rights"
CUTS = "cuts"  # no stage, and without members: what is committed is how far events are cut

SOURCES = {ANONYMISE: topics.RAW, RELEASE: topics.PARTIALS, RIGHTS: topics.REQUESTS}
"""Stage → its source topic, in the order of the data's way."""

EVENTS_WAY = (ANONYMISE, RELEASE)

BOUND = {
    ANONYMISE: (topics.RAW, topics.CELLS, topics.KEYS, topics.RESTRICTIONS),
    RELEASE: (topics.PARTIALS,),
    RIGHTS: (topics.REQUESTS, topics.RESPONSES, topics.RESTRICTIONS),
}
"""Stage → the topics that its commits speak of: made anew, they would have lost what these need."""


def group_of(settings: Settings, stage: str) -> str:
    """The consumer group of a stage; its transactional ids begin with it, too."""
    return f"{settings.app}.{stage}"
