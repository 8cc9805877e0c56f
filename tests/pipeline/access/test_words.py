"""Differences for people: short, whole, and in order."""

from quietclicks.pipeline.access.diff import Entry, LiveAccess, differences
from quietclicks.pipeline.access.rights import Right
from quietclicks.pipeline.access.words import lines
from tests.access_tools import WANTED
from tests.pipeline.access.test_diff import GOOD_BROKER, READ, WRITE, live
from tests.pipeline.access.test_diff import WANTED as SMALL


def test_rights_that_are_alike_stand_together() -> None:
    empty = LiveAccess(frozenset(), frozenset(), {1: GOOD_BROKER})
    assert list(lines(differences(SMALL, empty, {}))) == [
        "create: worker: no such user",
        "grant: worker: gets Read on group quietclicks.*",
        "grant: worker: gets Read, Write on topic trends.pages",
        "create: dashboard: no such user",
        "grant: dashboard: gets Read on topic trends.pages",
        "create: partner-a: no such user",
        "grant: partner-a: gets Describe on cluster kafka-cluster",
    ]


def test_what_is_not_alike_stands_alone() -> None:
    odd = [Entry("User:dashboard", WRITE, "10.0.0.1"), Entry("User:dashboard", READ, allows=False)]
    more = Entry("User:dashboard", WRITE)
    found = list(lines(differences(SMALL, live(*odd, more), {})))
    assert "revoke: dashboard: loses Write on topic trends.pages" in found
    assert any("Write topic trends.pages from 10.0.0.1" in line for line in found)
    assert any("not Read topic trends.pages" in line for line in found)
    assert len(found) == 3


def test_nothing_is_left_out_and_it_can_be_read() -> None:
    empty = LiveAccess(frozenset(), frozenset(), {1: GOOD_BROKER})
    found = differences(WANTED, empty, {})
    text = list(lines(found))
    assert len(found) > 150
    assert len(text) < 50
    for each in found:
        if each.entry is not None:
            right: Right = each.entry.right
            name = f"{right.resource} {right.name}{'*' if right.prefixed else ''}"
            assert any(
                line.startswith(f"{each.kind.value}: {each.user}: ")
                and right.operation in line
                and name in line
                for line in text
            ), each
