"""What is told of a span: totals, series and lists, of days that are told, withheld and open."""

from typing import Any

import pytest

from quietclicks.pipeline.clock import HOURS_PER_DAY, day_text
from quietclicks.pipeline.dashboard import answers
from quietclicks.pipeline.dashboard.answers import Missing, Thresholds
from quietclicks.pipeline.dashboard.ask import Refused, asked
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Stream, stream_name
from tests.known import InMemory

SITE = "shop.example"
FIRST = 20_089  # 2025-01-01
TOLD, WITHHELD, OPEN = FIRST, FIRST + 1, FIRST + 2
THRESHOLDS = Thresholds(10, {Dimension.SEARCH: 20})


def window(is_day: bool, hour: int, pages: dict[str, tuple[int, bool]]) -> dict[Key, Numbers]:
    total = Key(SITE, is_day, hour, "total", "")
    views = sum(views for views, _ in pages.values())
    return {
        total: Numbers(views, 30, True),
        **{
            total._replace(dimension="page", value=page): Numbers(views, 20, complete)
            for page, (views, complete) in pages.items()
        },
    }


ENTRIES = {
    **window(
        True, TOLD * 24, {"/a": (50, False), "/b": (40, True), NONE: (5, True), OTHER: (15, True)}
    ),
    **window(False, TOLD * 24 + 9, {"/a": (30, True)}),
    **window(False, OPEN * 24, {"/a": (12, True), OTHER: (11, True)}),
    **window(False, OPEN * 24 + 2, {"/b": (20, True)}),
    Key(SITE, True, TOLD * 24, "search", "red shoes"): Numbers(25, 20, True),
    Key(SITE, True, TOLD * 24, "search", NONE): Numbers(85, 30, False),
    Key(stream_name(SITE, Stream.OPTED_OUT), True, TOLD * 24, "total", ""): Numbers(20, 10, True),
    Key(stream_name(SITE, Stream.OPTED_OUT), True, TOLD * 24, "choice", "GPC"): Numbers(
        20, 10, True
    ),
    Key(stream_name(SITE, Stream.BOTS), True, TOLD * 24, "total", ""): Numbers(12, 10, True),
}
KNOWN = InMemory(ENTRIES)


def span(first: int, last: int, **more: str) -> dict[str, str]:
    return {"site": SITE, "from": day_text(first), "to": day_text(last), **more}


def told(query: dict[str, str]) -> dict[str, Any]:
    return answers.trends(KNOWN, asked(query), THRESHOLDS)


def the_list(found: dict[str, Any], dimension: str) -> dict[str, Any]:
    [listed] = [each for each in found["lists"] if each["dimension"] == dimension]
    assert isinstance(listed, dict)
    return listed


def test_sites_are_those_of_which_something_is_told() -> None:
    assert answers.sites(KNOWN) == [{"name": SITE, "first": "2025-01-01", "last": "2025-01-03"}]


def test_the_newest_day_is_that_of_its_hours() -> None:
    found = told({"by": "hour"})
    assert (found["from"], found["to"]) == ("2025-01-03", "2025-01-03")
    assert found["totals"] == {
        "views": 43,
        "visitors": None,
        "days": 1,
        "days_told": 0,
        "hours_withheld": 1,
        "at_least": True,
    }
    states = [point["state"] for point in found["series"]]
    assert states == ["released", "nothing", "released", *["open"] * 21]
    pages = the_list(found, "page")
    assert (pages["from"], pages["views"]) == ("hours", 43)
    assert [(row["value"], row["views"], row["at_most"]) for row in pages["rows"]] == [
        ("/b", 20, 31),
        ("/a", 12, 12),
    ]
    assert all(row["at_least"] for row in pages["rows"]), "the day is not over"
    assert not any(each["dimension"] == "search" for each in found["lists"])


def test_a_day_that_is_over_has_its_own_numbers() -> None:
    found = told(span(TOLD, TOLD))
    assert found["totals"]["views"] == 110
    assert found["totals"]["visitors"] == 30
    assert found["totals"]["at_least"] is False
    pages = the_list(found, "page")
    assert (pages["from"], pages["views"], pages["threshold"]) == ("days", 110, 10)
    assert pages["rows"][0] == {
        "value": "/a",
        "views": 50,
        "at_most": 65,
        "share": 0.4545,
        "at_least": True,
        "visitors": 20,
        "before": None,
    }
    assert pages["none"] == {"views": 5, "share": 0.0455, "at_least": False}
    assert pages["other"] == {"views": 15, "share": 0.1364, "at_least": False}
    assert (pages["more"], pages["values"]) == (None, 2)
    assert the_list(found, "search")["threshold"] == 20


def test_days_and_hours_are_never_added_to_each_other() -> None:
    found = told(span(TOLD, OPEN, compare="previous"))
    assert [(p["views"], p["visitors"], p["state"]) for p in found["series"]] == [
        (110, 30, "released"),
        (None, None, "nothing"),
        (43, None, "partial"),
    ]
    assert found["totals"]["views"] == 153
    assert found["totals"]["visitors"] is None
    assert found["totals"]["days_told"] == 1
    assert found["before"]["views"] == 0
    assert found["before"]["hours_withheld"] is None
    assert [point["state"] for point in found["before_series"]] == ["nothing"] * 3
    assert the_list(found, "page")["rows"][0]["visitors"] is None


def test_what_was_told_before_stands_beside_it() -> None:
    found = told(span(OPEN, OPEN, compare="previous"))
    assert found["before"]["from"] == found["before"]["to"] == "2025-01-02"
    assert {row["before"] for row in the_list(found, "page")["rows"]} == {None}
    found = told(span(WITHHELD + 1, OPEN + 1, compare="previous"))
    assert found["before"]["views"] == 110
    rows = the_list(found, "page")["rows"]
    assert {row["value"]: row["before"] for row in rows} == {"/a": 50, "/b": 40}


def test_a_month_says_whether_it_is_whole() -> None:
    day = {
        key: numbers
        for n in range(31)
        for key, numbers in window(True, (FIRST + n) * HOURS_PER_DAY, {"/a": (10, True)}).items()
    }
    known = InMemory(day)
    query = span(FIRST - 1, FIRST + 31, by="month")
    found = answers.trends(known, asked(query), THRESHOLDS)["series"]
    assert [(p["start"][:7], p["views"], p["state"]) for p in found] == [
        ("2024-12", None, "open"),
        ("2025-01", 310, "released"),
        ("2025-02", None, "open"),
    ]
    [cut] = answers.trends(known, asked(span(FIRST, FIRST + 29, by="month")), THRESHOLDS)["series"]
    assert (cut["views"], cut["visitors"], cut["state"]) == (300, None, "partial")
    past = answers.trends(KNOWN, asked(span(FIRST - 31, FIRST - 1, by="month")), THRESHOLDS)
    assert [point["state"] for point in past["series"]] == ["nothing"]


def test_hours_are_not_looked_at_over_a_long_span() -> None:
    assert told(span(FIRST - 60, OPEN))["totals"]["hours_withheld"] is None
    assert told(span(TOLD, TOLD))["totals"]["hours_withheld"] == 23


def listed(**more: str) -> dict[str, Any]:
    return answers.one_list(KNOWN, asked(span(TOLD, OPEN, **more)), THRESHOLDS)


def test_a_list_has_pages_and_can_be_searched() -> None:
    second = listed(dimension="page", size="1", page="2", compare="previous")
    assert [row["value"] for row in second["rows"]] == ["/b"]
    assert (second["page"], second["pages"], second["found"], second["values"]) == (2, 2, 2, 2)
    assert second["more"]["views"] == 62
    one = listed(dimension="page", search="A")
    assert [row["value"] for row in one["rows"]] == ["/a"]
    assert (one["found"], one["values"], one["pages"]) == (1, 2, 1)


def test_of_a_dimension_without_numbers_the_list_is_empty() -> None:
    none = listed(dimension="country", compare="previous")
    assert (none["from"], none["rows"], none["views"], none["pages"]) == (None, [], 0, 1)
    assert (none["none"], none["other"], none["more"]) == (None, None, None)


def test_who_is_not_counted_is_told_apart() -> None:
    out = told(span(TOLD, TOLD))["uncounted"]
    assert out["opted_out"]["views"] == 20
    assert [row["value"] for row in out["opted_out"]["choices"]["rows"]] == ["GPC"]
    assert out["bots"] == {"views": 12}
    assert told(span(OPEN, OPEN))["uncounted"] == {
        "opted_out": {"views": None, "choices": None},
        "bots": {"views": None},
    }


def test_what_is_not_there_is_told_so() -> None:
    for site in ("other.example", stream_name(SITE, Stream.BOTS)):
        with pytest.raises(Missing, match="no such site"):
            told({"site": site})
    with pytest.raises(Missing):
        answers.trends(InMemory({}), asked({}), THRESHOLDS)
    with pytest.raises(Refused, match="which dimension"):
        listed()
