"""The stream is the same for the same seed, holds every kind there is, and repeats near and far."""

from collections import Counter
from itertools import islice

import orjson

from quietclicks.schemas.rejection import Reason
from tests.chaos.kinds import KINDS, deck
from tests.chaos.stream import PSEUDONYMISED, REPEATED_WITHIN, TICK, Item, Stream

MANY = 12_000


def first(seed: int, records: int = MANY) -> list[Item]:
    stream = Stream(seed, 2)
    return [*islice(stream, records), *stream.storm(20), stream.last()]


def test_the_same_seed_gives_the_same() -> None:
    assert first(1, 3_000) == first(1, 3_000)
    assert first(1, 3_000) != first(2, 3_000)


def test_every_kind_is_there() -> None:
    kinds = Counter(item.truth.became for item in first(1))
    # Nobody restricts anything in a campaign.
    assert set(kinds) == {PSEUDONYMISED, TICK, *Reason} - {Reason.ERROR, Reason.RESTRICTED}
    assert kinds[PSEUDONYMISED] > MANY / 2
    assert {item.moment for item in first(1)} == {"", "hour", "day", "key"}


def test_repeats_near_and_far() -> None:
    ends = [0, 0]
    places: dict[tuple[int, str], int] = {}
    distances = []
    for item in first(1):
        for number in (0, 1) if item.partition is None else [item.partition]:
            ends[number] += 1
        if item.partition is None or item.truth.became not in (PSEUDONYMISED, Reason.DUPLICATE):
            continue
        event_id = orjson.loads(item.value or b"")["event_id"]
        place = item.partition, event_id
        if item.truth.became == Reason.DUPLICATE and place in places:
            distances.append(ends[item.partition] - places[place])
        places.setdefault(place, ends[item.partition])
    assert min(distances) < 5
    assert max(distances) > 3_000
    assert max(distances) <= REPEATED_WITHIN


def test_a_deck_has_every_kind() -> None:
    drawn = [kind for kind, _ in deck(1, list(KINDS), 2 * len(KINDS))]
    assert Counter(drawn) == Counter(dict.fromkeys(KINDS, 2))
    assert drawn == [kind for kind, _ in deck(1, list(KINDS), 2 * len(KINDS))]
    assert drawn != [kind for kind, _ in deck(2, list(KINDS), 2 * len(KINDS))]


def test_draws_of_a_fault_are_its_own() -> None:
    once = [random.random() for _, random in deck(1, list(KINDS), 30)]
    again = [random.random() for _, random in deck(1, ["kill"], 30)]
    assert once == again
    assert len(set(once)) == 30
