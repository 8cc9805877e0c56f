"""Addresses as servers and proxies write them down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.fields.forwarded import (
    NOBODY,
    TrustedProxies,
    client_address,
    plain_address,
)
from quietclicks.pipeline.fields.network import parse_address

OURS = TrustedProxies.of("10.0.0.0/8, 192.0.2.80,2001:db8:1::/48")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8.8.0.4", "8.8.0.4"),
        (" 8.8.0.4 ", "8.8.0.4"),
        ("8.8.0.4:51234", "8.8.0.4"),
        ("2001:db8::4", "2001:db8::4"),
        ("[2001:db8::4]", "2001:db8::4"),
        ("[2001:db8::4]:443", "2001:db8::4"),
        ("::ffff:8.8.0.4", "::ffff:8.8.0.4"),
        ("8.8.0.400", ""),
        ("8.8.0.4:", ""),
        ("8.8.0.4:port", ""),
        ("8.8.0.4:123456", ""),
        ("[8.8.0.4", ""),
        ("fe80::1%eth0", ""),
        ("8.8.0.4/24", ""),
        ("dialup.example.net", ""),
        ("unknown", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_a_port_is_taken_off_and_nothing_is_guessed(text: str, address: str) -> None:
    assert plain_address(text) == address
    assert client_address(text, (), NOBODY) == address
    assert client_address(text, (), OURS) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "nobody", "ours"),
    [
        ("8.8.0.4, 10.0.0.1", [], "", "8.8.0.4"),
        ("8.8.0.4,10.0.0.1", [], "", "8.8.0.4"),
        ("8.8.0.4:80, 10.0.0.1:81", [], "", "8.8.0.4"),
        ("[2001:db8::4]:1, [2001:db8:1::7]:2", [], "", "2001:db8::4"),
        ("1.1.1.1, 8.8.0.4, 10.0.0.1", [], "", "8.8.0.4"),  # the first was forged
        ("10.9.9.9, 8.8.0.4, 10.0.0.1", [], "", "8.8.0.4"),
        ("8.8.0.4, 1.1.1.1", [], "", "1.1.1.1"),  # who connected to a proxy of ours
        ("unknown, 10.0.0.1", [], "", ""),
        ("8.8.0.4, unknown, 10.0.0.1", [], "", ""),
        ("10.0.0.7, 10.0.0.1", [], "", ""),  # proxies alone
        ("10.0.0.1", [], "10.0.0.1", ""),
        ("10.0.0.1", ["8.8.0.4"], "10.0.0.1", "8.8.0.4"),
        ("10.0.0.1", ["8.8.0.4, 192.0.2.80"], "10.0.0.1", "8.8.0.4"),
        ("10.0.0.1", ["8.8.0.4", "192.0.2.80"], "10.0.0.1", "8.8.0.4"),
        ("10.0.0.1", ["1.1.1.1, 8.8.0.4"], "10.0.0.1", "8.8.0.4"),
        ("10.0.0.1", ["a.example"], "10.0.0.1", ""),
        ("10.0.0.1", [""], "10.0.0.1", ""),
        ("8.8.0.4", ["1.1.1.1"], "8.8.0.4", "8.8.0.4"),  # past the proxies
        ("::ffff:10.0.0.1", ["8.8.0.4"], "::ffff:10.0.0.1", "8.8.0.4"),
    ],
)
def test_of_a_list_only_what_trusted_proxies_vouch_for(
    peer: str, forwarded: list[str], nobody: str, ours: str
) -> None:
    assert client_address(peer, forwarded, NOBODY) == nobody
    assert client_address(peer, forwarded, OURS) == ours


@pytest.mark.parametrize("text", ["", "10.0.0.0/8,", "10.0.0.1/8", "a.example", "10.0.0.0/33"])
def test_networks_are_written_exactly(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        TrustedProxies.of(text)


def test_a_very_long_list_costs_no_more() -> None:
    assert client_address(", ".join(["8.8.0.4"] + ["10.0.0.1"] * 10_000), (), OURS) == ""


@given(st.text("0123456789abcdef.:[], -%", max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_what_comes_out_is_an_address_or_nothing(peer: str, forwarded: list[str]) -> None:
    for trusted in (NOBODY, OURS):
        address = client_address(peer, forwarded, trusted)
        assert address == "" or parse_address(address) is not None
