"""Which topics there are and how the broker must keep them: all of it follows from the policy."""

from msgspec import Struct

from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy_units import FOREVER
from quietclicks.schemas import topics

MINUTE = 60
HOUR = 3600
ROLLS = 24  # a segment spans at most this part of the retention: the broker deletes whole segments
LONGEST_ROLL = 6 * HOUR
TOMBSTONE = HOUR  # how long a reader has to see that a record was erased


class TopicSpec(Struct, frozen=True):
    """One topic as it should be; `configs` are the broker's own names and values."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]


def topology(policy: Policy) -> list[TopicSpec]:
    """Every topic of the pipeline, in the order of the data's way."""
    wanted = policy.topics

    def spec(name: str, partitions: int, cleanup: str, **configs: int | str) -> TopicSpec:
        kept = policy.kept(name) if name != topics.KEYS else FOREVER
        roll = LONGEST_ROLL if kept == FOREVER else max(MINUTE, min(LONGEST_ROLL, kept // ROLLS))
        values: dict[str, int | str] = {
            "cleanup.policy": cleanup,
            # The broker's clock decides how long data lives: no client can prolong it.
            "message.timestamp.type": "LogAppendTime",
            "segment.ms": roll * 1000,
            "retention.ms": -1 if kept == FOREVER else kept * 1000,
        }
        if "compact" in cleanup:
            values["max.compaction.lag.ms"] = roll * 1000
            values["delete.retention.ms"] = TOMBSTONE * 1000
        values.update(configs)
        # Durations and sizes print in readable units; the broker wants plain numbers.
        texts = {k: v if isinstance(v, str) else str(int(v)) for k, v in values.items()}
        return TopicSpec(name, partitions, wanted.replication, texts)

    trends = "compact" if policy.retention.trends == FOREVER else "compact,delete"
    soon = {"max.compaction.lag.ms": HOUR * 1000, "segment.ms": HOUR * 1000}
    raw = {"max.message.bytes": wanted.raw_max_message}
    return [
        spec(topics.RAW, wanted.raw_partitions, "delete", **raw),
        spec(topics.ANONYMISED, wanted.event_partitions, "compact,delete"),
        *(
            spec(topics.PARTNERS + name, wanted.event_partitions, "delete")
            for name in sorted(policy.partners)
        ),
        spec(topics.REJECTED, wanted.event_partitions, "delete"),
        spec(topics.CELLS, wanted.raw_partitions, "compact,delete"),
        spec(topics.PARTIALS, wanted.partials_partitions, "delete"),
        *(
            spec(name, wanted.trends_partitions, trends)
            for name in topics.TRENDS.values()
        ),
        spec(topics.KEYS, 1, "compact", **soon),
    ]
