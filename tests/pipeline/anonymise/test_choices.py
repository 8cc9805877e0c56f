"""Objections, opt-outs and bots as numbers: against a count made independently, and an attack."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import pytest

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.attack.differencing import attack
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.clock import hour_text
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.pipeline.pseudonyms.pseudonym import Numberer
from quietclicks.pipeline.release import partials
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas import topics
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend
from tests.pipeline.attack.site_days import by_site_day
from tests.pipeline_tools import HOUR, MIDNIGHT, SITE, World, closing, country, day_key, event, feed
from tests.pipeline_tools import policy as policy_of

LATER = MIDNIGHT + 30 * 24 * HOUR
OPTED_OUT, BOTS = f"{SITE} (opted out)", f"{SITE} (bots)"
AGREED, REFUSED = {"analytics": True}, {"analytics": False, "partners": True}
NO_PARTNERS = {"analytics": True, "partners": False}
CURL = "curl/8.5.0"

KINDS: dict[str, tuple[dict[str, Any], str | None, str]] = {
    # what is sent, where it counts, and as what
    "agreed": ({"consent": AGREED}, SITE, NONE),
    "agreed, DNT": ({"consent": AGREED, "dnt": "1"}, SITE, "DNT"),
    "agreed, GPC": ({"consent": AGREED, "gpc": "1"}, SITE, "GPC"),
    "agreed, both": ({"consent": AGREED, "dnt": "1", "gpc": "1"}, SITE, "DNT · GPC"),
    "refused": ({"consent": REFUSED}, OPTED_OUT, "refused"),
    "refused, DNT": ({"consent": REFUSED, "dnt": "1"}, OPTED_OUT, "refused"),
    "unknown, DNT": ({"consent": ..., "dnt": "1"}, OPTED_OUT, "DNT"),
    "unknown, GPC": ({"consent": ..., "gpc": "1"}, OPTED_OUT, "GPC"),
    "unknown": ({"consent": ...}, None, ""),
    "a bot": ({"user_agent": CURL}, BOTS, ""),
    "a bot, unknown": ({"user_agent": CURL, "consent": ...}, BOTS, ""),
    # It may be a person who is taken for one: a no is a no.
    "a bot, refused": ({"user_agent": CURL, "consent": {"analytics": False}}, None, ""),
    "a bot, partners refused": ({"user_agent": CURL, "consent": NO_PARTNERS}, None, ""),
    "a bot, DNT": ({"user_agent": CURL, "dnt": "1"}, None, ""),
    "a bot, GPC": ({"user_agent": CURL, "consent": ..., "gpc": "1"}, None, ""),
}
OFF = ("[release]", "[purposes.objections]\nenabled = false\n\n[release]")
NO_TRENDS = ("[release]", "[purposes.trends]\nenabled = false\n\n[release]")


class Visit(NamedTuple):
    kind: str
    visitor: int
    hour: int


def visits(seed: int) -> list[Visit]:
    """Two days of 200, of whom few send a header; no more of each than the cap lets count."""
    dice = random.Random(seed)
    kinds = dice.choices(
        list(KINDS), weights=[40, 7, 5, 2, 20, 4, 6, 5, 9, 12, 8, 2, 2, 2, 2], k=200
    )
    found = [
        Visit(kind, visitor, hour)
        for visitor, kind in enumerate(kinds)
        for hour in dice.sample(range(0, 48, 2), dice.randrange(1, 5))
        for _ in range(dice.randrange(1, 4))
    ]
    return sorted(found, key=lambda visit: visit.hour)


def values_of(happened: Iterable[Visit]) -> list[bytes]:
    values, hour = [closing(MIDNIGHT)], 0
    for number, visit in enumerate(happened):
        if visit.hour > hour:
            hour = visit.hour
            values.append(closing(MIDNIGHT + hour * HOUR))
        address = f"198.51.100.{visit.visitor}"
        fields = {"ip": address, **KINDS[visit.kind][0]}
        values.append(event(number, MIDNIGHT + visit.hour * HOUR + number, **fields))
    return [*values, closing(MIDNIGHT + 48 * HOUR)]


Name = tuple[str, str, str, Dimension, str]
"""Site or stream, window, start, dimension, value."""


def trends_of(values: Iterable[bytes], *changes: tuple[str, str]) -> dict[Name, Trend]:
    """What `preview` releases, and in which topic it has to stand."""
    offline = Offline(policy_of(*changes), country, day_key)
    found: dict[Name, Trend] = {}
    for topic, _, value in offline.run((each, LATER) for each in values):
        if topic.startswith("trends."):
            trend = msgspec.json.decode(value or b"", type=Trend)
            own = trend.site == SITE
            assert topic == (topics.TRENDS[trend.dimension] if own else "trends.uncounted")
            found[trend.site, trend.window, trend.start, trend.dimension, trend.value] = trend
    return found


class Truth:
    """The same visits, counted without the pipeline."""

    def __init__(self, happened: Iterable[Visit]) -> None:
        self.hours: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for visit in happened:
            _, site, choice = KINDS[visit.kind]
            if site is not None:
                start = hour_text(MIDNIGHT // HOUR + visit.hour)
                self.hours[site, start][choice].append(visit.visitor)

    def visitors(self, site: str, start: str, *choices: str) -> list[int]:
        """One for each view; of all choices where none is named."""
        of = self.hours[site, start]
        return [who for choice in choices or of for who in of.get(choice, [])]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_released_is_what_happened_and_of_five_or_more(seed: int) -> None:
    happened = visits(seed)
    truth, found = Truth(happened), trends_of(values_of(happened))
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (site, window, start, dimension, value), trend in found.items():
        if window == "PT1H" and dimension is Dimension.CHOICE and value != OTHER:
            named[site, start].add(value)
            who = truth.visitors(site, start, value)
            assert (trend.views, len(set(who)) >= 5) == (len(who), True)
    seen = set()
    for (site, window, start, dimension, value), trend in found.items():
        if window == "P1D":
            continue
        if dimension is Dimension.TOTAL:
            who = truth.visitors(site, start)
        elif dimension is Dimension.CHOICE and value == OTHER:
            rest = truth.hours[site, start].keys() - named[site, start]
            who = truth.visitors(site, start, *rest)
        else:
            continue
        seen.add((site, dimension))
        assert (trend.views, len(set(who)) >= 5) == (len(who), True)
    assert {site for site, _ in seen} == {SITE, OPTED_OUT, BOTS}
    for site in (SITE, OPTED_OUT, BOTS):
        for day in (0, 1):
            start = hour_text(MIDNIGHT // HOUR + 24 * day)
            hours = [hour_text(MIDNIGHT // HOUR + 24 * day + hour) for hour in range(24)]
            views = sum(len(truth.visitors(site, hour)) for hour in hours)
            total = found[site, "P1D", start, Dimension.TOTAL, ""]
            choices = [t for key, t in found.items() if key[:4] == (site, "P1D", start, "choice")]
            assert sum(each.views for each in choices) == (0 if site == BOTS else total.views)
            # What a day may leave out are waiting hours of fewer than five visitors together.
            waiting = [h for h in hours if (site, "PT1H", h, Dimension.TOTAL, "") not in found]
            left_out = [who for hour in waiting for who in truth.visitors(site, hour)]
            assert total.views == views - (len(left_out) if len(set(left_out)) < 5 else 0)


def test_a_stream_has_its_own_dimensions_and_no_others() -> None:
    found = trends_of(values_of(visits(0)))
    of = {site: {key[3] for key in found if key[0] == site} for site in (SITE, OPTED_OUT, BOTS)}
    assert of == {
        SITE: set(Dimension),
        OPTED_OUT: {Dimension.TOTAL, Dimension.CHOICE},
        BOTS: {Dimension.TOTAL},
    }
    assert {key[4] for key in found if key[0] == OPTED_OUT} <= {"", "refused", "DNT", "GPC", OTHER}


@pytest.mark.parametrize("seed", range(6))
def test_an_attacker_finds_nothing(seed: int) -> None:
    happened = visits(seed)
    events: dict[str, list[Event]] = defaultdict(list)
    for visit in happened:
        _, site, choice = KINDS[visit.kind]
        values = {Dimension.CHOICE: choice} if site != BOTS else {}
        at = hour_text(MIDNIGHT // HOUR + visit.hour)
        events[f"{site} {at[:10]}"].append(Event(at, visit.visitor, values))
    attacked = set()
    found = by_site_day(trends_of(values_of(happened)).values())
    for where, trends in found.items():
        wanted = {Dimension.TOTAL, Dimension.CHOICE}
        its = [trend for trend in trends if trend.dimension in wanted]
        report = attack(its, events[f"{where.site} {where.day}"], Rules(5, 20, 5, 12))
        assert report.consistent
        assert report.exhaustive
        assert report.violations == ()
        attacked.add(where.site)
    assert attacked == {SITE, OPTED_OUT, BOTS}


def test_the_books_are_what_they_were() -> None:
    world = World()
    happened = visits(1)
    world.put(feed(values_of(happened), LATER))
    world.run()
    wanted = sorted(
        "bot" if "user_agent" in fields else "counted_only" if site == SITE else "no_consent"
        for fields, site, _ in (KINDS[visit.kind] for visit in happened)
        if site != SITE or "dnt" in fields or "gpc" in fields
    )
    assert sorted(world.reasons()) == wanted
    # A refusal of analytics says nothing of partners: it is for them what it was.
    refused = [v for v in happened if v.kind == "refused"]
    assert len(world.topics[topics.PARTNERS + "adreach"]) == len(refused)


def test_nothing_joins_who_opted_out_with_who_is_counted() -> None:
    """One address: first agreed, then refused, then a program."""
    world = World()
    agreed, refused = event(1), event(2, consent=REFUSED, ip="198.51.0.2")
    bot = event(3, user_agent=CURL, ip="198.51.0.2")
    world.put(feed([closing(MIDNIGHT), agreed, refused, bot, closing(MIDNIGHT + HOUR)], LATER))
    assert json.loads(agreed)["ip"] == json.loads(refused)["ip"]
    numbers: dict[str, list[int]] = defaultdict(list)
    for key, value in world.run().closed_cells().items():
        site = partials.cell_key.decode(key)[2]
        numbers[site] += Sample.decode(partials.cell_value.decode(value)[1]).hashes
    dimensions = {SITE: len(Dimension), OPTED_OUT: 2, BOTS: 1}
    assert {site: len(of) for site, of in numbers.items()} == dimensions
    everything = [number for of in numbers.values() for number in of]
    assert len(set(everything)) == len(everything), "nor one dimension with another"


@pytest.mark.parametrize("objections", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("kind", [kind for kind, (_, site, _) in KINDS.items() if site is None])
def test_of_who_is_counted_nowhere_nothing_is_derived(
    kind: str, objections: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[bytes] = []

    def watched(self: Numberer, parts: bytes) -> tuple[int, ...]:
        derived.append(parts)
        return (1,) * len(Dimension)

    monkeypatch.setattr(Numberer, "numbers", watched)
    world = World(policy_of(*([] if objections else [OFF])))
    crowd = [event(n, **KINDS[kind][0], ip=f"198.51.100.{n}") for n in range(30)]
    world.put(feed([closing(MIDNIGHT), *crowd, closing(MIDNIGHT + 24 * HOUR)], LATER))
    world.run()
    assert not world.closed_cells()
    assert len(world.reasons()) == 30
    assert derived == []


def kinds_of(found: Iterable[Name]) -> set[str]:
    return {key[0] if key[0] != SITE else key[3].value for key in found}


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        pytest.param([OFF], {"choice", OPTED_OUT}, id="objections off"),
        pytest.param([NO_TRENDS], {*Dimension, OPTED_OUT, BOTS}, id="trends off"),
    ],
)
def test_switched_off(changes: list[tuple[str, str]], gone: set[str]) -> None:
    values = values_of(visits(2))
    before, after = trends_of(values), trends_of(values, *changes)
    assert kinds_of(before) == {*Dimension, OPTED_OUT, BOTS}
    assert kinds_of(after) == kinds_of(before) - gone
    assert all(after[key] == before[key] for key in after), "all else is as it was"


def test_switched_off_nothing_of_it_is_held() -> None:
    world = World(policy_of(OFF))
    world.put(feed(values_of(visits(2)), LATER))
    cells = [partials.cell_key.decode(key) for key in world.run().closed_cells()]
    assert {cell[2] for cell in cells} == {SITE, BOTS}
    assert Dimension.CHOICE not in {cell[4] for cell in cells}


def changed_at(hour: int, seed: int, before: World, *changes: tuple[str, str]) -> World:
    """The same visits; from an hour on the workers have another policy."""
    happened = visits(seed)
    values = values_of(happened)
    cut = sum(visit.hour < hour for visit in happened)
    at = next(n for n, value in enumerate(values) if json.loads(value).get("event_id") == f"e{cut}")
    before.put(feed(values[:at], LATER))
    before.run()
    before.policy = policy_of(("-09-01", "-09-22"), *changes)
    before.restart = lambda step: True  # nobody changes a policy without one
    before.put(feed(values[at:], LATER))
    return before.run()


def days_of(world: World, topic: str, site: str) -> set[str]:
    """The days of which a topic has something of a site or stream, by the hour or as a whole."""
    keys = [json.loads(key) for key in world.trends()[topic]]
    return {key["start"][8:10] for key in keys if key["site"] == site}


def test_switched_on_in_mid_day_it_begins_with_the_next() -> None:
    world = changed_at(9, 3, World(policy_of(OFF)))
    assert days_of(world, "trends.totals", SITE) == {"22", "23"}
    assert days_of(world, "trends.choices", SITE) == {"23"}
    assert days_of(world, "trends.uncounted", OPTED_OUT) == {"23"}
    assert days_of(world, "trends.uncounted", BOTS) == {"22", "23"}


def test_switched_off_in_mid_day_the_stream_ends_and_the_dimension_adds_up_to_the_end() -> None:
    world = changed_at(9, 3, World(), OFF)
    assert days_of(world, "trends.choices", SITE) == {"22"}
    assert days_of(world, "trends.uncounted", OPTED_OUT) == {"22"}
    hours = [json.loads(key) for key in world.trends()["trends.uncounted"]]
    starts = [k["start"] for k in hours if k["site"] == OPTED_OUT and k["window"] == "PT1H"]
    assert starts
    assert max(starts) < "2026-09-22T09"
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for topic, sign in (("trends.totals", -1), ("trends.choices", 1)):
        for trend in map(json.loads, world.trends()[topic].values()):
            if trend["start"] < "2026-09-23":
                sums[trend["window"], trend["start"]] += sign * trend["views"]
    assert set(sums.values()) == {0}


@pytest.mark.parametrize("first", [0, 1], ids=["the day counts them", "the day does not"])
def test_partitions_that_opened_the_day_under_different_policies(first: int) -> None:
    """Who was counted without a choice is inside (other); the log's first policy is the day's.

    How many visitors these are under a choice nobody knows, so others have to join them there.
    """
    world = World(partitions=2)
    crowds = [
        [
            closing(MIDNIGHT),
            *(event(n, ip=f"198.51.{partition}.{n}", dnt="1") for n in range(8)),
            *(event(n, ip=f"198.51.{partition}.{n}", consent=REFUSED) for n in range(20, 23)),
        ]
        for partition in (0, 1)
    ]
    for partition in (first, 1 - first):
        world.policy = policy_of() if partition == 0 else policy_of(OFF)
        world._workers[partition].processor, _ = world._workers[partition]._start()
        world.put(feed([*crowds[partition], closing(MIDNIGHT + 24 * HOUR)], LATER), partition)
        while world.work(partition):
            pass
    trends = {
        (t["window"], t["dimension"], t["value"]): (t["views"], t["complete"])
        for rows in world.run().trends().values()
        for t in map(json.loads, rows.values())
        if t["dimension"] in ("total", "choice")
    }
    assert trends["PT1H", "total", ""] == (16, True)
    choices = {key: told for key, told in trends.items() if key[1] == "choice"}
    assert choices == (
        {}
        if first
        else {
            ("PT1H", "choice", OTHER): (16, True),
            ("P1D", "choice", OTHER): (16, True),
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("batch", [7, 100])
def test_a_restart_at_every_step_changes_nothing(batch: int) -> None:
    values = values_of(visits(4))
    whole, cut = World(), World(batch=batch, restart=lambda step: True)
    for world in (whole, cut):
        world.put(feed(values, LATER))
        world.run()
    assert cut.closed_cells() == whole.closed_cells()
    assert cut.trends() == whole.trends()
    assert whole.trends()["trends.choices"]
    assert whole.trends()["trends.uncounted"]
