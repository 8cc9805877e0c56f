"""The keys at hand: given, used, never shown."""

import pytest

from quietclicks.pipeline.pseudonyms.key_ring import DayKeys, KeyMissing
from tests.pipeline_tools import day_key


def test_a_missing_key_says_which_day_and_nothing_else() -> None:
    with pytest.raises(KeyMissing, match=r"^the key of a day is not at hand$") as caught:
        DayKeys().of(20_718)
    assert caught.value.day == 20_718


def test_each_day_has_its_key() -> None:
    keys = DayKeys()
    for day in (1, 2):
        keys.put(day, day_key(day))
    first, second = (keys.of(day).pseudonyms(b"use", "shop.example").text(b"x") for day in (1, 2))
    assert first != second
    assert keys.of(1).pseudonyms(b"use", "shop.example").text(b"x") == first
    with pytest.raises(KeyMissing):
        keys.of(3)


@pytest.mark.parametrize(
    ("purpose", "site"), [(b"other", "shop.example"), (b"use", "blog.example"), (b"", "")]
)
def test_uses_and_sites_are_apart(purpose: bytes, site: str) -> None:
    keys = DayKeys()
    keys.put(1, day_key(1))
    ours = keys.of(1).pseudonyms(b"use", "shop.example")
    assert keys.of(1).pseudonyms(purpose, site).text(b"x") != ours.text(b"x")
    assert keys.of(1).pseudonyms(b"use", "shop.example") is ours


def test_a_key_is_never_shown() -> None:
    keys = DayKeys()
    key = day_key(1)
    keys.put(1, key)
    shown = f"{keys.of(1)!r} {keys.of(1)} {keys!r} {[keys.of(1)]}"
    keys.put(2, b"too short a key")
    with pytest.raises(ValueError, match="32 bytes") as caught:
        keys.of(2).pseudonyms(b"use", "shop.example")
    shown += f"{caught.value} {caught.value!r} {caught.value.args}"
    for secret in (repr(key)[2:-1], key.hex(), "too short"):
        assert secret not in shown
