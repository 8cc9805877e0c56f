"""Which topics there are and how the broker must keep them: all of it follows from the policy.

A retention alone promises nothing: the broker deletes whole segments of a log. docs/topics.md tells
until when a record is off the disk, and the configuration is made so that this holds:

- `delete`: a segment takes records for `roll` at most, lives for the retention after its last one,
  is found by the next round of deletion, and its files go a moment later. Events are cut by the day
  before that (agents/cuts.py): what lies in segments below the cut goes with that round.
- `compact`: a record goes once there is a tombstone for its key, and the segments of both are
  closed. Nothing is compacted that has to go by its age: the cleaner joins old records with new
  ones, and the youngest keeps all of them alive (docs/decisions/retention-on-disk.md). So the cells
  of `internal.cells` get tombstones from their owner when an hour or a day closes, and requests,
  answers, notices and restrictions from the rights stage.
"""

from msgspec import Struct

from quietclicks.pipeline.policy import FOREVER, Duration, Policy
from quietclicks.schemas import topics

HOUR = 3600
ROLLS = 24  # a segment takes records for this part of the retention
# Each compaction rewrites the whole log, so only small ones are compacted by the hour. A cut leaves
# what lies in one segment with the first record that stays.
_RIGHTS = {topics.REQUESTS, topics.RESPONSES, topics.RESTRICTIONS}
HOURLY = frozenset({topics.CELLS, topics.KEYS, topics.PSEUDONYMISED, *_RIGHTS})
# Between a day's last hour, which closes after midnight, and the next day's first lies an hour.
PARTIALS_ROLL = HOUR // 2
TOMBSTONE = HOUR  # how long a reader has to see that a record was erased
DELETE_DELAY = 60  # how long files live on, for readers that have them open
# What we take for granted of a broker: how long until its rounds of deletion (5 min) and of
# compaction (15 s), with the compaction itself and the transaction of a worker that died, are over.
ROUND = 300
SEGMENT_BYTES = 128 * 1024**2  # more than the largest record that a policy may let in


class TopicSpec(Struct, frozen=True):
    """One topic as it should be; `configs` are the broker's own names and values, and no others."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]


def topology(policy: Policy) -> list[TopicSpec]:
    """Every topic of the pipeline, in the order of the data's way."""
    wanted = policy.topics
    events = wanted.event_partitions
    # Numbers that end need no compaction: each is written once.
    trends = "compact" if policy.retention.trends == FOREVER else "delete"

    def spec(name: str, partitions: int, cleanup: str, **more: int) -> TopicSpec:
        values = {**_kept(name, policy.kept(name), cleanup, wanted.segment), **more}
        # A majority must have what was acknowledged.
        values["min.insync.replicas"] = 2 if wanted.replication > 2 else 1
        configs = {"cleanup.policy": cleanup, "message.timestamp.type": "LogAppendTime"}
        # Durations and sizes print in readable units; the broker wants plain numbers.
        configs |= {key: str(int(value)) for key, value in values.items()}
        return TopicSpec(name, partitions, wanted.replication, configs)

    raw = {"max.message.bytes": wanted.raw_max_message}
    return [
        spec(topics.RAW, wanted.raw_partitions, "delete", **raw),
        spec(topics.PSEUDONYMISED, events, "delete"),
        *(spec(topics.PARTNERS + name, events, "delete") for name in sorted(policy.partners)),
        spec(topics.NOTICES, events, "compact,delete"),
        *(spec(_notices(name), events, "compact,delete") for name in sorted(policy.partners)),
        spec(topics.REJECTED, events, "delete"),
        spec(topics.CELLS, wanted.raw_partitions, "compact,delete"),
        spec(topics.PARTIALS, wanted.partials_partitions, "delete"),
        *(spec(name, wanted.trends_partitions, trends) for name in topics.PUBLISHED),
        spec(topics.KEYS, 1, "compact"),
        spec(topics.REQUESTS, 1, "compact,delete"),
        spec(topics.RESPONSES, 1, "compact,delete"),
        spec(topics.RESTRICTIONS, 1, "compact"),
        # Compaction would eat history.
        spec(topics.AUDIT, 1, "delete"),
        spec(topics.CHECKPOINTS, 1, "delete"),
        spec(topics.AUDITS, 1, "delete"),
        spec(topics.SUMMARY, 1, "compact"),
        spec(topics.WORKERS, 1, "delete"),
    ]


def _notices(partner: str) -> str:
    return topics.notices_of(topics.PARTNERS + partner)


def _kept(name: str, kept: Duration, cleanup: str, segment: Duration) -> dict[str, int]:
    """The times of a topic. LogAppendTime: the broker's clock counts them, not a client's."""
    hourly = name in HOURLY or topics.holds_notices(name)
    most = PARTIALS_ROLL if name == topics.PARTIALS else HOUR if hourly else segment
    roll = max(1, min(most, segment, kept // ROLLS))
    values = {
        "retention.ms": -1 if kept == FOREVER else kept * 1000,
        "segment.ms": roll * 1000,
        "segment.bytes": SEGMENT_BYTES,
        "file.delete.delay.ms": min(DELETE_DELAY, roll) * 1000,
    }
    if "compact" in cleanup:
        values["max.compaction.lag.ms"] = roll * 1000
        values["delete.retention.ms"] = min(TOMBSTONE, roll) * 1000
    return values


def holds_events(spec: TopicSpec) -> bool:
    """Whether its records are events under a pseudonym, which are cut by the day."""
    return topics.holds_events(spec.name)


def deletion_lag(spec: TopicSpec) -> Duration:
    """How long after its retention, or its cut, a record of a `delete` topic is off the disk.

    Its segment has to close, the broker to come round, and the file to be no longer held open.
    """
    delay = int(spec.configs["file.delete.delay.ms"]) // 1000
    return Duration(int(segment_seconds(spec)) + ROUND + delay)


def segment_seconds(spec: TopicSpec) -> float:
    """How long a segment of it takes records at most."""
    return int(spec.configs["segment.ms"]) / 1000


def attempt_seconds(spec: TopicSpec) -> float:
    """How often it is worth looking what of it may go.

    Twice in what a segment spans, and every five minutes where segments are long.
    """
    return min(ROUND, segment_seconds(spec) / 2)
