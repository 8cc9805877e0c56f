"""The policy of a run: the given one with short segments, however its text is written."""

from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.commands.run.own_policy import SEGMENT, WHY, for_a_run
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.policy.toml import read_toml
from tests.paths import ROOT

MINIMAL = 'revision = "2026-11-22"\nversion = 1\n'
HEAD = """revision = "2026-11-22"
version = 1
sources = { "topics.raw_partitions" = "us", "topics.replication" = "us" }
"""
SITE = '[sites."shop.example"]\n'
REFERENCE = (ROOT / "deploy" / "policy.toml").read_text("utf-8")


def topics_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = read_toml(text)["topics"]
    return found


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        pytest.param(HEAD + SITE, {}, id="no-table"),
        pytest.param(HEAD + SITE + "[topics]\n", {}, id="an-empty-table"),
        pytest.param(HEAD + SITE + "[topics]\nreplication = 1", {"replication": 1}, id="no-key"),
        pytest.param(HEAD + SITE + '[topics]\nsegment = "6h" # six', {}, id="the-key"),
        pytest.param(HEAD + SITE + '[ "topics" ]\n"segment"="6h"\n', {}, id="in-quotes"),
        pytest.param(HEAD + 'topics.segment = "1h"\n' + SITE, {}, id="dotted"),
        pytest.param(
            HEAD + "topics.raw_partitions = 2\n" + SITE, {"raw_partitions": 2}, id="dotted-without"
        ),
        pytest.param(
            HEAD + "topics = { raw_partitions = 2 }\n" + SITE, {"raw_partitions": 2}, id="inline"
        ),
        pytest.param(
            HEAD + '[topics]\nraw_partitions = 2\n[sites."a.example"]\npath_rules = ["/segment/*"]',
            {"raw_partitions": 2},
            id="a-table-after-it",
        ),
        pytest.param(HEAD.replace("{", '{ "topics.segment" = "us",') + SITE, {}, id="a-source"),
        pytest.param((HEAD + SITE).replace("\n", "\r\n"), {}, id="lines-of-windows"),
    ],
)
def test_segments_are_short_and_all_else_is_as_it_was(text: str, topics: dict[str, Any]) -> None:
    own = for_a_run(text)
    assert topics_of(own) == {**topics, "segment": SEGMENT}
    before, after = read_toml(text), read_toml(own)
    assert after.pop("sources").pop("topics.segment")
    assert {**before, "topics": 0, "sources": 0} == {**after, "topics": 0, "sources": 0}


def test_of_the_reference_policy_nothing_else_changes() -> None:
    before, after = read_toml(REFERENCE), read_toml(for_a_run(REFERENCE))
    before["topics"]["segment"] = SEGMENT
    before["sources"]["topics.segment"] = WHY
    assert before == after
    assert str(parse(for_a_run(REFERENCE), "policy.toml").topics.segment) == SEGMENT


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL + SITE,
        MINIMAL + "sites = { 'shop.example' = {} }\n",
        MINIMAL + "[sites.'a.example']\n[sources]\n",
        MINIMAL + "sources.'topics.segment' = 'us'\ntopics.segment = '6h'\n[sites.'a.example']",
    ],
)
def test_a_site_that_is_missing_is_added(text: str) -> None:
    sites = parse(for_a_run(text, "new.example"), "policy.toml").sites
    assert {"new.example"} == set(sites) - {"shop.example", "a.example"}


def test_a_site_that_is_there_stays_as_it_is() -> None:
    text = MINIMAL + SITE + 'search_pages = ["/search"]\n'
    assert for_a_run(text, "shop.example") == for_a_run(text)
    assert parse(for_a_run(text), "policy.toml")


OURS = {"topics", "sources"}
VALUES = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda key: key not in OURS), VALUES, max_size=4))
def test_whatever_a_file_holds_it_still_holds(data: dict[str, Any]) -> None:
    """Whether or not it is a policy: control characters, signs of TOML's own, all of Unicode."""
    own = read_toml(for_a_run(tomli_w.dumps(data)))
    assert own == {**data, "topics": {"segment": SEGMENT}, "sources": {"topics.segment": WHY}}


@pytest.mark.parametrize(
    ("listed", "hosts"),
    [("", ("shop.example", "www.shop.example")), ('hosts = ["a.example"]\n', ("a.example",))],
    ids=["default", "listed"],
)
def test_the_demo_is_on_this_machine_as_well(listed: str, hosts: tuple[str, ...]) -> None:
    text = MINIMAL + SITE + listed
    policy = parse(for_a_run(text, demo="shop.example"), "policy.toml")
    assert policy.sites["shop.example"].hosts == (*hosts, "127.0.0.1")
    without = parse(for_a_run(text), "policy.toml")
    assert "127.0.0.1" not in without.sites["shop.example"].hosts


def test_no_demo_where_its_site_is_not_in_the_policy() -> None:
    policy = parse(for_a_run(MINIMAL + '[sites."a.example"]\n', demo="shop.example"), "p.toml")
    assert list(policy.sites) == ["a.example"]
