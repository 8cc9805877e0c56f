"""How long until a record is off the disk, as docs/topics.md promises it, from a topic's configs.

`topology` only writes the configuration: this is what it has to add up to.
"""

from quietclicks.pipeline.policy import Duration
from quietclicks.pipeline.topology.topics import ROUND, TopicSpec, attempt_seconds
from quietclicks.schemas import topics


def deletion_bound(spec: TopicSpec) -> Duration | None:
    """The bound until a record is off the disk of a broker that runs; None: it is kept for ever.

    From its arrival; in `internal.cells` and `privacy.keys`, from its tombstone. Events are cut
    before that: `cut_bound`.
    """
    kept = int(spec.configs["retention.ms"]) // 1000
    roll = int(spec.configs["segment.ms"]) // 1000
    wiped = ROUND + int(spec.configs["file.delete.delay.ms"]) // 1000
    if spec.configs["cleanup.policy"] == "delete":
        return Duration(kept + roll + wiped) if kept >= 0 else None
    if spec.name in topics.PUBLISHED and kept < 0:
        return None
    # The tombstone lies in a segment that must close first, and the next record does that: one
    # comes every half roll, from the nudges or, in internal.cells, with a tick.
    return Duration(roll + roll // 2 + wiped)


def cut_bound(spec: TopicSpec) -> Duration:
    """From the time a day is due: until a worker has looked, the broker, and the file is gone.

    Without the time that it takes to read what is left.
    """
    delay = int(spec.configs["file.delete.delay.ms"]) // 1000
    return Duration(int(attempt_seconds(spec)) + ROUND + delay)
