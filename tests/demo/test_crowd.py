"""The crowd: enough others on each of the shop's pages, and nobody who exists."""

from collections import defaultdict
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

import pytest

from quietclicks.demo.crowd import crowd
from quietclicks.demo.site import ALONE, PAGES, SEARCH, html_of
from quietclicks.pipeline.policy import parse
from tests.paths import ROOT

ORIGIN = "http://127.0.0.1:8000"
POLICY = parse((ROOT / "deploy" / "policy.toml").read_text(), "policy.toml")
NOBODY = ip_network("198.18.0.0/15")


@pytest.mark.parametrize("hour", [0, 480_000, 480_001])
def test_more_than_the_threshold_on_each_page(hour: int) -> None:
    people: dict[str, set[tuple[str, str]]] = defaultdict(set)
    views: dict[tuple[str, str], int] = defaultdict(int)
    for visit in crowd(1, hour, ORIGIN):
        assert ip_address(visit.headers["X-Forwarded-For"]) in NOBODY
        who = visit.headers["X-Forwarded-For"], visit.headers["User-Agent"]
        views[who] += 1
        if visit.body["consent"]["analytics"] and "bot" not in who[1].lower():
            people[urlsplit(visit.body["url"]).path].add(who)
    release = POLICY.release
    assert all(len(people[path]) > release.k for path in PAGES)
    assert len(people[SEARCH]) >= max(release.k_dimension.values())
    rare = [path for path in people if path not in PAGES and path != SEARCH]
    assert len(rare) >= release.k, "(other) must hold enough for one more"
    assert ALONE not in people
    assert max(views.values()) <= release.cap_hour, "or some of their views would not count"


def test_the_same_crowd_each_time_and_another_each_hour() -> None:
    assert crowd(1, 7, ORIGIN) == crowd(1, 7, ORIGIN)
    assert crowd(1, 7, ORIGIN) != crowd(1, 8, ORIGIN)
    assert [each.after for each in crowd(1, 7, ORIGIN)] == sorted(
        each.after for each in crowd(1, 7, ORIGIN)
    )


def test_what_is_typed_is_escaped() -> None:
    typed = "<script>alert(1)</script>"
    html = html_of(SEARCH, typed, "http://127.0.0.1:1/", "http://127.0.0.1:2/")
    assert html is not None
    assert typed not in html
    assert html_of("/nowhere", "", "", "") is None
