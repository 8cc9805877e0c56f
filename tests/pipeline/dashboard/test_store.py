"""The live page's memory: what it says, what it does not claim, and that it stays small."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.dashboard import store as live
from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.schemas.trend import Dimension, Stream, Trend, TrendKey, Window

SITE = "shop.example"
DAY = "2026-11-21"
HOUR: Window = "PT1H"
WHOLE: Window = "P1D"


def feed(
    model: LiveTrends,
    start: str,
    dimension: str,
    value: str,
    views: int,
    *,
    window: Window = HOUR,
    visitors: int = 10,
    complete: bool = True,
    site: str = SITE,
) -> None:
    """One record; `start` is an hour of `DAY`, or a whole start."""
    start = f"{DAY}T{start}:00:00Z" if len(start) == 2 else start
    key = TrendKey(site, window, start, Dimension(dimension), value)
    trend = Trend(
        site, window, start, Dimension(dimension), value, views, visitors, complete, "2026-11-22"
    )
    model.update(msgspec.json.encode(key), msgspec.json.encode(trend))


def remove(model: LiveTrends, start: str, dimension: str, value: str) -> None:
    key = TrendKey(SITE, HOUR, f"{DAY}T{start}:00:00Z", Dimension(dimension), value)
    model.update(msgspec.json.encode(key), None)


def listed(snapshot: dict[str, Any], dimension: str) -> dict[str, Any]:
    [found] = [each for each in snapshot["lists"] if each["dimension"] == dimension]
    assert isinstance(found, dict)
    return found


def rows(snapshot: dict[str, Any], dimension: str) -> dict[str, tuple[int, bool]]:
    return {
        row["value"]: (row["views"], row["at_least"]) for row in listed(snapshot, dimension)["rows"]
    }


@pytest.fixture
def model() -> LiveTrends:
    """Two hours; `/rare` is named in one of them only."""
    made = LiveTrends()
    feed(made, "10", "total", "", 100, visitors=40)
    feed(made, "10", "page", "/", 60)
    feed(made, "10", "page", "/rare", 10)
    feed(made, "10", "page", "(other)", 30)
    feed(made, "11", "total", "", 50, visitors=20)
    feed(made, "11", "page", "/", 35)
    feed(made, "11", "page", "(other)", 15)
    return made


def test_before_anything_is_released_there_is_nothing_to_say() -> None:
    assert LiveTrends().snapshot(meta={"k": 10}) == {
        "sites": [],
        "site": None,
        "policy": None,
        "meta": {"k": 10},
        "days": [],
        "day": None,
        "hours": None,
        "lists": [],
    }


def test_an_open_day_is_told_by_its_released_hours(model: LiveTrends) -> None:
    snapshot = model.snapshot()

    assert snapshot["day"] == {
        "day": DAY,
        "closed": False,
        "views": 150,
        "visitors": None,
        "hours_released": 2,
        "hours_views": 150,
    }
    assert listed(snapshot, "page")["from"] == "hours"
    assert listed(snapshot, "page")["hours"] == 2
    assert snapshot["policy"] == "2026-11-22"


def test_a_value_that_may_be_in_an_hours_other_is_told_as_at_least(model: LiveTrends) -> None:
    assert rows(model.snapshot(), "page") == {"/": (95, False), "/rare": (10, True)}


def test_a_value_missing_where_nothing_is_hidden_is_told_exactly(model: LiveTrends) -> None:
    feed(model, "12", "total", "", 20)
    feed(model, "12", "page", "/rare", 20)

    assert rows(model.snapshot(), "page") == {"/": (95, False), "/rare": (30, True)}


def test_shares_are_of_the_hours_that_tell_of_the_dimension(model: LiveTrends) -> None:
    feed(model, "11", "language", "de", 25)
    feed(model, "11", "language", "(none)", 25)
    snapshot = model.snapshot()

    pages, languages = listed(snapshot, "page"), listed(snapshot, "language")
    assert pages["other"] == {"views": 45, "share": 0.3, "at_least": False}
    assert pages["none"] is pages["more"] is None
    assert languages["views"] == 50
    assert languages["rows"][0]["share"] == 0.5
    assert languages["none"] == {"views": 25, "share": 0.5, "at_least": False}


def test_nothing_released_of_a_dimension_is_said_so(model: LiveTrends) -> None:
    searches = listed(model.snapshot(), "search")

    assert searches["from"] is None
    assert searches["rows"] == []
    assert searches["views"] == 0


def test_visitors_are_never_added_up(model: LiveTrends) -> None:
    snapshot = model.snapshot()

    assert snapshot["day"]["visitors"] is None
    assert all(row["visitors"] is None for row in listed(snapshot, "page")["rows"])
    told = [hour["visitors"] for hour in snapshot["hours"] if hour["views"]]
    assert told == [40, 20]


def test_a_closed_day_is_told_by_its_own_total(model: LiveTrends) -> None:
    feed(model, "00", "total", "", 170, window=WHOLE, visitors=50)
    day = model.snapshot()["day"]

    assert (day["closed"], day["views"], day["visitors"]) == (True, 170, 50)
    assert (day["hours_released"], day["hours_views"]) == (2, 150)


def test_a_days_own_records_come_before_its_hours(model: LiveTrends) -> None:
    feed(model, "00", "total", "", 170, window=WHOLE, visitors=50)
    feed(model, "00", "page", "/", 110, window=WHOLE, visitors=30)
    feed(model, "00", "page", "/rare", 10, window=WHOLE, complete=False)
    feed(model, "00", "page", "(other)", 50, window=WHOLE, visitors=20)
    pages = listed(model.snapshot(), "page")

    assert pages["from"] == "day"
    assert pages["views"] == 170
    assert [(r["value"], r["views"], r["visitors"], r["at_least"]) for r in pages["rows"]] == [
        ("/", 110, 30, False),
        ("/rare", 10, 10, True),
    ]
    assert pages["other"]["views"] == 50


@pytest.mark.parametrize(
    ("hour", "state"),
    [
        pytest.param(9, "nothing", id="closed-without-a-number"),
        pytest.param(10, "released", id="released"),
        pytest.param(12, "open", id="not-over"),
    ],
)
def test_an_hour_is_released_or_withheld_or_open(model: LiveTrends, hour: int, state: str) -> None:
    assert model.snapshot()["hours"][hour]["state"] == state


def test_no_hour_of_a_closed_day_is_open(model: LiveTrends) -> None:
    feed(model, "00", "total", "", 170, window=WHOLE)

    assert {hour["state"] for hour in model.snapshot()["hours"]} == {"released", "nothing"}


def test_another_sites_hour_closes_the_earlier_ones_here_too(model: LiveTrends) -> None:
    feed(model, "15", "total", "", 10, site="other.example")

    states = [hour["state"] for hour in model.snapshot(SITE)["hours"]]
    assert states[12:16] == ["nothing", "nothing", "nothing", "open"]


def test_a_repeated_record_replaces(model: LiveTrends) -> None:
    before = model.snapshot()
    feed(model, "10", "page", "/", 60)
    assert model.snapshot() == before

    feed(model, "10", "page", "/", 61)
    assert rows(model.snapshot(), "page")["/"] == (96, False)


def test_a_record_without_a_value_removes(model: LiveTrends) -> None:
    held = model.held()
    remove(model, "10", "page", "/rare")
    remove(model, "10", "page", "/never-there")
    remove(model, "11", "total", "")

    assert "/rare" not in rows(model.snapshot(), "page")
    assert model.held() == held - 1
    assert model.snapshot()["day"]["hours_released"] == 1


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="not-json"),
        pytest.param(b"\xff", id="not-utf-8"),
        pytest.param(b'{"site":"a"}', id="fields-missing"),
        pytest.param(b'{"site":"\xff"}', id="text-not-utf-8"),
    ],
)
def test_what_is_no_trend_is_ignored(model: LiveTrends, value: bytes) -> None:
    before = model.snapshot()
    model.update(b"", value)

    assert model.snapshot() == before


@pytest.mark.parametrize(
    "start", ["2026-11-21", "2026-11-21T10:30:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:00:00"]
)
def test_a_start_that_is_no_hour_is_ignored(model: LiveTrends, start: str) -> None:
    before, held = model.snapshot(), model.held()
    feed(model, start, "page", "/", 10)

    assert (model.snapshot(), model.held()) == (before, held)


def test_negative_views_are_ignored(model: LiveTrends) -> None:
    feed(model, "10", "page", "/", -1)

    assert rows(model.snapshot(), "page")["/"] == (95, False)


def test_sites_and_days_can_be_chosen_and_default_to_first_and_newest(model: LiveTrends) -> None:
    feed(model, "2026-11-22T00:00:00Z", "total", "", 30)
    feed(model, "09", "total", "", 5, site="b.example")

    assert model.snapshot()["site"] == "b.example"
    assert model.snapshot(SITE)["day"]["day"] == "2026-11-22"
    assert model.snapshot(SITE, DAY)["day"]["views"] == 150
    assert model.snapshot(SITE, "no day")["day"]["day"] == "2026-11-22"
    assert model.snapshot("nowhere")["site"] == "b.example"
    assert [day["day"] for day in model.snapshot(SITE)["days"]] == ["2026-11-22", DAY]


def test_a_list_has_ten_rows_and_tells_how_much_more_is_named() -> None:
    model = LiveTrends()
    feed(model, "10", "total", "", 12 * 20)
    for number in range(12):
        feed(model, "10", "page", f"/{number:02}", 20)
    pages = listed(model.snapshot(), "page")

    assert [row["value"] for row in pages["rows"]] == [f"/{n:02}" for n in range(10)]
    assert pages["more"] == {"views": 40, "share": 0.1667, "at_least": False}


def test_values_beyond_the_bound_are_counted_as_more_and_make_sums_at_least() -> None:
    model = LiveTrends()
    count = 5 * live.VALUES
    for number in range(count):
        feed(model, "10", "page", f"/{number}", 1000 + number)
    feed(model, "10", "total", "", total := sum(1000 + number for number in range(count)))
    feed(model, "11", "total", "", 10)
    feed(model, "11", "page", "/0", 10)
    snapshot = model.snapshot()
    pages = listed(snapshot, "page")

    assert model.held() <= 2 * live.VALUES + 1
    assert pages["rows"][0]["value"] == f"/{count - 1}"
    assert pages["rows"][0]["at_least"] is False  # it is told wherever something is left out
    assert sum(row["views"] for row in pages["rows"]) + pages["more"]["views"] == total + 10


def test_a_sum_that_lacks_an_hour_which_was_cut_is_at_least() -> None:
    model = LiveTrends()
    for number in range(3 * live.VALUES):
        feed(model, "10", "page", f"/{number}", 10 + number)
    feed(model, "10", "total", "", 1_000_000)
    feed(model, "11", "total", "", 5000)
    feed(model, "11", "page", "/0", 5000)

    assert rows(model.snapshot(), "page")["/0"] == (5000, True)


def test_a_value_too_long_to_show_is_left_out_and_counted_as_more() -> None:
    model = LiveTrends()
    feed(model, "10", "total", "", 30)
    feed(model, "10", "page", "/short", 10)
    feed(model, "10", "page", "/" + "x" * 5000, 20)
    pages = listed(model.snapshot(), "page")

    assert [row["value"] for row in pages["rows"]] == ["/short"]
    assert pages["more"]["views"] == 20


def test_only_the_newest_days_are_kept_and_fewer_of_them_with_hours() -> None:
    model = LiveTrends()
    for month in (10, 11):
        for number in range(1, 31):
            date = f"2026-{month}-{number:02}"
            feed(model, f"{date}T10:00:00Z", "total", "", 10)
            feed(model, f"{date}T10:00:00Z", "page", "/", 10)
            feed(model, f"{date}T00:00:00Z", "total", "", 10, window=WHOLE)
    feed(model, "2026-01-01T00:00:00Z", "total", "", 10, window=WHOLE)
    feed(model, "2026-11-05T10:00:00Z", "page", "/", 10)
    snapshot = model.snapshot(day="2026-11-05")

    assert len(snapshot["days"]) == live.DAYS
    assert snapshot["days"][-1]["day"] == "2026-10-30"
    assert snapshot["day"]["views"] == 10
    assert snapshot["day"]["hours_released"] is None
    assert snapshot["hours"] is None
    assert listed(snapshot, "page")["from"] is None
    assert model.held() == live.DAYS_WITH_HOURS


def test_only_so_many_sites_are_kept_those_with_the_newest_trends() -> None:
    model = LiveTrends()
    feed(model, "10", "page", "/", 10, site="stale.example")
    for number in range(live.SITES + 3):
        feed(model, "2026-11-22T10:00:00Z", "page", "/", 10, site=f"{number:02}.example")

    sites = model.snapshot()["sites"]
    assert len(sites) == live.SITES
    assert "stale.example" not in sites
    assert model.held() == live.SITES


def test_streams_take_no_sites_place_and_each_shows_what_it_has() -> None:
    model = LiveTrends()
    for number in range(live.SITES):
        site = f"{number:02}.example"
        feed(model, "10", "total", "", 100, site=site)
        feed(model, "10", "choice", "DNT", 20, site=site)
        feed(model, "10", "total", "", 30, site=f"{site} (bots)")
        feed(model, "10", "total", "", 40, site=f"{site} (opted out)")
        feed(model, "10", "choice", "refused", 40, site=f"{site} (opted out)")

    assert len(model.snapshot()["sites"]) == 3 * live.SITES
    assert model.snapshot()["site"] == "00.example"
    own, bots, opted_out = (
        model.snapshot(f"00.example{stream}") for stream in ("", " (bots)", " (opted out)")
    )
    assert (own["day"]["views"], bots["day"]["views"], opted_out["day"]["views"]) == (100, 30, 40)
    assert rows(own, "choice").keys() == {"DNT"}
    assert bots["lists"] == []
    assert [each["dimension"] for each in opted_out["lists"]] == ["choice"]
    assert rows(opted_out, "choice").keys() == {"refused"}


def test_a_stream_has_no_page() -> None:
    model = LiveTrends()
    feed(model, "10", "page", "/", 10, site=f"{SITE} (opted out)")
    assert model.snapshot()["sites"] == []


def test_where_choices_are_not_counted_nothing_is_said_of_them() -> None:
    model = LiveTrends()
    feed(model, "10", "total", "", 100)
    assert "choice" not in {each["dimension"] for each in model.snapshot()["lists"]}


def test_with_the_fewest_values_everything_fits() -> None:
    windows = live.SITES * (live.DAYS + 24 * live.DAYS_WITH_HOURS)
    per_dimension = 2 * live.MIN_VALUES + 2
    of_sites = windows * (len(Dimension) - 1) * per_dimension
    of_streams = windows * len(Stream) * per_dimension

    assert of_sites + of_streams <= live.HELD


def test_when_memory_is_full_every_window_keeps_fewer_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "HELD", 2000)
    model = LiveTrends()
    for hour in range(24):
        feed(model, f"{hour:02}", "total", "", 100_000)
        for number in range(live.VALUES):
            feed(model, f"{hour:02}", "page", f"/{number}", 100 + number)
        assert model.held() <= 2000
    snapshot = model.snapshot()

    assert snapshot["day"]["hours_released"] == 24
    assert rows(snapshot, "page")[f"/{live.VALUES - 1}"][0] == 24 * (99 + live.VALUES)


RECORD = st.tuples(
    st.sampled_from(["a.example", "b.example"]),
    st.sampled_from([HOUR, WHOLE]),
    st.integers(1, 6),
    st.integers(0, 23),
    st.sampled_from(list(Dimension)),
    st.sampled_from(["/", "/a", "/b", "(other)", "(none)"]),
    st.integers(0, 50),
    st.booleans(),
)


@settings(derandomize=True, max_examples=60)
@given(st.lists(RECORD, max_size=60))
def test_whatever_arrives_the_count_of_what_is_held_is_right_and_the_hours_make_the_day(
    records: list[tuple[str, Window, int, int, Dimension, str, int, bool]],
) -> None:
    model = LiveTrends()
    for site, window, day, hour, dimension, value, views, gone in records:
        start = f"2026-11-{day:02}T{hour if window == HOUR else 0:02}:00:00Z"
        if gone:
            key = TrendKey(site, window, start, dimension, value)
            model.update(msgspec.json.encode(key), None)
        else:
            feed(model, start, dimension, value, views, window=window, site=site)

    held = sum(
        window.held()
        for site in model._sites.values()
        for each in site.days.values()
        for window in (each.whole, *(each.hours or {}).values())
    )
    assert model.held() == held
    for name in model.snapshot()["sites"]:
        snapshot = model.snapshot(name)
        hours = snapshot["hours"] or []
        told = sum(hour["views"] or 0 for hour in hours)
        assert snapshot["day"] is None or not hours or told == snapshot["day"]["hours_views"]
