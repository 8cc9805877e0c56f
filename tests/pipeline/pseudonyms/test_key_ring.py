"""The keys at hand: given, used, forgotten, never shown."""

import gc
import weakref

import pytest

from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.pipeline.pseudonyms.pseudonym import Pseudonymiser
from quietclicks.schemas.trend import Dimension, Stream
from tests.pipeline_tools import day_key

SITE = "shop.example"
PARTNERS = ("adreach", "other")


def keys(*days: int) -> DayKeys:
    made = DayKeys()
    for day in days:
        made.put(day, day_key(day))
    return made


def test_a_key_that_is_not_at_hand() -> None:
    assert 20_718 not in DayKeys()
    with pytest.raises(KeyError):
        DayKeys().of(20_718, SITE, PARTNERS)
    assert 1 in keys(1)


def test_each_day_and_site_has_its_own() -> None:
    ring = keys(1, 2)
    texts = {
        ring.of(day, site, PARTNERS).events.text(b"x")
        for day in (1, 2)
        for site in (SITE, "blog.example")
    }
    assert len(texts) == 4
    assert ring.of(1, SITE, PARTNERS) is ring.of(1, SITE, PARTNERS)
    assert ring.of(1, SITE, PARTNERS).token is not ring.of(2, SITE, PARTNERS).token


def test_no_two_uses_are_the_same() -> None:
    found = keys(1).of(1, SITE, PARTNERS)
    uses: list[Pseudonymiser] = [found.events, found.event_id]
    uses += [each for both in found.partners.values() for each in both]
    assert len({use.text(b"x") for use in uses}) == len(uses) == 2 + 4
    numberers = [found.trends, *[found.streams[stream] for stream in Stream]]
    numbers = {number for each in numberers for number in each.numbers(b"x")}
    assert len(numbers) == 3 * len(Dimension)


def test_what_is_forgotten_is_nowhere_any_more() -> None:
    ring = keys(1, 2)
    other = ring.of(2, SITE, PARTNERS)
    gone = weakref.ref(ring.of(1, SITE, PARTNERS).trends)
    assert gone() is not None
    ring.forget(1)
    ring.forget(7)
    gc.collect()
    assert gone() is None
    assert 1 not in ring
    with pytest.raises(KeyError):
        ring.of(1, SITE, PARTNERS)
    assert ring.of(2, SITE, PARTNERS) is other


def test_a_key_is_never_shown() -> None:
    ring = keys(1)
    found = ring.of(1, SITE, PARTNERS)
    shown = f"{ring!r} {ring} {found!r} {[found]}"
    with pytest.raises(ValueError, match="32 bytes") as caught:
        ring.put(2, b"too short a key")
    shown += f"{caught.value} {caught.value!r} {caught.value.args}"
    for secret in (repr(day_key(1))[2:-1], day_key(1).hex(), "too short"):
        assert secret not in shown


def test_destroyed_is_for_good() -> None:
    ring = keys(1, 2, 3)
    gone = weakref.ref(ring.of(1, SITE, PARTNERS).trends)
    assert ring.destroy(2)
    gc.collect()
    assert gone() is None
    assert (1 in ring, 2 in ring, 3 in ring) == (False, False, True)
    assert ring.destroyed_through == 2
    with pytest.raises(ValueError, match="destroyed"):
        ring.put(2, day_key(2))
    assert not ring.destroy(1), "it never goes back"
    assert ring.destroyed_through == 2
