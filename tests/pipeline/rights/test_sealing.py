"""Boxes: nobody but who holds the day's key opens one, and for no other request."""

from collections.abc import Callable

import pytest

from quietclicks.pipeline.evidence.notes import NoteError, SigningKey
from quietclicks.pipeline.rights.sealing import (
    BoxError,
    Identity,
    context,
    public_of,
    published,
    seal,
    trusted,
    unseal,
)

SEED, OTHER, EPHEMERAL = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
PUBLIC = public_of(SEED)
WHO = Identity("198.51.100.7", "Firefox")
BOUND = ("request-1", "access", "shop.example", ("2026-09-22", "2026-09-23"), "2026-09-22")
DAY = "2026-09-22"


def box() -> str:
    return seal(WHO, PUBLIC, EPHEMERAL, context(*BOUND))


def test_who_holds_the_days_key_opens_it() -> None:
    assert unseal(box(), SEED, context(*BOUND)) == WHO


def test_the_box_and_what_holds_it_show_nothing_of_the_person() -> None:
    assert "198" not in box()
    assert repr(WHO) == "Identity(…)"


@pytest.mark.parametrize(
    "other",
    [
        ("request-2", *BOUND[1:]),
        (BOUND[0], "erase", *BOUND[2:]),
        (*BOUND[:2], "other.example", *BOUND[3:]),
        (*BOUND[:3], ("2026-09-22",), BOUND[4]),
        (*BOUND[:4], "2026-09-23"),
        # Not by moving a border between two parts either.
        ("request-1access", "", *BOUND[2:]),
    ],
)
def test_it_opens_for_no_other_request(other: tuple[str, str, str, tuple[str, ...], str]) -> None:
    with pytest.raises(BoxError):
        unseal(box(), SEED, context(*other))


@pytest.mark.parametrize("spoil", ["", "x", "AAAA", box()[:-4], "A" + box()[1:], box() + "AAAA"])
def test_what_is_no_box_does_not_open_and_is_not_told(spoil: str) -> None:
    with pytest.raises(BoxError) as told:
        unseal(spoil, SEED, context(*BOUND))
    assert str(told.value) == "it does not open"


def test_another_days_key_does_not_open_it() -> None:
    with pytest.raises(BoxError):
        unseal(box(), OTHER, context(*BOUND))


def test_a_key_of_low_order_is_none() -> None:
    with pytest.raises(BoxError):
        seal(WHO, bytes(32), EPHEMERAL, context(*BOUND))


def test_a_days_key_is_believed_if_the_logs_key_has_signed_it() -> None:
    ours, others = SigningKey("log", bytes(32)), SigningKey("log", OTHER)
    note = published(DAY, PUBLIC, [ours])
    assert trusted(DAY, note, ours.verifier) == PUBLIC
    wrongs: tuple[Callable[[], bytes], ...] = (
        lambda: trusted("2026-09-23", note, ours.verifier),
        lambda: trusted(DAY, note, others.verifier),
        lambda: trusted(DAY, published(DAY, PUBLIC, []), ours.verifier),
        lambda: trusted(DAY, note.replace(b"box key", b"box kez"), ours.verifier),
        lambda: trusted(DAY, b"", None),
        lambda: trusted(DAY, published(DAY, b"short", []), None),
    )
    for wrong in wrongs:
        with pytest.raises(NoteError):
            wrong()


def test_where_nothing_is_signed_it_is_as_it_stands() -> None:
    assert trusted(DAY, published(DAY, PUBLIC, []), None) == PUBLIC
