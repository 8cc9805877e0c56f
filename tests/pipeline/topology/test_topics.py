"""What the policy asks of the broker: complete, without a surprise, and short enough on disk."""

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.policy import FOREVER, Duration, Policy, parse
from quietclicks.pipeline.topology.topics import (
    SEGMENT_BYTES,
    TopicSpec,
    deletion_lag,
    holds_events,
    topology,
)
from quietclicks.schemas import topics
from tests.paths import ROOT
from tests.pipeline.topology.bound import cut_bound, deletion_bound

POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
PARTNER = topics.PARTNERS + "adreach"
TRENDS = topics.PUBLISHED
HOUR, DAY = 3600, 86_400


def by_name(policy: Policy = POLICY) -> dict[str, TopicSpec]:
    return {spec.name: spec for spec in topology(policy)}


def kept(**durations: int) -> Policy:
    values = {name: Duration(seconds) for name, seconds in durations.items()}
    return replace(POLICY, retention=replace(POLICY.retention, **values))


def test_every_topic_once_in_the_order_of_the_way() -> None:
    assert [spec.name for spec in topology(POLICY)] == [
        topics.RAW,
        topics.PSEUDONYMISED,
        PARTNER,
        topics.NOTICES,
        PARTNER + ".notices",
        topics.REJECTED,
        topics.CELLS,
        topics.PARTIALS,
        *TRENDS,
        topics.KEYS,
        topics.REQUESTS,
        topics.RESPONSES,
        topics.RESTRICTIONS,
        topics.AUDIT,
        topics.CHECKPOINTS,
        topics.AUDITS,
        topics.SUMMARY,
        topics.WORKERS,
    ]


@pytest.mark.parametrize(
    ("name", "cleanup", "retention"),
    [
        (topics.RAW, "delete", DAY),
        (topics.PSEUDONYMISED, "delete", 3 * DAY + 2 * HOUR),
        (PARTNER, "delete", DAY),
        (topics.REJECTED, "delete", 7 * DAY),
        (topics.CELLS, "compact,delete", 3 * DAY),
        (topics.PARTIALS, "delete", 3 * DAY),
        *((name, "compact", None) for name in TRENDS),
        (topics.KEYS, "compact", None),
        (topics.NOTICES, "compact,delete", 3 * DAY + 2 * HOUR),
        (PARTNER + ".notices", "compact,delete", 3 * DAY + 2 * HOUR),
        (topics.REQUESTS, "compact,delete", 30 * DAY),
        (topics.RESPONSES, "compact,delete", 30 * DAY),
        (topics.RESTRICTIONS, "compact", None),
        (topics.AUDIT, "delete", None),
        (topics.CHECKPOINTS, "delete", None),
        (topics.AUDITS, "delete", None),
        (topics.SUMMARY, "compact", None),
        (topics.WORKERS, "delete", 3 * DAY),
    ],
)
def test_cleanup_and_retention(name: str, cleanup: str, retention: int | None) -> None:
    configs = by_name()[name].configs
    assert configs["cleanup.policy"] == cleanup
    assert configs["retention.ms"] == ("-1" if retention is None else str(retention * 1000))


@pytest.mark.parametrize("spec", topology(POLICY), ids=lambda spec: spec.name)
def test_what_holds_for_all(spec: TopicSpec) -> None:
    # The broker's clock decides how long data lives.
    assert spec.configs["message.timestamp.type"] == "LogAppendTime"
    for key, value in spec.configs.items():
        assert isinstance(value, str), key
    assert int(spec.configs["segment.ms"]) <= 6 * HOUR * 1000
    if "compact" in spec.configs["cleanup.policy"]:
        # An erasure waits for no ratio of old to new.
        assert spec.configs["max.compaction.lag.ms"] == spec.configs["segment.ms"]


def test_the_numbers_of_partitions_and_replicas() -> None:
    wanted = replace(
        POLICY.topics,
        raw_partitions=5,
        event_partitions=6,
        partials_partitions=7,
        trends_partitions=2,
        replication=3,
    )
    specs = by_name(replace(POLICY, topics=wanted))
    assert {name: spec.partitions for name, spec in specs.items()} == {
        topics.RAW: 5,
        topics.PSEUDONYMISED: 6,
        PARTNER: 6,
        topics.NOTICES: 6,
        PARTNER + ".notices": 6,
        topics.REJECTED: 6,
        topics.CELLS: 5,
        topics.PARTIALS: 7,
        **dict.fromkeys(TRENDS, 2),
        topics.KEYS: 1,
        topics.REQUESTS: 1,
        topics.RESPONSES: 1,
        topics.RESTRICTIONS: 1,
        topics.AUDIT: 1,
        topics.CHECKPOINTS: 1,
        topics.AUDITS: 1,
        topics.SUMMARY: 1,
        topics.WORKERS: 1,
    }
    assert {spec.replication for spec in specs.values()} == {3}
    # One of three may be away; what was acknowledged is on two.
    assert {spec.configs["min.insync.replicas"] for spec in specs.values()} == {"2"}


@pytest.mark.parametrize("replication", [1, 2])
def test_few_replicas_can_be_written_to_one_by_one(replication: int) -> None:
    few = replace(POLICY, topics=replace(POLICY.topics, replication=replication))
    assert {spec.configs["min.insync.replicas"] for spec in topology(few)} == {"1"}


def test_the_raw_topic_takes_records_that_are_too_long() -> None:
    specs = by_name()
    most = int(specs[topics.RAW].configs["max.message.bytes"])
    assert most == POLICY.topics.raw_max_message
    assert most < SEGMENT_BYTES
    assert [name for name, spec in specs.items() if "max.message.bytes" in spec.configs] == [
        topics.RAW
    ]


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        # The retention, what a segment spans, a round of the broker and the delay of files
        (topics.RAW, DAY + HOUR + 360),
        (PARTNER, DAY + HOUR + 360),
        (topics.REJECTED, 7 * DAY + 6 * HOUR + 360),
        (topics.PARTIALS, 3 * DAY + HOUR // 2 + 360),
        (topics.PSEUDONYMISED, 3 * DAY + 3 * HOUR + 360),
        # From the tombstone on
        (topics.CELLS, HOUR * 3 // 2 + 360),
        (topics.KEYS, HOUR * 3 // 2 + 360),
        *((name, None) for name in TRENDS),
    ],
)
def test_the_bound_until_it_is_off_the_disk(name: str, bound: int | None) -> None:
    assert deletion_bound(by_name()[name]) == bound


@pytest.mark.parametrize("seconds", [1, 10, 60, 3600, DAY, 90 * DAY, 3650 * DAY])
def test_the_bound_follows_the_retention(seconds: int) -> None:
    specs = by_name(kept(raw=seconds, rejected=seconds))
    for name in (topics.RAW, topics.REJECTED):
        bound = deletion_bound(specs[name])
        assert bound is not None
        # A twelfth at most, a segment's shortest second, and the broker's own rounds
        assert seconds < bound <= seconds + max(2, seconds // 12) + 360


def test_trends_that_end_are_deleted_and_not_compacted() -> None:
    specs = by_name(kept(trends=365 * DAY))
    for name in TRENDS:
        assert specs[name].configs["cleanup.policy"] == "delete"
        assert deletion_bound(specs[name]) == 365 * DAY + 6 * HOUR + 360


def test_nothing_that_goes_by_its_age_is_compacted() -> None:
    """Beside younger records it would never go: but for cells and what concerns one person's
    rights, which get tombstones or are overwritten."""
    for policy in (POLICY, kept(trends=365 * DAY)):
        both = {s.name for s in topology(policy) if s.configs["cleanup.policy"] == "compact,delete"}
        assert both == {
            *(topics.CELLS, topics.REQUESTS, topics.RESPONSES),
            *(topics.NOTICES, PARTNER + ".notices"),
        }


@pytest.mark.parametrize("spec", topology(POLICY), ids=lambda spec: spec.name)
def test_a_topic_has_events_or_notices_or_neither(spec: TopicSpec) -> None:
    kinds = holds_events(spec), topics.holds_notices(spec.name)
    assert kinds == (
        spec.name in {topics.PSEUDONYMISED, PARTNER},
        spec.name in {topics.NOTICES, f"{PARTNER}.notices"},
    )


def test_what_is_cut_by_the_day() -> None:
    assert [spec.name for spec in topology(POLICY) if holds_events(spec)] == [
        topics.PSEUDONYMISED,
        PARTNER,
    ]


@pytest.mark.parametrize("lateness", [60, 15 * 60, 90 * 60])
@pytest.mark.parametrize("grace", [DAY, 2 * DAY, 31 * DAY])
def test_the_retention_of_events_is_longer_than_what_the_cut_leaves(
    lateness: int, grace: int
) -> None:
    policy = replace(
        POLICY,
        time=replace(POLICY.time, allowed_lateness=Duration(lateness)),
        keys=replace(POLICY.keys, grace=Duration(grace)),
    )
    spec = by_name(policy)[topics.PSEUDONYMISED]
    kept_s = int(spec.configs["retention.ms"]) // 1000
    assert policy.events_end == lateness + grace
    # A day's first event is a day old when the day ends. The cut comes before the retention.
    first = DAY + policy.events_end
    assert first + cut_bound(spec) < kept_s <= first + 2 * HOUR
    assert int(spec.configs["segment.ms"]) <= HOUR * 1000


def test_how_long_deletion_takes() -> None:
    """As the public is told it."""
    for spec in topology(POLICY):
        if deletion_bound(spec) is not None and spec.configs["cleanup.policy"] == "delete":
            whole = int(spec.configs["retention.ms"]) // 1000 + deletion_lag(spec)
            assert whole == deletion_bound(spec)


def test_a_partner_has_a_topic_and_a_retention_of_its_own() -> None:
    one = POLICY.partners["adreach"]
    two = replace(one, retention=Duration(2 * DAY))
    specs = by_name(replace(POLICY, partners={"other": two, "adreach": one}))
    assert specs[topics.PARTNERS + "other"].configs["retention.ms"] == str(2 * DAY * 1000)
    assert specs[PARTNER].configs["retention.ms"] == str(DAY * 1000)
    assert topics.PARTNERS + "other" not in by_name()


def test_forever_never_becomes_a_number() -> None:
    assert str(int(FOREVER) * 1000) not in str(topology(POLICY))
