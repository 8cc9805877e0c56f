"""Every kind of difference, in words, and nothing where there is none."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.topology.diff import ChangeKind, Live, LiveTopic, differences
from quietclicks.pipeline.topology.topics import TopicSpec
from quietclicks.schemas import topics

RAW = TopicSpec(topics.RAW, 4, 1, {"cleanup.policy": "delete", "retention.ms": "86400000"})
TOTALS = TopicSpec("trends.totals", 1, 1, {"cleanup.policy": "compact", "retention.ms": "-1"})
SPECS = [RAW, TOTALS]
DEFAULTS = {"segment.jitter.ms": "0"}  # what the broker says of a value that nobody set
BROKER = {
    "auto.create.topics.enable": "false",
    "log.retention.check.interval.ms": "300000",
    "log.cleaner.backoff.ms": "15000",
}


def as_asked(spec: TopicSpec) -> LiveTopic:
    values = {**DEFAULTS, **spec.configs}
    return LiveTopic(spec.partitions, spec.replication, values, frozenset(spec.configs))


LIVE = Live({spec.name: as_asked(spec) for spec in SPECS}, {1: BROKER, 2: BROKER})


def with_topic(name: str, change: Callable[[LiveTopic], LiveTopic]) -> Live:
    return replace(LIVE, topics={**LIVE.topics, name: change(LIVE.topics[name])})


def valued(name: str, key: str, value: str) -> Live:
    return with_topic(
        name,
        lambda t: replace(t, values={**t.values, key: value}, overrides=t.overrides | {key}),
    )


def only(live: Live) -> tuple[ChangeKind, bool, str]:
    [found] = differences(SPECS, live)
    return found.kind, found.destroys, str(found)


def test_as_the_policy_asks() -> None:
    assert differences(SPECS, LIVE) == []


def test_others_topics_are_none_of_ours() -> None:
    other = {**LIVE.topics, "orders": as_asked(RAW), "clickstreams": as_asked(RAW)}
    assert differences(SPECS, replace(LIVE, topics=other)) == []


def test_an_empty_cluster() -> None:
    found = differences(SPECS, replace(LIVE, topics={}))
    assert [str(each) for each in found] == [
        "clickstream.raw: missing; 4 partition(s)",
        "trends.totals: missing; 1 partition(s)",
    ]
    assert {each.kind for each in found} == {ChangeKind.CREATE}


@pytest.mark.parametrize(
    ("live", "kind", "destroys", "text"),
    [
        pytest.param(
            valued(topics.RAW, "retention.ms", "172800000"),
            ChangeKind.CONFIGURE,
            True,
            "clickstream.raw: retention.ms: 2d → 24h (DELETES DATA)",
            id="shorter",
        ),
        pytest.param(
            valued(topics.RAW, "retention.ms", "-1"),
            ChangeKind.CONFIGURE,
            True,
            "clickstream.raw: retention.ms: forever → 24h (DELETES DATA)",
            id="no-longer-forever",
        ),
        pytest.param(
            valued(topics.RAW, "retention.ms", "3600000"),
            ChangeKind.CONFIGURE,
            False,
            "clickstream.raw: retention.ms: 1h → 24h",
            id="longer",
        ),
        pytest.param(
            valued("trends.totals", "retention.ms", "3600000"),
            ChangeKind.CONFIGURE,
            False,
            "trends.totals: retention.ms: 1h → forever",
            id="forever",
        ),
        pytest.param(
            valued(topics.RAW, "cleanup.policy", "compact"),
            ChangeKind.CONFIGURE,
            True,
            "clickstream.raw: cleanup.policy: compact → delete (DELETES DATA)",
            id="begins-to-delete",
        ),
        pytest.param(
            valued(topics.RAW, "cleanup.policy", "compact,delete"),
            ChangeKind.CONFIGURE,
            False,
            "clickstream.raw: cleanup.policy: compact,delete → delete",
            id="compacts-no-longer",
        ),
        pytest.param(
            valued(topics.RAW, "segment.jitter.ms", "5"),
            ChangeKind.CONFIGURE,
            False,
            "clickstream.raw: segment.jitter.ms: 5 → the broker's default; "
            "the policy does not ask for it",
            id="unexpected-override",
        ),
        pytest.param(
            with_topic(topics.RAW, lambda t: replace(t, overrides=frozenset({"cleanup.policy"}))),
            ChangeKind.CONFIGURE,
            False,
            "clickstream.raw: retention.ms: 24h, but by the broker's default only",
            id="right-by-chance",
        ),
        pytest.param(
            with_topic(topics.RAW, lambda t: replace(t, partitions=8)),
            ChangeKind.IMPOSSIBLE,
            False,
            "clickstream.raw: partitions: 8 → 4: partitions cannot be taken away; "
            "the policy must ask for as many",
            id="fewer-partitions",
        ),
        pytest.param(
            with_topic(topics.RAW, lambda t: replace(t, partitions=2)),
            ChangeKind.GROW,
            False,
            "clickstream.raw: partitions: 2 → 4 (only when all is drained)",
            id="more-raw-partitions",
        ),
        pytest.param(
            with_topic("trends.totals", lambda t: replace(t, replication=0)),
            ChangeKind.BY_HAND,
            False,
            "trends.totals: replication: 0 → 1: reassign its partitions with the broker's own "
            "tools",
            id="fewer-replicas",
        ),
        pytest.param(
            replace(LIVE, topics={**LIVE.topics, "privacy.notes": as_asked(RAW)}),
            ChangeKind.BY_HAND,
            False,
            "privacy.notes: the policy does not list it: delete it, or give it another name",
            id="unlisted",
        ),
        pytest.param(
            replace(LIVE, brokers={1: BROKER, 2: {**BROKER, "auto.create.topics.enable": "true"}}),
            ChangeKind.BY_HAND,
            False,
            "broker 2: auto.create.topics.enable is not false: it makes topics that nobody listed",
            id="auto-create",
        ),
        pytest.param(
            replace(LIVE, brokers={1: {**BROKER, "log.retention.check.interval.ms": "3600000"}}),
            ChangeKind.BY_HAND,
            False,
            "broker 1: log.retention.check.interval.ms is 1h, over the 5m that the promised "
            "deletion rests on",
            id="looks-too-seldom",
        ),
    ],
)
def test_a_difference(live: Live, kind: ChangeKind, destroys: bool, text: str) -> None:
    assert only(live) == (kind, destroys, text)


def test_a_broker_that_does_not_tell_is_not_trusted() -> None:
    found = differences(SPECS, replace(LIVE, brokers={1: {}}))
    assert [each.kind for each in found] == [ChangeKind.BY_HAND] * 3


@pytest.mark.parametrize("prefix", ["clickstream.", "trends.", "internal.", "privacy."])
def test_a_topic_under_any_of_our_prefixes_is_noticed(prefix: str) -> None:
    [found] = differences(SPECS, replace(LIVE, topics={**LIVE.topics, prefix + "x": as_asked(RAW)}))
    assert found.topic == prefix + "x"


def test_more_replicas_than_asked_are_fine() -> None:
    assert differences(SPECS, with_topic(topics.RAW, lambda t: replace(t, replication=3))) == []
