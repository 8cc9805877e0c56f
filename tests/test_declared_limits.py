"""What docs/threat-model.md declares as a limit, shown: where one of these fails, a limit is gone.

Each is an attack that works, on the smallest data that shows it. That it works is no defect to be
mended here, but the page, the statement and the README must say so; where it no longer works, they
say too little of what is kept.
"""

from collections.abc import Iterable, Mapping

import msgspec

from quietclicks.pipeline.attack.board import Event
from quietclicks.pipeline.dry_run.offline import Offline
from quietclicks.schemas import topics
from quietclicks.schemas.trend import Dimension, Trend
from tests.bench.release_days import cells_of, params_for, released, start_of
from tests.pipeline_tools import FIREFOX, HOUR, MIDNIGHT, closing, country, day_key, event, policy

K = 10
D = Dimension
Values = Mapping[Dimension, str]


def hour_of(*groups: tuple[int, Values]) -> dict[tuple[Dimension, str], int]:
    """So many visitors with these values each, one view each → what the hour publishes."""
    rows = [values for number, values in groups for _ in range(number)]
    events = [Event(start_of(9), visitor, values) for visitor, values in enumerate(rows)]
    trends = released(cells_of(events), params_for(K))
    return {
        (trend.dimension, trend.value): trend.views for trend in trends if trend.window == "PT1H"
    }


def test_with_fake_visitors_the_rest_of_a_crowd_can_be_counted() -> None:
    """Nine fakes and one person: who made the nine knows that it is one."""
    fakes = K - 1
    views = hour_of((fakes, {D.PAGE: "/a"}), (1, {D.PAGE: "/a"}), (40, {D.PAGE: "/"}))
    assert views[D.PAGE, "/a"] - fakes == 1
    without = hour_of((1, {D.PAGE: "/a"}), (40, {D.PAGE: "/"}))
    assert (D.PAGE, "/a") not in without


def test_who_knows_some_of_the_events_takes_them_off() -> None:
    """Nine of twelve agreed to events, which analysts read; the three others are left."""
    known = 9
    views = hour_of((known, {D.PAGE: "/a"}), (3, {D.PAGE: "/a"}), (40, {D.PAGE: "/"}))
    assert views[D.PAGE, "/a"] - known == 3


def test_what_a_crowd_has_in_common_is_said_of_each_of_them() -> None:
    """All who came in the hour looked at one page: so did the one who is known to have come."""
    views = hour_of((K, {D.PAGE: "/quitting"}))
    assert views[D.PAGE, "/quitting"] == views[D.TOTAL, ""]


def test_a_browser_that_always_objects_tells_of_the_others() -> None:
    """All of one browser's visitors send a signal: what is left of the signal are the others."""
    views = hour_of(
        (12, {D.BROWSER: "Brave · desktop", D.CHOICE: "GPC"}),
        (3, {D.BROWSER: "Firefox · desktop", D.CHOICE: "GPC"}),
        (40, {D.BROWSER: "Firefox · desktop", D.CHOICE: "(none)"}),
    )
    assert views[D.CHOICE, "GPC"] - views[D.BROWSER, "Brave · desktop"] == 3


def test_a_source_whose_links_lead_to_one_page_tells_who_came_in_another_way() -> None:
    """All who come from there land on one page that nothing else links to, but for two."""
    views = hour_of(
        (14, {D.PAGE: "/offer", D.SOURCE: "campaign"}),
        (2, {D.PAGE: "/offer", D.SOURCE: "(none)"}),
        (40, {D.PAGE: "/", D.SOURCE: "(none)"}),
    )
    assert views[D.PAGE, "/offer"] - views[D.SOURCE, "campaign"] == 2


def test_a_language_and_its_country_tell_of_who_speaks_it_elsewhere() -> None:
    """All of a country speak one language: what is left of the language is spoken elsewhere."""
    views = hour_of(
        (20, {D.LANGUAGE: "pl", D.COUNTRY: "PL"}),
        (1, {D.LANGUAGE: "pl", D.COUNTRY: "GB"}),
        (40, {D.LANGUAGE: "en", D.COUNTRY: "GB"}),
    )
    assert views[D.LANGUAGE, "pl"] - views[D.COUNTRY, "PL"] == 1


def test_browsers_on_one_address_are_visitors_each() -> None:
    """What fakes cost: a user agent each. The same one five times is one visitor."""
    agents = [f"{FIREFOX}{number}" for number in range(5)]  # the policy's k
    assert ("page", "/rare") in published(agents)
    assert ("page", "/rare") not in published([FIREFOX] * 5)


def published(agents: Iterable[str]) -> set[tuple[str, str]]:
    """One address, with these user agents, on /rare, in an hour of twenty others on /."""
    values = [closing(MIDNIGHT)]
    values += [event(number, url="https://shop.example/") for number in range(20)]
    values += [
        event(
            100 + number,
            url="https://shop.example/rare",
            ip="8.8.8.8",
            user_agent=agent,
        )
        for number, agent in enumerate(agents)
    ]
    values.append(closing(MIDNIGHT + HOUR))
    offline = Offline(policy(), country, day_key)
    trends = [
        msgspec.json.decode(record.value, type=Trend)
        for record in offline.run((value, MIDNIGHT + 2 * HOUR) for value in values)
        if record.topic in topics.PUBLISHED and record.value
    ]
    return {(trend.dimension.value, trend.value) for trend in trends}
