"""All checks of what the topics hold after a round. Pure: it is given the records."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.pseudonyms.key_life import NUDGE
from quietclicks.schemas import topics
from tests.chaos import checks
from tests.chaos.checks import Found, Sent
from tests.chaos.oracle import NoKey, comparable, undisturbed
from tests.kafka_tools import Stored

# The answers to requests hold the days' box keys, though nobody asks here.
INTERNAL = frozenset({topics.RAW, topics.CELLS, topics.KEYS, topics.RESPONSES, *topics.EVIDENCE})


def verdict(
    policy: Policy, sent: Sent, keys: Mapping[int, bytes], held: Mapping[str, Sequence[Stored]]
) -> Iterator[Found]:
    """What is wrong with `held`, the committed records of every topic."""
    yield from checks.raw_is_sent(sent, held[topics.RAW])
    yield from checks.one_key_a_day(held[topics.KEYS])
    yield from checks.days_without_key(sent, keys)
    yield from checks.each_event_once(sent, keys, held)
    yield from checks.closed_once(held[topics.PARTIALS])
    for name in topics.PUBLISHED:
        yield from checks.one_value_each(name, held[name])
    try:
        expected = undisturbed(policy, keys, held[topics.RAW])
    except NoKey:
        yield Found("as undisturbed", "a day of the stream has no key")
        return
    written = {
        topic: Counter(
            row
            for record in records
            if record.key != NUDGE
            for row in comparable(topic, record.partition, [record])
        )
        for topic, records in held.items()
        if topic not in INTERNAL
    }
    yield from checks.as_undisturbed(expected, written)
