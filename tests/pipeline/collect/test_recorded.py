"""What real trackers sent from a real browser, line by line: how many views, and of which pages.

The recordings lie beside the project, not in it; without them this is skipped.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from quietclicks.pipeline.collect.formats import FORMATS
from quietclicks.pipeline.collect.view import Hit, Ignored, View
from tests.collect_tools import crowd, records, shipped, views
from tests.paths import SHARED
from tests.pipeline.collect.test_trackers_page import PAGE, TABLE
from tests.pipeline_tools import FIREFOX

RECORDED = SHARED / "data" / "trackers"
NAMES = ("goatcounter", "matomo", "plausible", "plausible-classic", "plausible-tracker", "umami")
ORIGINS = {"": "http://shop.example:8080", ".https": "https://shop.example"}
NEWS = {"": "http://news.example:8080/", ".https": "https://news.example/"}

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="needs the recorded requests of trackers, beside the project"
)

Line = dict[str, Any]


@cache
def lines(name: str, scheme: str) -> tuple[Line, ...]:
    """Requests, without preflights."""
    text = Path(RECORDED / f"{name}{scheme}.ndjson").read_text("utf-8")
    every = [json.loads(line) for line in text.splitlines()]
    return tuple(each for each in every if each["method"] != "OPTIONS")


def found(line: Line) -> list[View | Ignored]:
    sent = hit(line)
    if sent.path not in FORMATS:
        return []
    assert sent.method in FORMATS[sent.path].methods
    return list(FORMATS[sent.path].read(sent))


def hit(line: Line) -> Hit:
    """As it arrives at the collector, but of no headless browser."""
    path, _, query = line["path"].partition("?")
    headers = {**line["headers"], "user-agent": FIREFOX}
    body = line["body"].encode()
    return Hit(method=line["method"], path=path, query=query, headers=headers, body=body)


FIRST = ["/"]
TWO = ["/", "/shoes from /"]
STEP = "/spa/step-2?tab=1"
NEWSLETTER = "/search?utm_source=newsletter"
CAMPAIGN = f"{NEWSLETTER}&utm_medium=email&utm_campaign=spring%20sale&q=red+shoes"
SIZES = "/produkte/gr%C3%B6%C3%9Fe-42/%E6%97%A5%E6%9C%AC%E8%AA%9E?farbe=gr%C3%BCn"
# What each scenario shows, as a person at the browser would count it, by most of the trackers.
SHOWN = {
    "first_view_external_referrer": ["/ from NEWS"],
    "second_view_same_site": TWO,
    "query_utm_and_search": [f"{NEWSLETTER}&q=red+shoes"],
    "query_utm_external_referrer": [f"{CAMPAIGN} from NEWS"],
    "reload": ["/", "/"],
    "back_forward_bfcache": TWO,
    "back_forward_no_bfcache": TWO * 2,
    "non_ascii_path_and_title": [SIZES],
    "prefetch_then_visited": TWO,
    "prerender_then_activated": TWO,
    "canonical_link": ["/shoes?ref=abc"],
}
PLAUSIBLE = {
    "spa_push_state": ["/", STEP, "/"],
    "back_forward_bfcache": TWO * 2,
    "hash_change_hash_routing_on": ["/#/home", "/#/details"],
}
INTERNAL_IS_DIRECT = ["/", "/shoes"]  # to Umami
# Where a tracker counts otherwise.
OTHERWISE: dict[str, dict[str, list[str]]] = {
    "goatcounter": {
        "webdriver_true": [],
        "nojs_pixel": ["/nojs-page"],
        "canonical_link": ["/canonical-shoes?ref=abc"],
        "spa_push_state_manual_count": ["/", STEP],
    },
    "matomo": {
        "query_utm_external_referrer": [f"{CAMPAIGN.replace('%20', ' ')} from NEWS"],
        "non_ascii_path_and_title": ["/produkte/größe-42/日本語?farbe=grün"],
        "prerender_then_activated": FIRST,
        "nojs_pixel": ["/nojs-page"],
        "site_search": ["/search?q=red+shoes for red shoes"],
        "site_search_non_ascii_no_count": ["/search for größe 42 靴"],
        "spa_push_state_documented_code": ["/", f"{STEP} from /"],
        "heartbeat_timer": TWO,
        "bulk_queue_request": ["/", "/queued-1", "/queued-2"],
        "bulk_api_documented": ["/", "/search?q=red+shoes for red shoes"],
    },
    "plausible": PLAUSIBLE,
    "plausible-classic": PLAUSIBLE,
    "plausible-tracker": {
        "spa_push_state": ["/", STEP, "/"],
        "hash_change": ["/", "/#details"],
        "hash_change_hash_routing_on": ["/#/home", "/#/details", "/#/details"],
        "prerender_then_activated": FIRST,
    },
    "umami": {
        "second_view_same_site": INTERNAL_IS_DIRECT,
        "spa_push_state": ["/", f"{STEP} from /"],
        "spa_push_state_cache_token": ["/", f"{STEP} from /"],
        "spa_replace_state": ["/", "/spa/replaced from /"],
        "back_forward_bfcache": INTERNAL_IS_DIRECT,
        "back_forward_no_bfcache": INTERNAL_IS_DIRECT * 2,
        "prefetch_then_visited": INTERNAL_IS_DIRECT,
        "prerender_then_activated": FIRST,
        "nojs_pixel": [],  # of a path of its own
        "performance_option_on": INTERNAL_IS_DIRECT,
    },
}
IGNORED = {
    "goatcounter": {"other_event": 1, "automated": 1},
    "matomo": {"other_event": 6, "prerendered": 2},
    "plausible": {"other_event": 43},
    "plausible-classic": {"other_event": 35},
    "plausible-tracker": {"other_event": 1, "prerendered": 2},
    "umami": {"other_event": 4, "prerendered": 2},
}


def told(view: View, scheme: str) -> str:
    """A view as the tables above have it."""

    def short(url: str) -> str:
        # Matomo's `setCustomUrl` drops the port, and one request was written by hand.
        for origin in (ORIGINS[scheme], "http://shop.example", "https://shop.example"):
            if url.startswith(origin + "/"):
                return url.removeprefix(origin)
        return url.replace(NEWS[scheme], "NEWS")

    source = f" from {short(view.referrer)}" if view.referrer else ""
    return short(view.url) + source + (f" for {view.search_terms}" if view.search_terms else "")


@pytest.mark.parametrize("scheme", ORIGINS)
@pytest.mark.parametrize("name", NAMES)
def test_each_scenario_is_counted_as_the_table_says(name: str, scheme: str) -> None:
    views: dict[str, list[str]] = {each["scenario"]: [] for each in lines(name, scheme)}
    for line in lines(name, scheme):
        views[line["scenario"]] += [
            told(each, scheme) for each in found(line) if isinstance(each, View)
        ]
    expected = {each: (SHOWN | OTHERWISE[name]).get(each, FIRST) for each in views}
    # A page and one that was made ahead send in either order.
    assert {each: sorted(seen) for each, seen in views.items()} == {
        each: sorted(wanted) for each, wanted in expected.items()
    }


@pytest.mark.parametrize("scheme", ORIGINS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_view_has_its_reason(name: str, scheme: str) -> None:
    every = [each for line in lines(name, scheme) for each in found(line)]
    assert Counter(each for each in every if isinstance(each, Ignored)) == IGNORED[name]


def names_in(line: Line) -> set[str]:
    """Of all that a request says: of its query, of its body, and one level below."""
    query, body = line["path"].partition("?")[2], line["body"]
    said: Line = json.loads(body) if body.startswith("{") else {}
    queries = [query, *said.get("requests", ())] if said else [query, body]
    names = {name for each in queries for name, _ in parse_qsl(each.lstrip("?"), True)}
    return {*names, *said, *said.get("payload", {})}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_lists_every_name_that_was_sent(name: str) -> None:
    listed = {each.lower(): set().union(*cells) for each, cells in TABLE.items()}
    every = {each for scheme in ORIGINS for line in lines(name, scheme) for each in names_in(line)}
    assert every <= listed[name.partition("-")[0]]


@pytest.mark.parametrize("scheme", ORIGINS)
@pytest.mark.parametrize("name", NAMES)
def test_every_view_is_of_the_site(name: str, scheme: str) -> None:
    every = [line for line in lines(name, scheme) if hit(line).path in FORMATS]
    expected = sum(isinstance(each, View) for line in every for each in found(line))
    sent = [(hit(line), "198.51.100.7") for line in every]
    assert len(records(shipped("vouched"), sent)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_its_page_view_ends_in_trends(name: str) -> None:
    scenario = "first_view_direct_no_referrer"
    line = next(each for each in lines(name, ".https") if each["scenario"] == scenario)
    policy = shipped("vouched")
    written = records(policy, crowd(hit(line), policy.release.k))
    assert views(policy, written) == {"/": policy.release.k}
    assert views(policy, written[1:]) == {}


# Of each row of the page's last table: a scenario, and how many views it has if it counts.
COUNTS = {
    "back to a page that the browser kept whole (bfcache)": ("back_forward_bfcache", 4),
    "`pushState`": ("spa_push_state", 2),
    "going back within an application": ("spa_push_state", 3),
    "`replaceState`": ("spa_replace_state", 2),
    "a change behind `#`": ("hash_change", 2),
    "a page made ahead that is then opened": ("prerender_then_activated", 2),
    "a page made ahead for nobody": ("prerender_not_activated", 2),
    "a browser that a program drives": ("webdriver_true", 1),
}
COLUMNS = ("plausible", "plausible-tracker", "matomo", "umami", "goatcounter")
CELLS = {"counts": True, "no": False, "**no**": False, "sends nothing": False}


@pytest.mark.parametrize("scheme", ORIGINS)
def test_the_page_says_what_is_counted_otherwise(scheme: str) -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines()]
    said = {row[0]: row[2:] for row in rows if row[0] in COUNTS}
    assert said.keys() == COUNTS.keys()
    for row, (scenario, number) in COUNTS.items():
        for name, cell in zip(COLUMNS, said[row], strict=True):
            every = [line for line in lines(name, scheme) if line["scenario"] == scenario]
            seen = sum(isinstance(each, View) for line in every for each in found(line))
            assert (seen >= number) is CELLS.get(cell, False), (row, name)
