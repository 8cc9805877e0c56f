"""Pseudonyms: the published vectors, and that nothing joins what has to stay apart."""

import re
import struct
from base64 import urlsafe_b64encode
from hashlib import blake2b
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.pseudonyms.pseudonym import (
    BOTS,
    EVENT_ID,
    EVENTS,
    OPTED_OUT,
    TRENDS,
    Numberer,
    Pseudonymiser,
    delimited,
    partner,
    partner_event_id,
    visitor_identity,
)
from quietclicks.schemas.trend import Dimension
from tests.paths import ROOT
from tests.rows import each_row

KEYS = {"A": bytes(range(32)), "B": bytes(range(32, 64))}
VISITOR = delimited((bytes([203, 0, 113, 7]), b"Mozilla/5.0"))

_ROW = re.compile(r"\| ([AB]) \| `(.+?)` \| `(.+?)` \| `(.+?)` \| (text|numbers) \| `(.+?)` \|")
VECTORS = [
    match.groups()
    for line in (ROOT / "docs" / "pseudonyms.md").read_text("utf-8").splitlines()
    if (match := _ROW.fullmatch(line))
]

bytes_lists = st.lists(st.binary(max_size=200), max_size=4)


def reference(key: bytes, purpose: bytes, site: str, parts: list[bytes], size: int) -> bytes:
    """The documented construction, in one go and with other tools."""
    data = b"".join(struct.pack(">I", len(x)) + x for x in (purpose, site.encode(), *parts))
    return blake2b(data, key=key, person=b"quietclicks/1\0\0\0", digest_size=size).digest()


def test_the_page_has_a_vector_for_each_purpose() -> None:
    assert {vector[1] for vector in VECTORS} == {
        purpose.decode()
        for purpose in (
            *(EVENTS, TRENDS, OPTED_OUT, BOTS, EVENT_ID),
            *(partner("ads"), partner_event_id("ads")),
        )
    }


@pytest.mark.parametrize(
    ("key", "purpose", "site", "parts", "written", "expected"),
    VECTORS,
    ids=[f"{key}-{purpose}-{site}-{parts}" for key, purpose, site, parts, *_ in VECTORS],
)
def test_published_vectors(
    key: str, purpose: str, site: str, parts: str, written: str, expected: str
) -> None:
    values = [b"" if part == "-" else bytes.fromhex(part) for part in parts.split()]
    if written == "text":
        assert Pseudonymiser(KEYS[key], purpose.encode(), site).text(delimited(values)) == expected
    else:
        assert values[0] == b"\0", "the first block"
        numberer = Numberer(KEYS[key], purpose.encode(), site, 8)
        assert written_out(numberer.numbers(delimited(values[1:]))) == expected


def written_out(numbers: tuple[int, ...]) -> str:
    """As the page has them."""
    return b"".join(number.to_bytes(8) for number in numbers).hex()


@settings(derandomize=True, max_examples=100)
@given(
    st.binary(min_size=32, max_size=32),
    st.binary(),
    st.text("ab.-", max_size=80),
    bytes_lists,
    st.integers(1, 20),
)
def test_the_construction_is_the_documented_one(
    key: bytes, purpose: bytes, site: str, parts: list[bytes], count: int
) -> None:
    text = urlsafe_b64encode(reference(key, purpose, site, parts, 12)).decode()
    assert Pseudonymiser(key, purpose, site).text(delimited(parts)) == text
    blocks = [
        reference(key, purpose, site, [bytes([block]), *parts], 64) for block in range(3)
    ]  # eight numbers each
    numbers = Numberer(key, purpose, site, count).numbers(delimited(parts))
    assert written_out(numbers) == b"".join(blocks)[: 8 * count].hex()


@settings(derandomize=True, max_examples=50)
@given(bytes_lists)
def test_a_text_has_96_bits(parts: list[bytes]) -> None:
    pseudonyms = Pseudonymiser(KEYS["A"], EVENTS, "shop.example")
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", pseudonyms.text(delimited(parts)))


def test_all_bits_of_a_pseudonym_are_used() -> None:
    numberer = Numberer(KEYS["A"], TRENDS, "shop.example", len(Dimension))
    seen = [numberer.numbers(b"%d" % each) for each in range(200)]
    for column in zip(*seen, strict=True):
        ones = zeros = 0
        for number in column:
            ones |= number
            zeros |= ~number
        assert ones == zeros & (2**64 - 1) == 2**64 - 1
    pseudonyms = Pseudonymiser(KEYS["A"], EVENTS, "shop.example")
    texts = [pseudonyms.text(b"%d" % each) for each in range(2000)]
    assert all(len({text[at] for text in texts}) == 64 for at in range(16))


def test_no_two_dimensions_know_a_visitor_by_the_same_number() -> None:
    numberer = Numberer(KEYS["A"], TRENDS, "shop.example", len(Dimension))
    seen = [number for each in range(500) for number in numberer.numbers(b"%d" % each)]
    assert len(set(seen)) == len(seen) == 500 * len(Dimension)


def test_a_call_leaves_no_trace_in_the_next() -> None:
    pseudonyms = Pseudonymiser(KEYS["A"], EVENTS, "shop.example")
    first = pseudonyms.text(VISITOR)
    pseudonyms.text(b"someone else")
    assert pseudonyms.text(VISITOR) == first
    numberer = Numberer(KEYS["A"], TRENDS, "shop.example", 8)
    numbers = numberer.numbers(VISITOR)
    numberer.numbers(b"someone else")
    assert numberer.numbers(VISITOR) == numbers


DOMAINS = {
    "analysts": ("A", EVENTS, "shop.example"),
    "another day": ("B", EVENTS, "shop.example"),
    "another site": ("A", EVENTS, "blog.example"),
    "trends": ("A", TRENDS, "shop.example"),
    "who opted out": ("A", OPTED_OUT, "shop.example"),
    "bots": ("A", BOTS, "shop.example"),
    "event ids": ("A", EVENT_ID, "shop.example"),
    "a partner": ("A", partner("ads"), "shop.example"),
    "another partner": ("A", partner("ads2"), "shop.example"),
    "a partner's event ids": ("A", partner_event_id("ads"), "shop.example"),
    "a partner called like another's ids": ("A", partner("ads.id"), "shop.example"),
    "a partner called like a use": ("A", partner("events"), "shop.example"),
    "a purpose that runs into the site": ("A", EVENTS + b"s", "hop.example"),
}


@each_row(("one", "other"), list(combinations(DOMAINS, 2)), ids=lambda name: name.replace(" ", "-"))
def test_no_linkage(one: str, other: str) -> None:
    results = []
    for name in (one, other):
        key, purpose, site = DOMAINS[name]
        text = Pseudonymiser(KEYS[key], purpose, site).text(VISITOR)
        results.append((text, Numberer(KEYS[key], purpose, site, 8).numbers(VISITOR)))
    assert results[0][0] != results[1][0]
    assert not set(results[0][1]) & set(results[1][1])


def test_a_number_is_no_part_of_the_text() -> None:
    text = Pseudonymiser(KEYS["A"], EVENTS, "shop.example").text(VISITOR)
    for number in Numberer(KEYS["A"], EVENTS, "shop.example", 8).numbers(VISITOR):
        assert text[:6] != urlsafe_b64encode(number.to_bytes(8)).decode()[:6]


@settings(derandomize=True, max_examples=200)
@given(bytes_lists, bytes_lists)
@example([b"ab", b"c"], [b"a", b"bc"])
@example([b"a"], [b"a", b""])
@example([], [b""])
@example([b"\0\0\0\1a"], [b"a"])
@example([b"a\0\0\0\1b"], [b"a", b"b"])
def test_different_parts_have_different_pseudonyms(one: list[bytes], other: list[bytes]) -> None:
    pseudonyms = Pseudonymiser(KEYS["A"], EVENTS, "shop.example")
    assert (pseudonyms.text(delimited(one)) == pseudonyms.text(delimited(other))) == (one == other)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64, 65])
def test_a_key_of_another_length_is_refused_and_not_shown(length: int) -> None:
    with pytest.raises(ValueError, match="a key is 32 bytes") as refused:
        Pseudonymiser(b"K" * length, EVENTS, "shop.example")
    assert "KKK" not in str(refused.value)
    with pytest.raises(ValueError, match="a key is 32 bytes") as refused:
        Numberer(b"K" * length, TRENDS, "shop.example", 8)
    assert "KKK" not in str(refused.value)


def test_the_key_is_not_shown() -> None:
    assert "KKK" not in repr(Pseudonymiser(b"K" * 32, EVENTS, "shop.example"))
    assert "KKK" not in repr(Numberer(b"K" * 32, TRENDS, "shop.example", 8))


@pytest.mark.parametrize(
    ("address", "user_agent", "expected"),
    [
        pytest.param(b"\1\2\3\4", "Mozilla", (b"\1\2\3\4", b"Mozilla"), id="both"),
        pytest.param(None, "Mozilla", (b"", b"Mozilla"), id="address cannot be read"),
        pytest.param(b"\1\2\3\4", None, (b"\1\2\3\4", b""), id="no user agent"),
        pytest.param(b"\1\2\3\4", "", (b"\1\2\3\4", b""), id="empty user agent"),
        pytest.param(None, None, (b"", b""), id="neither"),
        pytest.param(bytes(4), "a", (bytes(4), b"a"), id="address of zeros is an address"),
        pytest.param(None, "Ünï", (b"", b"\xc3\x9cn\xc3\xaf"), id="UTF-8"),
        pytest.param(bytes(range(16)), "a", (bytes(range(8)), b"a"), id="the /64 of IPv6"),
    ],
)
def test_visitor_identity(
    address: bytes | None, user_agent: str | None, expected: tuple[bytes, bytes]
) -> None:
    assert visitor_identity(address, user_agent) == delimited(expected)


@settings(derandomize=True, max_examples=100)
@given(st.none() | st.binary(max_size=16), st.none() | st.text(st.characters(codec=None)))
@example(None, "\ud800")
def test_every_visitor_has_an_identity(address: bytes | None, user_agent: str | None) -> None:
    identity = visitor_identity(address, user_agent)
    assert len(Pseudonymiser(KEYS["A"], EVENTS, "shop.example").text(identity)) == 16
