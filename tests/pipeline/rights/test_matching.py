"""Which records are somebody's, and when they look like several people's."""

import pytest

from quietclicks.pipeline.rights.matching import Match, Target, event_of, whose
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.pipeline.rights.spread import about, signs
from quietclicks.schemas import topics
from tests.pipeline.rights.desk import WHO, events_of
from tests.pipeline_tools import FIREFOX, SITE, Rec, World, event


def test_it_finds_what_the_pipeline_wrote_of_them_and_nothing_else() -> None:
    world = World()
    theirs = [event(n, ip=WHO.address, url=f"https://{SITE}/a/{n}") for n in range(3)]
    others = [event(n + 10, url=f"https://{SITE}/b/{n}") for n in range(40)]
    world.put([(value, 1_790_035_200_000) for value in theirs + others])
    world.run()
    for target in _targets(WHO):
        log = [Rec(at, 0, *pair) for at, pair in enumerate(world.topics[target.topic])]
        found = [each for each in log if whose(each) == target.pseudonym.encode()]
        assert len(found) == 3
        assert all(b'"/a/' in (each.value or b"") for each in found)


def _targets(who: Identity) -> list[Target]:
    found = {each.topic: each.key.partition(b":")[0].decode() for each in events_of(who, 1)}
    return [Target(topic, pseudonym) for topic, pseudonym in found.items()]


@pytest.mark.parametrize("key", [b"", b"abcdefghijklmnop-:x", b"xabcdefghijklmnop:x", b"abc:x"])
def test_a_key_that_only_resembles_theirs_is_not(key: bytes) -> None:
    assert whose(Rec(0, 0, key, b"{}")) != b"abcdefghijklmnop"


def test_a_tombstone_is_no_record_of_theirs() -> None:
    assert whose(Rec(0, 0, b"abcdefghijklmnop:x", None)) == b""


def test_what_they_show_is_nothing() -> None:
    assert WHO.address not in repr(Match("t", b"k", WHO.address.encode()))
    assert "abc" not in repr(Target("t", "abc"))
    assert event_of(Match("t", b"k", b"no event")) is None


@pytest.mark.parametrize(
    ("count", "fields", "expected"),
    [
        (3, {}, ()),
        (31, {"timestamp": "2026-09-22T10:00:00Z", "page": "/"}, ("pace",)),
        (201, {}, ("pace", "pages")),
        (30, {"timestamp": "2026-09-22T10:00:00Z", "page": "/"}, ()),
    ],
)
def test_what_looks_like_several_people(
    count: int, fields: dict[str, str], expected: tuple[str, ...]
) -> None:
    found = [event_of(each) for each in events_of(WHO, count, **fields)]
    mine = [each for each in found if each is not None and topics.PSEUDONYMISED]
    assert signs(mine[:count]) == expected


def test_two_languages_and_all_hours() -> None:
    def seen(**fields: str) -> object:
        return event_of(events_of(WHO, 1, **fields)[0])

    several = [seen(language="de"), seen(language="en")]
    assert signs([each for each in several if each]) == ("languages",)  # type: ignore[misc]
    hours = [seen(timestamp=f"2026-09-22T{hour:02}:00:00Z", page="/") for hour in range(19)]
    assert signs([each for each in hours if each]) == ("hours",)  # type: ignore[misc]
    assert FIREFOX


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, 0), (1, 10), (10, 10), (11, 50), (100, 100), (101, 500), (1000, 1000), (1001, 2000)],
)
def test_a_count_is_told_coarsely(number: int, told: int) -> None:
    assert about(number) == told
