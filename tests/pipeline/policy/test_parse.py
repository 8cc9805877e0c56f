"""The policy file: the two that are shipped, and every way of getting one wrong."""

import re

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import FOREVER, SitePolicy, Size, parse, policy_hash
from quietclicks.pipeline.policy.sources import DEFAULT_SOURCES, key, numbers, source
from quietclicks.schemas import topics
from tests.paths import ROOT

REFERENCE = (ROOT / "deploy" / "policy.toml").read_text()
MINIMAL = (ROOT / "deploy" / "policy-minimal.toml").read_text()
POLICY = parse(REFERENCE, "policy.toml")


def test_minimal_policy_is_minimal_and_works() -> None:
    policy = parse(MINIMAL, "policy-minimal.toml")
    assert policy.sites == {"shop.example": SitePolicy()}
    assert not policy.partners
    lines = [line for line in MINIMAL.splitlines() if line and not line.startswith("#")]
    for line in lines:
        with pytest.raises(UsageError):
            parse(MINIMAL.replace(line, ""), "less.toml")


def _documented(text: str) -> set[str]:
    return {line.split("=")[0].strip(' "') for line in text.splitlines() if "=" in line} | {
        part.strip('"')
        for line in re.findall(r"^\[+(.*?)\]+$", text, re.M)
        for part in _split(line)
    }


def _split(line: str) -> list[str]:
    return re.findall(r'"[^"]*"|[^.]+', line)


def _keys(value: object) -> set[str]:
    if isinstance(value, Struct):
        own = set(value.__struct_fields__)
        return own.union(*(_keys(getattr(value, name)) for name in own))
    if isinstance(value, dict):
        return set().union(*(_keys(entry) for entry in value.values()))
    if isinstance(value, tuple):
        return set().union(*(_keys(entry) for entry in value))
    return set()


def test_reference_names_every_key() -> None:
    assert _keys(POLICY) - _documented(REFERENCE) == set()


def test_reference_is_the_defaults_where_it_says_so() -> None:
    minimal = parse(MINIMAL, "policy-minimal.toml")
    for name in ("network", "time", "keys", "release", "retention", "topics", "purposes", "tcf"):
        assert getattr(POLICY, name) == getattr(minimal, name)


def test_every_default_number_has_a_source() -> None:
    minimal = parse(MINIMAL, "policy-minimal.toml")
    found = {key(path): source(minimal, path) for path in numbers(minimal)}
    assert all(found.values())
    assert found.keys() == DEFAULT_SOURCES.keys() - {"partners.*.retention", "audit.every"}


def test_sources_in_the_tree_exist() -> None:
    for text in (*POLICY.sources.values(), *DEFAULT_SOURCES.values()):
        for page, anchor in re.findall(r"(docs/\S+\.md)#(\S+)", text):
            heading = f"## {anchor.replace('-', ' ')}\n"
            assert heading in (ROOT / page).read_text()


def test_a_partner_without_retention_has_the_default_and_its_source() -> None:
    text = MINIMAL + '[partners.p]\npurpose = "p"\nfields = ["page"]\nsites = ["shop.example"]\n'
    policy = parse(text, "x.toml")
    assert str(policy.kept("clickstream.partners.p")) == "24h"
    assert "5(1)(e)" in source(policy, ("partners", "p", "retention"))


@pytest.mark.parametrize(
    ("topic", "kept"),
    [
        (topics.RAW, "24h"),
        (topics.PSEUDONYMISED, "74h"),
        (topics.PARTNERS + "adreach", "24h"),
        (topics.REJECTED, "7d"),
        (topics.CELLS, "3d"),
        (topics.PARTIALS, "3d"),
        (topics.KEYS, "forever"),
        *((trend, "forever") for trend in topics.PUBLISHED),
    ],
)
def test_kept(topic: str, kept: str) -> None:
    assert str(POLICY.kept(topic)) == kept


def test_kept_of_a_topic_nobody_listed() -> None:
    for topic in ("clickstream.partners.nobody", "clickstream.other", ""):
        with pytest.raises(KeyError):
            POLICY.kept(topic)


def test_hash_ignores_order_and_sees_every_change() -> None:
    again = parse(REFERENCE, "other-name.toml")
    assert policy_hash(again) == policy_hash(POLICY)
    tables = REFERENCE.split("\n[network]")
    moved = (
        tables[0]
        + "\n[network]"
        + tables[1]
        .replace("ipv4_prefix = 24\n", "", 1)
        .replace("ipv6_prefix = 48", "ipv6_prefix = 48\nipv4_prefix = 24", 1)
    )
    assert policy_hash(parse(moved, "x")) == policy_hash(POLICY)
    seen = {policy_hash(POLICY)}
    for release in (
        replace(POLICY.release, k=11),
        replace(POLICY.release, day_only=frozenset(POLICY.release.day_only | {"page"})),
        replace(POLICY.release, k_dimension={"search": 21}),
    ):
        seen.add(policy_hash(replace(POLICY, release=release)))
    assert len(seen) == 4


def test_frozen() -> None:
    with pytest.raises(AttributeError):
        POLICY.release.k = 3  # type: ignore[misc]


def test_units_read_as_they_were_written() -> None:
    found = {str(value) for value in numbers(POLICY).values()}
    assert {"15m", "5m", "24h", "30d", "7d", "3d", "forever", "2MiB"} <= found
    assert (POLICY.retention.trends, POLICY.topics.raw_max_message) == (FOREVER, Size(2 * 1024**2))
    assert POLICY.retention.raw.words == "24 hours"
    assert msgspec.structs.asdict(POLICY.time)["allowed_skew"].words == "5 minutes"
