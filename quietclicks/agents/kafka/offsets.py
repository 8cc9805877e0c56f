"""Where the stages' consumer groups are, and how to go on where their place is lost.

Moves nothing but a place that is lost, and nothing while a worker runs: to move another one would
count events twice, or leave some out.
"""

from collections.abc import Iterable, Iterator

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import GroupIdNotFoundError
from kafka.structs import OffsetAndMetadata
from msgspec import Struct

from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.refusals import about_group, refusal
from quietclicks.agents.kafka.stages import SOURCES, group_of
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.schemas import topics

STATE = (topics.CELLS, topics.PARTIALS)


class Place(Struct, frozen=True):
    """How far a stage is with one partition, and from where to where its log goes."""

    stage: str
    topic: str
    partition: int
    committed: int | None
    first: int
    end: int

    @property
    def is_lost(self) -> bool:
        """Whether the log does not hold it any more, or not yet."""
        return self.committed is not None and not self.first <= self.committed <= self.end

    @property
    def words(self) -> str:
        """What to tell of it."""
        if self.committed is None:
            return f"nothing committed, of {self.first} to {self.end}"
        if self.committed < self.first:
            return (
                f"LOST: {self.committed} to {self.first - 1} were deleted before they were "
                "processed"
            )
        if self.committed > self.end:
            return f"LOST: {self.committed} is committed, and the log ends at {self.end}"
        return f"{self.committed} of {self.end}, {self.end - self.committed} behind"

    def __str__(self) -> str:
        return f"{self.stage}: {self.topic}[{self.partition}]: {self.words}"


def places(settings: Settings) -> list[Place]:
    """All of them, in the order of the data's way. Raises `Failure`."""
    with administration(settings) as client:
        return list(_places(client, settings, SOURCES))


def reset(settings: Settings, stage: str, yes: bool) -> list[Place]:
    """Set each lost place of a stage to the first record there is; which they were.

    Raises `UsageError` where `yes` is not said, `Failure` where workers run or nothing is lost.
    """
    group = group_of(settings, stage)
    with administration(settings) as client:
        _refuse_members(client, group)
        lost = [place for place in _places(client, settings, [stage]) if place.is_lost]
        if not lost:
            raise Failure(f"no place of {group} is lost: nothing is reset")
        if not yes:
            raise UsageError(f"say --yes to go on at the first record: {_listed(lost)}")
        # Without what was committed with it: the stage looks for itself how far it is.
        offsets = {
            TopicPartition(each.topic, each.partition): OffsetAndMetadata(each.first, "", None)
            for each in lost
        }
        with about_group(group):
            answer = client.alter_group_offsets(group, offsets)
        for error in answer.values():
            if error.errno:
                told = refusal(error(group)) or error.__name__
                raise Failure(f"the broker would not reset {group}: {told}")
        return lost


def forget(settings: Settings, yes: bool) -> list[str]:
    """After the state is lost: begin anew with nothing of what was counted before.

    Deletes what lies in the raw topic and all groups; the topics of the state have to be made anew
    before. Requests that are answered stay so. What was done. Raises `UsageError` where `yes` is
    not said, `Failure`.
    """
    with administration(settings) as client:
        groups = [group_of(settings, stage) for stage in SOURCES]
        for group in groups:
            _refuse_members(client, group)
        for topic in STATE:
            if any(end > first for first, end in _spans(client, topic).values()):
                raise Failure(
                    f"{topic} holds records: delete it, run `quietclicks topics apply`, and try "
                    "again"
                )
        spans = _spans(client, topics.RAW)
        number = sum(end - first for first, end in spans.values())
        if not yes:
            raise UsageError(
                f"say --yes to delete {number} records of {topics.RAW} and the groups "
                f"{', '.join(groups)}"
            )
        for tp, (_, end) in spans.items():  # of several it would not say what was refused
            client.delete_records({tp: end})
        for group, told in client.delete_groups(groups).items():
            if told not in {"OK", GroupIdNotFoundError.__name__}:
                raise Failure(f"the broker would not delete the group {group}: {told}")
        return [f"{number} records of {topics.RAW}", *groups]


def _places(client: KafkaAdminClient, settings: Settings, stages: Iterable[str]) -> Iterator[Place]:
    for stage in stages:
        topic = SOURCES[stage]
        spans = _spans(client, topic)
        group = group_of(settings, stage)
        with about_group(group):
            committed = client.list_group_offsets({group: list(spans)})[group]
        for tp, (first, end) in sorted(spans.items()):
            found = committed.get(tp)
            offset = found.offset if found is not None and found.offset >= 0 else None
            yield Place(stage, topic, tp.partition, offset, first, end)


def _spans(client: KafkaAdminClient, topic: str) -> dict[TopicPartition, tuple[int, int]]:
    """Each partition's first offset and its end. Raises `Failure` where there is no such topic."""
    [found] = client.describe_topics([topic])
    tps = [TopicPartition(topic, each["partition_index"]) for each in found["partitions"]]
    if not tps:
        raise Failure(
            f"there is no topic {topic}, or this user has no right to it: see `quietclicks topics "
            "plan`, `quietclicks access check`, as the operator"
        )
    first = client.list_partition_offsets(dict.fromkeys(tps, OffsetSpec.EARLIEST))
    end = client.list_partition_offsets(dict.fromkeys(tps, OffsetSpec.LATEST))
    return {tp: (first[tp].offset, end[tp].offset) for tp in tps}


def _refuse_members(client: KafkaAdminClient, group: str) -> None:
    with about_group(group):
        found = client.describe_groups([group])[group]
    if found["members"]:
        raise Failure(f"{group} has {len(found['members'])} member(s): stop all workers first")


def _listed(lost: Iterable[Place]) -> str:
    return "; ".join(map(str, lost))
