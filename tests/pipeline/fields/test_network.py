"""Addresses: what is one, what is kept of it, and who can have one."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import AF_INET, inet_aton, inet_pton

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.fields.network import is_global, parse_address, truncate
from tests.rows import each_row

READ = {
    # IPv4
    "198.51.100.77": "198.51.100.0/24",
    "0.0.0.0": "0.0.0.0/24",  # noqa: S104
    "255.255.255.255": "255.255.255.0/24",
    "8.8.8.8": "8.8.8.0/24",
    # IPv6, in any of RFC 4291's forms
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "2001:DB8:1:2::6": "2001:db8:1::/48",
    "2001:0db8:0001:0002:0003:0004:0005:0006": "2001:db8:1::/48",
    "2a00:0:0:1::": "2a00::/48",
    "2a00:0:1::": "2a00:0:1::/48",
    "2a00:1::203.0.113.77": "2a00:1::/48",
    "fe80::1": "fe80::/48",
    "::1": "::/48",
    "::": "::/48",
    # IPv6 that embeds IPv4
    "::ffff:203.0.113.77": "203.0.113.0/24",
    "::ffff:cb00:714d": "203.0.113.0/24",
    "0:0:0:0:0:FFFF:203.0.113.77": "203.0.113.0/24",
    "::203.0.113.77": "203.0.113.0/24",
    "::cb00:714d": "203.0.113.0/24",
    "::2": "0.0.0.0/24",
    "::ffff:0:203.0.113.77": "203.0.113.0/24",
    "2002:cb00:714d::": "203.0.113.0/24",
    "2002:cb00:714d:1:2:3:4:5": "203.0.113.0/24",
    "2001:0:4136:e378:8000:63bf:34ff:8eb2": "203.0.113.0/24",  # RFC 4380: 203.0.113.77 inverted
    "2001::4136:e378:8000:63bf:34ff:8eb2": "203.0.113.0/24",
    "64:ff9b::203.0.113.77": "203.0.113.0/24",
    "64:ff9b::cb00:714d": "203.0.113.0/24",
    # RFC 8215: where it embeds the address is not known; it is behind the first 48 bits
    "64:ff9b:1::203.0.113.77": "64:ff9b:1::/48",
    "64:ff9b:1:cb00:71:4d00::": "64:ff9b:1::/48",
    # next to the embedding ones
    "2001:1:4136:e378:8000:63bf:34ff:8eb2": "2001:1:4136::/48",
    "2003:cb00:714d::": "2003:cb00:714d::/48",
    "64:ff9b:0:0:1::": "64:ff9b::/48",
    "::1:203.0.113.77": "::/48",
    # an interface identifier of ISATAP is behind the prefix
    "2a00:1:2:3:0:5efe:203.0.113.77": "2a00:1:2::/48",
}

NOT_READ = {
    "empty": "",
    "blank": " ",
    "word": "unknown",
    "dash": "-",
    "localhost": "localhost",
    "leading blank": " 203.0.113.77",
    "trailing blank": "203.0.113.77 ",
    "trailing newline": "203.0.113.77\n",
    "inner blank": "203.0. 113.77",
    "no-break space": "203.0.113.77\u00a0",
    "zero-width space": "203.0.113.\u200b77",
    "byte order mark": "\ufeff203.0.113.77",
    "NUL at the end": "203.0.113.77\0",
    "NUL within": "203.0.113\0.77",
    "NUL in IPv6": "2001:db8::1\0",
    "list": "203.0.113.77, 198.51.100.7",
    "list without blank": "203.0.113.77,198.51.100.7",
    "port": "203.0.113.77:443",
    "brackets": "[2001:db8::1]",
    "brackets around IPv4": "[203.0.113.77]",
    "brackets and port": "[2001:db8::1]:443",
    "zone": "fe80::1%eth0",
    "zone of a number": "fe80::1%1",
    "zone in URL form": "fe80::1%25eth0",
    "empty zone": "fe80::1%",
    "prefix": "203.0.113.77/32",
    "prefix of IPv6": "2001:db8::1/128",
    "leading zero": "203.0.113.077",
    "leading zeros": "203.000.113.077",
    "two zeros": "203.00.113.77",
    "leading zero when mapped": "::ffff:203.0.113.077",
    "octal": "0313.0.0161.0115",
    "hexadecimal": "0xcb.0x0.0x71.0x4d",
    "hexadecimal in one": "0xcb00714d",
    "one number": "3405803853",
    "two numbers": "203.29005",
    "three numbers": "203.0.29005",
    "five numbers": "203.0.113.77.1",
    "too large": "203.0.113.256",
    "out of bounds": "777.2.3.4",
    "four digits": "203.0.113.0077",
    "empty number": "203..113.77",
    "dot before": ".203.0.113.77",
    "dot after": "203.0.113.77.",
    "plus": "+203.0.113.77",
    "minus": "-203.0.113.77",
    "underscore": "2_03.0.113.77",
    "full-width digits": "２０３.0.113.77",
    "full-width dots": "203．0．113．77",
    "ideographic dots": "203。0。113。77",
    "arabic digits": "٢٠٣.0.113.77",
    "superscript": "203.0.113.7²",
    "letter for digit": "203.0.113.l7",
    "cyrillic in IPv6": "2001:dб8::1",
    "full-width colon": "2001：db8::1",
    "group of five digits": "2001:0db80::1",
    "nine groups": "1:2:3:4:5:6:7:8:9",
    "seven groups": "1:2:3:4:5:6:7",
    "two gaps": "2001::db8::1",
    "three colons": "2001:::1",
    "colon before": ":2001:db8::1",
    "colon after": "2001:db8::1:",
    "gap of nothing": "1:2:3:4::5:6:7:8",
    "hexadecimal prefix in IPv6": "0x2001:db8::1",
    "IPv4 not last": "2001:203.0.113.77::1",
    "two IPv4": "::203.0.113.77:203.0.113.77",
    "short IPv4": "::ffff:203.0.113",
    "colon": ":",
    "lone surrogate": "\ud800",
    "reverse name": "77.113.0.203.in-addr.arpa",
    "UNC form": "2001-db8--1.ipv6-literal.net",
    "URL": "http://203.0.113.77/",
    "userinfo": "a@203.0.113.77",
    "percent-encoded": "203%2E0%2E113%2E77",
    "long": "1" * 100_000,
    "long of colons": ":" * 100_000,
    "long of zeros": "0" * 50 + "203.0.113.77",
}

ipv4_texts = st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number)))
embeddings = st.sampled_from(
    ["::ffff:{}", "::{}", "::ffff:0:{}", "64:ff9b::{}", "six-to-four", "teredo"]
)


def embedded(form: str, ipv4: str, rest: bytes) -> str:
    """The IPv6 address that embeds an IPv4 address that way; `rest` fills what is free."""
    packed = inet_pton(AF_INET, ipv4)
    if form == "six-to-four":
        return str(IPv6Address(b"\x20\x02" + packed + rest[:10]))
    if form == "teredo":
        inverted = bytes(byte ^ 255 for byte in packed)
        return str(IPv6Address(b"\x20\x01\0\0" + rest[:8] + inverted))
    return form.format(ipv4)


def kept(text: str, ipv4_prefix: int = 24, ipv6_prefix: int = 48) -> str | None:
    address = parse_address(text)
    return None if address is None else truncate(address, ipv4_prefix, ipv6_prefix)


@each_row(("text", "expected"), READ.items(), ids=READ)
def test_an_address_is_cut(text: str, expected: str) -> None:
    assert kept(text) == expected


@each_row("text", NOT_READ.values(), ids=NOT_READ)
def test_what_is_no_plain_address_has_no_network(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "ipv4_prefix", "ipv6_prefix", "expected"),
    [
        ("203.0.113.77", 0, 0, "0.0.0.0/0"),
        ("203.0.113.77", 1, 0, "128.0.0.0/1"),
        ("203.0.113.77", 8, 48, "203.0.0.0/8"),
        ("203.0.113.77", 20, 48, "203.0.112.0/20"),
        ("203.0.113.77", 23, 48, "203.0.112.0/23"),
        ("203.0.113.77", 31, 48, "203.0.113.76/31"),
        ("203.0.113.77", 32, 48, "203.0.113.77/32"),
        ("2a00:ffff:ffff::1", 24, 0, "::/0"),
        ("2a00:ffff:ffff::1", 24, 3, "2000::/3"),
        ("2a00:ffff:ffff::1", 24, 20, "2a00:f000::/20"),
        ("2a00:ffff:ffff::1", 24, 47, "2a00:ffff:fffe::/47"),
        ("2a00:ffff:ffff:ffff::1", 24, 56, "2a00:ffff:ffff:ff00::/56"),
        ("2a00:0:0:1::1", 24, 64, "2a00:0:0:1::/64"),
        ("::ffff:203.0.113.77", 20, 128, "203.0.112.0/20"),
        ("2002:cb00:714d::", 16, 64, "203.0.0.0/16"),
    ],
)
def test_prefixes_are_the_policys(
    text: str, ipv4_prefix: int, ipv6_prefix: int, expected: str
) -> None:
    assert kept(text, ipv4_prefix, ipv6_prefix) == expected


@pytest.mark.parametrize(("ipv4_prefix", "ipv6_prefix"), [(33, 129), (-1, -1), (100, -128)])
@pytest.mark.parametrize("text", ["203.0.113.77", "2a00::1"])
def test_no_prefix_there_is_not(text: str, ipv4_prefix: int, ipv6_prefix: int) -> None:
    with pytest.raises(KeyError):
        kept(text, ipv4_prefix, ipv6_prefix)


@settings(derandomize=True, max_examples=300)
@given(st.text() | st.text("0123456789abcdef:.%/[]x \0"))
@example("1.2.3")
def test_reading_is_total_and_no_laxer_than_the_standard_library(text: str) -> None:
    address = parse_address(text)
    if address is not None:
        assert len(address) in (4, 16)
        assert "%" not in text
        ip_address(text)  # raises ValueError for what is none


@settings(derandomize=True, max_examples=200)
@given(st.integers(0, 2**128 - 1))
def test_every_ipv6_address_is_read_in_each_of_its_forms(number: int) -> None:
    address = IPv6Address(number)
    expected = parse_address(str(address))
    assert expected is not None
    assert parse_address(address.exploded) == expected
    assert parse_address(str(address).upper()) == expected


@settings(derandomize=True, max_examples=100)
@given(ipv4_texts)
def test_every_ipv4_address_is_read(text: str) -> None:
    assert parse_address(text) == inet_aton(text)


@settings(derandomize=True, max_examples=300)
@given(st.binary(min_size=4, max_size=4), st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_ipv4_holds_the_prefix_and_no_more(address: bytes, prefix: int, noise: int) -> None:
    text = truncate(address, prefix, 48)
    assert text == str(ip_network((address, prefix), strict=False))
    other = int.from_bytes(address) ^ (noise >> prefix)
    assert truncate(other.to_bytes(4), prefix, 48) == text


@settings(derandomize=True, max_examples=300)
@given(st.binary(min_size=16, max_size=16), st.integers(0, 48), st.integers(0, 2**128 - 1))
def test_ipv6_holds_the_prefix_and_no_more(address: bytes, prefix: int, noise: int) -> None:
    text = truncate(address, 24, prefix)
    assert text == str(ip_network((address, prefix), strict=False))
    other = int.from_bytes(address) ^ (noise >> prefix)
    assert truncate(other.to_bytes(16), 24, prefix) == text


@settings(derandomize=True, max_examples=300)
@given(ipv4_texts, embeddings, st.binary(min_size=10, max_size=10), st.integers(0, 32))
def test_an_embedded_ipv4_address_is_cut_like_a_plain_one(
    ipv4: str, form: str, rest: bytes, prefix: int
) -> None:
    assume(not (form == "::{}" and ipv4 in ("0.0.0.0", "0.0.0.1")))  # noqa: S104
    text = embedded(form, ipv4, rest)
    assert kept(text, prefix, 48) == kept(ipv4, prefix, 48)
    assert kept(text, prefix, 128) == kept(ipv4, prefix, 128)


NOBODYS = {
    "this network": "0.1.2.3",
    "private 10": "10.1.2.3",
    "carrier's translator, first": "100.64.0.0",
    "carrier's translator, last": "100.127.255.255",
    "loopback": "127.0.0.1",
    "link-local": "169.254.1.1",
    "private 172, first": "172.16.0.0",
    "private 172, last": "172.31.255.255",
    "protocol assignments": "192.0.0.8",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "6to4 relay": "192.88.99.1",
    "private 192": "192.168.0.1",
    "benchmarks, first": "198.18.0.0",
    "benchmarks, last": "198.19.255.255",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified, IPv6": "::",
    "loopback, IPv6": "::1",
    "discard": "100::1",
    "local NAT64": "64:ff9b:1::1",
    "protocol assignments, IPv6": "2001:2::1",
    "documentation, IPv6": "2001:db8::1",
    "documentation 2, IPv6": "3fff:fff:ffff::1",
    "not assigned, low": "1fff::1",
    "not assigned, high": "4000::1",
    "segment routing": "5f00::1",
    "unique-local": "fd00::1",
    "link-local, IPv6": "fe80::1",
    "site-local": "fec0::1",
    "multicast, IPv6": "ff02::1",
    "mapped private": "::ffff:10.1.2.3",
    "6to4 of private": "2002:a01:203::1",
    "NAT64 of loopback": "64:ff9b::127.0.0.1",
}

SOMEBODYS = {
    "first": "1.0.0.0",
    "after private 10": "11.0.0.0",
    "before the carriers": "100.63.255.255",
    "after the carriers": "100.128.0.0",
    "before private 172": "172.15.255.255",
    "after private 172": "172.32.0.0",
    "after assignments": "192.0.1.0",
    "before private 192": "192.167.255.255",
    "after private 192": "192.169.0.0",
    "before benchmarks": "198.17.255.255",
    "after benchmarks": "198.20.0.0",
    "last": "223.255.255.255",
    "first, IPv6": "2001:200::",
    "before documentation, IPv6": "2001:db7:ffff::",
    "after documentation, IPv6": "2001:db9::",
    "European": "2a00::1",
    "after documentation 2, IPv6": "3fff:1000::",
    "mapped": "::ffff:8.8.8.8",
    "6to4": "2002:808:808::1",
    "NAT64": "64:ff9b::8.8.8.8",
}


@each_row("text", NOBODYS.values(), ids=NOBODYS)
def test_an_address_that_can_be_nobodys(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert not is_global(address)


@each_row("text", SOMEBODYS.values(), ids=SOMEBODYS)
def test_an_address_that_can_be_somebodys(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert is_global(address)


@settings(derandomize=True, max_examples=500)
@given(ipv4_texts | st.integers(0, 2**128 - 1).map(lambda number: str(IPv6Address(number))))
def test_none_is_somebodys_that_the_standard_library_calls_special(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    if is_global(address):
        found = ip_address(address)
        assert found.is_global
        assert not found.is_multicast
        assert not found.is_reserved
