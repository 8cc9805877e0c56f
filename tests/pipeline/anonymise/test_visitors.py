"""Who is a visitor: an address, of IPv6 the /64, and a user agent; all else that changes is not."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from quietclicks.agents.replay import partition_of
from quietclicks.schemas import topics
from tests.pipeline_tools import FIREFOX, HOUR, MIDNIGHT, World, closing, event, feed

LATER = MIDNIGHT + 30 * 24 * HOUR
TEN = range(10)

CROWDS: dict[str, tuple[list[dict[str, Any]], int]] = {
    # ten visits, and how many visitors they are
    "temporary addresses of one laptop": ([{"ip": f"2001:db8:1:2::{n:x}"} for n in TEN], 1),
    "and in every way they can be written": (
        [{"ip": f"2001:DB8:0001:2:{n}:{n}:0:00{n}"} for n in TEN],
        1,
    ),
    "another /64 each": ([{"ip": f"2001:db8:1:{n}::1"} for n in TEN], 10),
    "IPv4": ([{"ip": f"198.51.100.{n}"} for n in TEN], 10),
    "IPv4, embedded": ([{"ip": f"::ffff:198.51.100.{n}"} for n in TEN], 10),
    "one IPv4 address in two ways": (
        [{"ip": "198.51.100.7"}, {"ip": "::ffff:198.51.100.7"}] * 5,
        1,
    ),
    "with and without a port": (
        [{"ip": f"198.51.100.7:{n}1234"} for n in range(1, 6)]
        + [{"ip": ip} for ip in ("198.51.100.7", " 198.51.100.7 ", "\t198.51.100.7:80\n")]
        + [{"ip": ip} for ip in ("[::ffff:198.51.100.7]:443", "[::ffff:198.51.100.7]")],
        1,
    ),
    "IPv6 with a port": (
        [{"ip": f"[2001:db8:1:2::{n}]:443"} for n in TEN] + [{"ip": " 2001:db8:1:2::1"}],
        1,
    ),
    "another address each, with one port": ([{"ip": f"198.51.100.{n}:443"} for n in TEN], 10),
    "6to4 of one address": ([{"ip": f"2002:c633:6407:{n}::1"} for n in TEN], 1),
    "garbage in place of an address": ([{"ip": f"unknown-{n}"} for n in TEN], 1),
    # Declared, in docs/threat-model.md: ten agents on one address are taken for ten.
    "user agents": ([{"user_agent": FIREFOX.replace("128", f"12{n}")} for n in TEN], 10),
    "languages": ([{"accept_language": each} for each in ["de", "en", "fr", "it", "es"] * 2], 1),
}


def run(visits: Sequence[dict[str, Any]]) -> World:
    fixed = {"ip": "198.51.100.1", "url": "/"}
    values = [event(n, MIDNIGHT, **{**fixed, **visit}) for n, visit in enumerate(visits)]
    world = World()
    world.put(feed([closing(MIDNIGHT), *values, closing(MIDNIGHT + 24 * HOUR)], LATER))
    return world.run()


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_crowd(crowd: str) -> None:
    visits, visitors = CROWDS[crowd]
    world = run(visits)
    assert len({each["visitor"] for each in world.events()}) == visitors, "for analysts"
    partner = [json.loads(value or b"") for _, value in world.topics[topics.PARTNERS + "adreach"]]
    assert len({each["visitor"] for each in partner}) == visitors, "for a partner"
    assert any(world.trends().values()) is (visitors >= 5), "for the thresholds"


@pytest.mark.parametrize("crowd", CROWDS)
def test_one_visitor_comes_in_one_partition(crowd: str) -> None:
    visits, visitors = CROWDS[crowd]
    if visitors == 1:
        fixed = {"ip": "198.51.100.1", "user_agent": FIREFOX}
        values = [json.dumps({**fixed, **visit}).encode() for visit in visits]
        assert len({partition_of(value, 5) for value in values}) == 1
