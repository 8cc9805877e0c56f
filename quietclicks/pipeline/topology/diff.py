"""What differs between the topics as the policy asks for them and as a broker has them.

Only compares and says so, in one line each; it changes nothing and asks no broker.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from quietclicks.pipeline.policy import Duration
from quietclicks.pipeline.topology.rounds import COMPACTION, DELETION
from quietclicks.pipeline.topology.topics import ROUND, TopicSpec
from quietclicks.schemas import topics

# What a visitor's counters and the release depend on: another number of partitions only when empty.
COUPLED = frozenset({topics.RAW, topics.CELLS, topics.PARTIALS})
# Broker-wide settings that the bounds in docs/topics.md rest on, in milliseconds.
ROUNDS = {DELETION: ROUND * 1000, COMPACTION: 15_000}


class LiveTopic(Struct, frozen=True):
    """A topic as the broker has it; `overrides` are the names of what was set for it alone."""

    partitions: int
    replication: int
    values: dict[str, str]
    overrides: frozenset[str]


class Live(Struct, frozen=True):
    """What a cluster has: all its topics, and each broker's own configuration."""

    topics: dict[str, LiveTopic]
    brokers: dict[int, dict[str, str]]


class ChangeKind(StrEnum):
    """What can be done about a difference."""

    CREATE = "create"
    CONFIGURE = "change"
    GROW = "grow"
    BY_HAND = "by hand"  # nothing that a command of ours does
    IMPOSSIBLE = "impossible"
    RETIRED = "retired"  # of an earlier version, and harmless: it may stay


class Difference(Struct, frozen=True):
    """One difference; `what` in a word: a setting's name, or what else it is about.

    `destroys`: putting it right deletes data.
    """

    topic: str  # or which broker it is
    kind: ChangeKind
    text: str
    what: str
    destroys: bool = False

    def __str__(self) -> str:
        return f"{self.topic}: {self.text}" + (" (DELETES DATA)" if self.destroys else "")


def differences(specs: Sequence[TopicSpec], live: Live) -> list[Difference]:
    """All of them, in the order of the data's way; the broker's own last."""
    return [*_topics(specs, live.topics), *_unlisted(specs, live.topics), *_brokers(live.brokers)]


def _topics(specs: Sequence[TopicSpec], live: Mapping[str, LiveTopic]) -> Iterator[Difference]:
    for spec in specs:
        found = live.get(spec.name)
        if found is None:
            text = f"missing; {spec.partitions} partition(s)"
            yield Difference(spec.name, ChangeKind.CREATE, text, "missing")
        else:
            yield from _partitions(spec, found)
            yield from _configs(spec, found)


def _partitions(spec: TopicSpec, found: LiveTopic) -> Iterator[Difference]:
    change = f"partitions: {found.partitions} → {spec.partitions}"
    if spec.partitions < found.partitions:
        text = f"{change}: partitions cannot be taken away; the policy must ask for as many"
        yield Difference(spec.name, ChangeKind.IMPOSSIBLE, text, "partitions")
    elif spec.partitions > found.partitions:
        drained = " (only when all is drained)" if spec.name in COUPLED else ""
        yield Difference(spec.name, ChangeKind.GROW, change + drained, "partitions")
    if found.replication < spec.replication:
        text = (
            f"replication: {found.replication} → {spec.replication}: reassign its partitions "
            "with the broker's own tools"
        )
        yield Difference(spec.name, ChangeKind.BY_HAND, text, "replication")


def _configs(spec: TopicSpec, found: LiveTopic) -> Iterator[Difference]:
    for key, wanted in spec.configs.items():
        value = found.values.get(key, "")
        if value != wanted:
            text = f"{key}: {_readable(key, value)} → {_readable(key, wanted)}"
            destroys = _destroys(key, value, wanted)
            yield Difference(spec.name, ChangeKind.CONFIGURE, text, key, destroys)
        elif key not in found.overrides:
            text = f"{key}: {_readable(key, wanted)}, but by the broker's default only"
            yield Difference(spec.name, ChangeKind.CONFIGURE, text, key)
    for key in sorted(found.overrides - spec.configs.keys()):
        value = _readable(key, found.values[key])
        text = f"{key}: {value} → the broker's default; the policy does not ask for it"
        yield Difference(spec.name, ChangeKind.CONFIGURE, text, key)


def _destroys(key: str, value: str, wanted: str) -> bool:
    if key == "retention.ms":
        return wanted != "-1" and (value == "-1" or int(wanted) < int(value or 0))
    if key == "cleanup.policy":
        # Deletion by age, or of all but a key's last value, comes into force.
        return bool(set(wanted.split(",")) - set(value.split(",")))
    return False


def _readable(key: str, value: str) -> str:
    if key.endswith(".ms") and value.isdecimal() and int(value) % 1000 == 0:
        return str(Duration(int(value) // 1000)) if len(value) < 16 else "no limit"
    if key == "retention.ms" and value == "-1":
        return "forever"
    return value or "nothing"


def _unlisted(specs: Sequence[TopicSpec], live: Mapping[str, LiveTopic]) -> Iterator[Difference]:
    listed = {spec.name for spec in specs}
    for name in sorted(live.keys() - listed):
        if name in topics.RETIRED:
            # Published numbers may stay as they are; events that nothing cuts may not.
            kind = ChangeKind.RETIRED if name.startswith("trends.") else ChangeKind.BY_HAND
            yield Difference(name, kind, topics.RETIRED[name], "retired")
        elif name.startswith(topics.PREFIXES):
            text = "the policy does not list it: delete it, or give it another name"
            yield Difference(name, ChangeKind.BY_HAND, text, "unlisted")


def _brokers(brokers: Mapping[int, Mapping[str, str]]) -> Iterator[Difference]:
    for number, values in sorted(brokers.items()):
        name = f"broker {number}"
        if values.get("auto.create.topics.enable") != "false":
            text = "auto.create.topics.enable is not false: it makes topics that nobody listed"
            yield Difference(name, ChangeKind.BY_HAND, text, "auto.create.topics.enable")
        for key, most in ROUNDS.items():
            value = values.get(key, "")
            if not value.isdecimal() or int(value) > most:
                text = (
                    f"{key} is {_readable(key, value)}, over the {Duration(most // 1000)} that "
                    "the promised deletion rests on"
                )
                yield Difference(name, ChangeKind.BY_HAND, text, key)
