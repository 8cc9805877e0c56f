"""What is withheld of a day is told once, of days whose windows the log has, and of no other."""

from datetime import UTC, datetime, timedelta

from quietclicks.pipeline.evidence.entries import Entry, encode
from quietclicks.pipeline.evidence.kinds import Body, WindowReleased
from quietclicks.pipeline.evidence.told import named
from quietclicks.pipeline.evidence.tree import FIRST_PREV
from quietclicks.pipeline.evidence.withholdings import Withholdings

DAY = 20_780
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def window(day: int) -> WindowReleased:
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return WindowReleased(window="P1D", start=start, records=0, hash="0" * 64, later={})


def told(entries: list[Body], seen: dict[int, int]) -> list[Body]:
    known = Withholdings()
    for each in entries:
        known.add(each)
    return [body for body, at in known.missing(seen, NOW) if at == NOW]


def days(bodies: list[Body]) -> list[tuple[object, int]]:
    return [(each.day, each.views_about) for each in bodies]  # type: ignore[union-attr]


def test_each_day_once_and_none_is_a_number_too() -> None:
    entries: list[Body] = [window(DAY), window(DAY + 1)]
    first = told(entries, {DAY - 1: 50, DAY: 40, DAY + 1: 0, DAY + 2: 10})
    assert days(first) == [(named(DAY), 40), (named(DAY + 1), 0)]
    assert told([*entries, *first], {DAY: 40, DAY + 1: 0, DAY + 2: 10}) == []
    more = told([*entries, *first, window(DAY + 2)], {DAY + 1: 0, DAY + 2: 10})
    assert days(more) == [(named(DAY + 2), 10)]


def test_without_windows_nothing_is_told() -> None:
    assert told([], {DAY: 40}) == []


def test_it_is_an_entry() -> None:
    [body] = told([window(DAY)], {DAY: 40})
    data = encode(Entry(0, FIRST_PREV, NOW, "0.1.0", body))
    assert b'"nearest":10,"views_about":40' in data
