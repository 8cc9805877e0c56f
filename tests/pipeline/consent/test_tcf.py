"""Consent strings: the fixed layout, bit for bit, and nothing from a string that is not whole."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.consent.table import TCF_NO, TCF_NO_VENDOR, TCF_YES
from quietclicks.pipeline.consent.tcf import MAX_CHARACTERS, TcfConsent, decode
from tests.rows import each_row

VENDORS = frozenset({2, 7, 8, 755, 65535})
PURPOSES = frozenset({1, 7})
# The framework's own published example: purposes 1-3 and vendors 2, 6 and 8, with a second segment
PUBLISHED = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAA"
    "AgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)


def encode(
    purposes: set[int],
    vendors: set[int],
    *,
    ranges: bool = False,
    version: int = 2,
    restrictions: tuple[tuple[int, int, int], ...] = (),  # purpose, kind, vendor
) -> str:
    """A core segment, written from the published layout."""

    def bits(*fields: tuple[int, int]) -> str:
        return "".join(f"{value:0{width}b}" for value, width in fields)

    text = bits((version, 6), (1 << 35, 36), (1 << 35, 36), (10, 12), (1, 12), (1, 6))
    text += bits((4, 6), (13, 6), (200, 12), (4, 6), (1, 1), (0, 1), (0, 12))
    text += "".join("1" if purpose in purposes else "0" for purpose in range(1, 25))
    text += "0" * 24 + "0" + bits((3, 6), (4, 6))
    highest = max(vendors, default=0)
    if ranges:
        text += bits((highest, 16), (1, 1), (len(vendors), 12))
        text += "".join("0" + bits((vendor, 16)) for vendor in sorted(vendors))
    else:
        text += bits((highest, 16), (0, 1))
        text += "".join("1" if v in vendors else "0" for v in range(1, highest + 1))
    text += bits((0, 16), (0, 1), (len(restrictions), 12))
    for purpose, kind, vendor in restrictions:
        text += bits((purpose, 6), (kind, 2), (1, 12), (0, 1), (vendor, 16))
    text += "0" * (-len(text) % 8)
    return _base64(text)


def _base64(bits: str) -> str:
    data = int(bits, 2).to_bytes(len(bits) // 8)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_published_example() -> None:
    assert decode(PUBLISHED, VENDORS, PURPOSES) == TcfConsent(
        frozenset({1, 2, 3}), frozenset({2, 8})
    )


@pytest.mark.parametrize("ranges", [False, True], ids=["bit field", "ranges"])
def test_reads_purposes_and_vendors(ranges: bool) -> None:
    text = encode({1, 8, 9, 24}, {2, 3, 755}, ranges=ranges)
    assert decode(text, VENDORS, PURPOSES) == TcfConsent(
        frozenset({1, 8, 9, 24}), frozenset({2, 755})
    )


def test_a_vendor_range_holds_both_ends() -> None:
    found = decode(TCF_YES, VENDORS, PURPOSES)
    assert found
    assert found.vendors == VENDORS


@pytest.mark.parametrize(
    ("text", "purposes", "vendors"),
    [
        pytest.param(TCF_YES, 24, 5, id="all and all vendors"),
        pytest.param(TCF_NO_VENDOR, 24, 0, id="all, no vendor"),
        pytest.param(TCF_NO, 0, 0, id="nothing"),
    ],
)
def test_the_strings_of_the_truth_table(text: str, purposes: int, vendors: int) -> None:
    found = decode(text, VENDORS, PURPOSES)
    assert found
    assert (len(found.purposes), len(found.vendors)) == (purposes, vendors)


@pytest.mark.parametrize(
    ("restriction", "allowed"),
    [
        pytest.param((7, 0, 2), False, id="forbidden"),
        pytest.param((7, 1, 2), True, id="consent required"),
        pytest.param((7, 2, 2), False, id="legitimate interest required"),
        pytest.param((7, 3, 2), False, id="undefined kind"),
        pytest.param((3, 0, 2), True, id="another purpose"),
        pytest.param((7, 0, 8), True, id="another vendor"),
    ],
)
def test_publisher_restrictions(restriction: tuple[int, int, int], allowed: bool) -> None:
    found = decode(encode({1, 7}, {2}, restrictions=(restriction,)), VENDORS, PURPOSES)
    assert found
    assert (2 in found.vendors) is allowed


MALFORMED = {
    "absent": None,
    "empty": "",
    "a dot": ".",
    "one character": "C",
    "blank": " ",
    "leading blank": " " + TCF_YES,
    "trailing newline": TCF_YES + "\n",
    "standard alphabet": TCF_YES.replace("_", "/"),
    "padding": TCF_YES + "==",
    "null byte": TCF_YES[:20] + "\0" + TCF_YES[21:],
    "not ascii": TCF_YES[:20] + "é" + TCF_YES[21:],
    "full-width": TCF_YES[:20] + "\uff21" + TCF_YES[21:],
    "lone surrogate": TCF_YES[:20] + "\ud800" + TCF_YES[21:],
    "version 1": encode({1, 8, 9}, {2}, version=1),
    "version 3": encode({1, 8, 9}, {2}, version=3),
    "all ones": "_" * 200,
    "all zeros": "A" * 200,
    "too long": TCF_YES + "A" * MAX_CHARACTERS,
    "vendors that are not there": _base64("000010" + "1" * 222 + "0" + "0" * 3),
    "the second segment first": PUBLISHED.split(".")[1] + "." + PUBLISHED.split(".")[0],
}


@each_row("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_is_unknown(text: str | None) -> None:
    assert decode(text, VENDORS, PURPOSES) is None


def test_no_beginning_of_a_string_is_a_string() -> None:
    whole = encode({1, 8, 9}, {2, 755}, restrictions=((7, 1, 2),))
    assert decode(whole, VENDORS, PURPOSES)
    assert [n for n in range(len(whole) - 1) if decode(whole[:n], VENDORS, PURPOSES)] == []


def test_other_segments_change_nothing() -> None:
    core = encode({8, 9}, {2})
    alone = decode(core, VENDORS, PURPOSES)
    assert alone
    for rest in ("", ".", ".IAAA", ".\0", "." + "_" * 70_000, ".é.x.y"):
        assert decode(core + "." + rest, VENDORS, PURPOSES) == alone


@settings(max_examples=300, derandomize=True, deadline=None)
@given(text=st.text(max_size=200) | st.text("ABCYgw_-.", max_size=400))
def test_total(text: str) -> None:
    found = decode(text, VENDORS, PURPOSES)
    assert found is None or found.vendors <= VENDORS


ASKED = frozenset({1, 2, 7, 8, 9, 10, 28, 29, 40, 120, 755, 801, 900, 4000})
ALL = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24"
# What another implementation read in these strings: purposes, and those vendors of `ASKED`. Each
# field around them has random bits. (docs/decisions/tc-strings.md says which implementation.)
VECTORS = {
    "nothing": (
        "CJM_bHnUjChAsq_A5TUIEcEGfgAAAO3IFCwgAAAAJLAAAA",
        "",
        "",
    ),
    "nothing, as ranges": (
        "CA5WZmcToJFgZGoAY3FFApCs9QAAAKbGfaq4AAQAAAJecAA",
        "",
        "",
    ),
    "one purpose, one vendor": (
        "CR1GH0hbBqlmMG9AVPORCqCBfoAAAFUxHagQAAoAEqmAAA",
        "1",
        "1",
    ),
    "the last purpose, a late vendor": (
        "CYLWJ_WEG8vDQcHABUAVF9CmtAAAAUZpEhgYA8AAAAAAAAAAAAAAAAAAAAQK8gBAAFgVkBXgAAA",
        "24",
        "120",
    ),
    "all purposes": (
        "CE9Y8cZHb8mmzMcAmQRMBHCwDf___y3DvShIAUP______AAl4gAA",
        ALL,
        "1 2 7 8 9 10 28 29 40",
    ),
    "ten purposes and scattered vendors": (
        "CDY2p2LboqQIVl8AauTJBJCQ_f_AAODmg5a4AmjMQHkYB___wDwgASZQAAA",
        "1 2 3 4 5 6 7 8 9 10",
        "7 8 40",
    ),
    "odd purposes": (
        "Cb64cHrPmzDzzMuAI8GAFmCi3aqqqkcRFKYYAvgAwAeP__-AAHiAAAgV5ACAALArICvAAA",
        "1 3 5 7 9 11 13 15 17 19 21 23",
        "40",
    ),
    "single ranges": (
        "Cf7Ro91EKjoJOafAzKSLCQEOFlCAAJ9tvKJgAEQAwABAAGAAQABJBAAA",
        "2 4 9",
        "2 8",
    ),
    "a long range": (
        "CYA7vcKfHZ3kg6vAL-KHGMC_2OIAAOM6sJgwHCQAYAAgcIBXkAIAAsCsgK8AAA",
        "1 2 3 7",
        "1 2 7 8 9 10 28 29 40 120 755 801 900",
    ),
    "ranges and singles": (
        "CFZIyUeD6Q-YwvBACPPHEVCiPIxAAK5tIpaAGQwBQABQAKABwAEAC84GMgZCBXkAIAAsCsgK8AAA",
        "1 5 6 10",
        "2 10 28 755 801",
    ),
    "many ranges": (
        "CEE19P8RuwBV65dAfyMWESEqd4OAAH5MoZa4CjwDAABgALgAyADUASABJgC8AL8AawB_AEQAJsAaYA-QB_QEzAUcCvIAQABYFZAV4AAA",
        "1 7 8 9",
        "120",
    ),
    "a high vendor": (
        "CV3EaIZa8WV1QeLA-QLKFBCaUyAAAAn7iRZgfQwAoABAAHD6APoQK8gBAAFgVkBXgAA",
        "3",
        "2 4000",
    ),
}


@pytest.mark.parametrize(("text", "purposes", "vendors"), VECTORS.values(), ids=VECTORS)
def test_agrees_with_an_independent_reader(text: str, purposes: str, vendors: str) -> None:
    found = decode(text, ASKED, PURPOSES)
    assert found
    assert found.purposes == set(map(int, purposes.split()))
    assert found.vendors == set(map(int, vendors.split()))


IDS = st.sets(st.integers(1, 900), max_size=30)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(purposes=st.sets(st.integers(1, 24)), vendors=IDS, asked=IDS, ranges=st.booleans())
def test_reads_what_was_written(
    purposes: set[int], vendors: set[int], asked: set[int], ranges: bool
) -> None:
    text = encode(purposes, vendors, ranges=ranges)
    assert decode(text, frozenset(asked), PURPOSES) == TcfConsent(
        frozenset(purposes), frozenset(vendors & asked)
    )
