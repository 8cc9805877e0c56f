"""Which address a client has, of what a server or proxies wrote down: a plain one, or none at all.

A port and brackets are taken off. Of a list of forwarded addresses only so much is believed as the
operator's own proxies vouch for, counted from the right; the rest anybody may have sent.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import re2

from quietclicks.pipeline.fields.network import LONGEST, parse_address

UNREADABLE = ""
"""What stands for an address that cannot be read: no reader takes it for one."""

WITH_PORT = re2.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}|\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?")
MAX_LIST = 64  # addresses: longer than any chain of proxies


class TrustedProxies:
    """The networks that the operator's proxies are in."""

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        self._networks = tuple(networks)

    @classmethod
    def of(cls, text: str) -> "TrustedProxies":
        """`10.0.0.0/8,2001:db8::1`; raises `ValueError`."""
        return cls(ip_network(each.strip()) for each in text.split(","))

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        packed = parse_address(address) or b""
        found = IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
        return any(found in network for network in self._networks)


NOBODY = TrustedProxies()


def plain_address(text: str) -> str:
    """`192.0.2.7:51234`, `[2001:db8::1]:443` or an address → the address, or `UNREADABLE`."""
    text = text.strip()
    if parse_address(text) is not None:
        return text
    if (":" not in text and "[" not in text) or len(text) > LONGEST + len("[]:65535"):
        return UNREADABLE
    found = WITH_PORT.fullmatch(text)
    address = (found[1] or found[2]) if found else UNREADABLE
    return address if parse_address(address) is not None else UNREADABLE


def packed_address(text: str) -> bytes | None:
    """The same, as `parse_address` gives it: what every reader of an event's `ip` asks."""
    return parse_address(plain_address(text))


def client_address(peer: str, forwarded: Sequence[str], trusted: TrustedProxies) -> str:
    """The nearest address that is no trusted proxy's; where all are, nobody knows the client.

    `peer` is who connected, as the server says; where it is a list, a server wrote what was
    forwarded in its place. `forwarded` are the values of such headers, in order.
    """
    own = peer.split(",")
    if not trusted:
        return plain_address(peer) if len(own) == 1 else UNREADABLE
    chain = [each for value in forwarded for each in value.split(",")] + own
    for each in reversed(chain[-MAX_LIST:]):
        address = plain_address(each)
        if not address or address not in trusted:
            return address
    return UNREADABLE
