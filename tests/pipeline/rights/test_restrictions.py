"""The list: who is on it, up to when, and that it tells nobody else anything."""

import pytest

from quietclicks.pipeline.rights.restrictions import (
    Restrictions,
    UnreadableEntry,
    erased_key,
    until_value,
)
from tests.pipeline.rights.desk import LIST_KEY
from tests.pipeline_tools import DAY, FIREFOX, SITE, Rec

ADDRESS = "198.51.100.7"


def listed() -> Restrictions:
    made = Restrictions()
    made.use(LIST_KEY)
    return made


def take(made: Restrictions, key: bytes, value: bytes | None) -> None:
    made.take(Rec(made.offset, 0, key, value))


def covers(made: Restrictions, day: int, address: str = ADDRESS, agent: str = FIREFOX) -> bool:
    entry = made.entry(SITE, address, agent)
    return entry is not None and entry.covers(day)


def test_it_holds_up_to_its_day() -> None:
    made = listed()
    take(made, made.name(SITE, ADDRESS, FIREFOX), until_value(DAY))
    assert [covers(made, DAY + each) for each in (-1, 0, 1)] == [True, True, False]


@pytest.mark.parametrize(
    ("site", "address", "agent"),
    [
        ("blog.example", ADDRESS, FIREFOX),
        (SITE, "198.51.100.8", FIREFOX),
        (SITE, ADDRESS, "Another"),
        (SITE, ADDRESS, None),
    ],
)
def test_it_is_of_this_site_address_and_browser_alone(
    site: str, address: str, agent: str | None
) -> None:
    made = listed()
    take(made, made.name(SITE, ADDRESS, FIREFOX), until_value(DAY))
    assert made.entry(site, address, agent) is None


def test_an_address_is_the_same_however_it_is_written() -> None:
    made = listed()
    name = made.name(SITE, "2001:db8::1", FIREFOX)
    assert made.name(SITE, "2001:0DB8:0:0:0:0:0:1", FIREFOX) == name
    # A connection's whole /64 is one place, as it is for pseudonyms.
    assert made.name(SITE, "2001:db8::2", FIREFOX) == name
    assert made.name(SITE, "2001:db8:0:1::1", FIREFOX) != name


def test_an_erased_day_is_that_day_alone() -> None:
    made = listed()
    name = made.name(SITE, ADDRESS, FIREFOX)
    take(made, erased_key(name, DAY), b"{}")
    assert [covers(made, DAY + each) for each in (-1, 0, 1)] == [False, True, False]
    take(made, erased_key(name, DAY), None)
    assert not covers(made, DAY)
    assert not made


def test_the_two_do_not_undo_each_other() -> None:
    made = listed()
    name = made.name(SITE, ADDRESS, FIREFOX)
    take(made, name, until_value(DAY))
    take(made, erased_key(name, DAY + 5), b"{}")
    take(made, name, None)
    assert [covers(made, DAY + each) for each in (0, 5)] == [False, True]


def test_entries_end_when_they_say() -> None:
    made = listed()
    name = made.name(SITE, ADDRESS, FIREFOX)
    take(made, name, until_value(DAY))
    take(made, erased_key(name, DAY), b"{}")
    assert list(made.ended(DAY, DAY - 1)) == []
    assert list(made.ended(DAY + 1, DAY)) == [name, erased_key(name, DAY)]


def test_a_name_shows_nothing_without_the_key() -> None:
    other = Restrictions()
    other.use(bytes(32))
    assert listed().name(SITE, ADDRESS, FIREFOX) != other.name(SITE, ADDRESS, FIREFOX)
    assert repr(listed()) == "Restrictions(…)"
    with pytest.raises(LookupError):
        Restrictions().name(SITE, ADDRESS, FIREFOX)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"x" * 16, b"{}"),
        (b"x" * 16, b"\xff"),
        (b"x" * 16, b'{"until":"tomorrow"}'),
        (b"x" * 16 + b"/2026-99-99", b"{}"),
        (b"x" * 16 + b"/", b"{}"),
    ],
)
def test_an_entry_that_cannot_be_read_stops_all(key: bytes, value: bytes) -> None:
    with pytest.raises(UnreadableEntry) as told:
        take(listed(), key, value)
    assert "x" * 16 not in str(told.value)


def test_nudges_are_no_entries() -> None:
    made = listed()
    take(made, b"nudge", None)
    assert not made
    assert made.offset == 1
