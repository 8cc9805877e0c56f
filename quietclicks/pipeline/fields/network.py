"""Client addresses: read strictly, cut to the allowed prefix, told apart from unroutable ones.

What is not an address in its plain textual form has no network: nothing is repaired or guessed.
No function here raises or returns text that holds more than the allowed bits of an address.
"""

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

LONGEST = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

_UNSPECIFIED = bytes(16)
_LOOPBACK = bytes(15) + b"\x01"

# RFC 4291 section 2.5.5 (compatible, mapped), RFC 2765 section 2.1 (translated) and RFC 6052
# section 2.1 (NAT64): twelve leading bytes, then the IPv4 address.
_IPV4_AFTER = frozenset(
    inet_pton(AF_INET6, text)[:12] for text in ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::")
)
_SIX_TO_FOUR = b"\x20\x02"  # RFC 3056 section 2: the IPv4 address is in bits 16 to 47
_TEREDO = b"\x20\x01\x00\x00"  # RFC 4380 section 4: the client's IPv4 address is last, inverted
_INVERT = bytes(255 - byte for byte in range(256))

# Without the `%` no system's inet_pton can look for a zone id, as some do.
_DIGITS = "0123456789abcdefABCDEF:."


def parse_address(text: str) -> bytes | None:
    """4 or 16 packed bytes, or `None` for anything but the plain textual form of an address.

    An IPv6 address that embeds an IPv4 address becomes the embedded one: mapped, compatible,
    translated, 6to4, Teredo and NAT64. Not so 64:ff9b:1::/48 (RFC 8215), as each operator chooses
    where in it the IPv4 address stands; that is never in the first 48 bits.
    """
    if len(text) > LONGEST or text.strip(_DIGITS):
        return None
    try:
        if ":" not in text:
            return inet_pton(AF_INET, text)
        address = inet_pton(AF_INET6, text)
    except OSError:
        return None
    return _reduced(address)


def _reduced(address: bytes) -> bytes:
    if address[:12] in _IPV4_AFTER:
        return address if address in (_UNSPECIFIED, _LOOPBACK) else address[12:]
    if address.startswith(_SIX_TO_FOUR):
        return address[2:6]
    if address.startswith(_TEREDO):
        return address[12:].translate(_INVERT)
    return address


def _masks(bits: int) -> dict[int, int]:
    # A mapping, not a list: there, a prefix of -1 would keep every bit.
    every = (1 << bits) - 1
    return {prefix: every ^ (every >> prefix) for prefix in range(bits + 1)}


_IPV4_MASKS = _masks(32)
_IPV6_MASKS = _masks(128)


def truncate(address: bytes, ipv4_prefix: int, ipv6_prefix: int) -> str:
    """What `parse_address` gave → `203.0.113.0/24` or, as RFC 5952 writes it, `2001:db8:1::/48`.

    Raises `KeyError` for a prefix longer than an address, or negative.
    """
    value = int.from_bytes(address)
    if len(address) == 4:
        kept = (value & _IPV4_MASKS[ipv4_prefix]).to_bytes(4)
        return f"{inet_ntop(AF_INET, kept)}/{ipv4_prefix}"
    kept = (value & _IPV6_MASKS[ipv6_prefix]).to_bytes(16)
    return f"{inet_ntop(AF_INET6, kept)}/{ipv6_prefix}"


def _bounds(networks: Iterable[IPv4Network | IPv6Network]) -> list[int]:
    """Disjoint networks in order → where one begins and where it has ended, in turn."""
    return [
        bound
        for network in networks
        for bound in (int(network.network_address), int(network.broadcast_address) + 1)
    ]


# The IANA registries of special-purpose IPv4 and IPv6 addresses, as of 2024-10: what is not
# globally reachable, or is nobody's.
_IPV4_SPECIAL = _bounds(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared, behind a carrier's translator
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/3",  # multicast, reserved, broadcast
        ),
    )
)
_IPV6_SPECIAL = _bounds(
    map(
        IPv6Network,
        (
            "::/3",  # loopback, unspecified, NAT64, discard; the rest is not assigned
            "2001::/23",  # protocol assignments
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
            # All above 2000::/3: unique-local, link-local, multicast; the rest is not assigned.
            "4000::/2",
            "8000::/1",
        ),
    )
)


def is_global(address: bytes) -> bool:
    """Whether what `parse_address` gave can be somebody's on the Internet; if not, no country."""
    bounds = _IPV4_SPECIAL if len(address) == 4 else _IPV6_SPECIAL
    return bisect_right(bounds, int.from_bytes(address)) % 2 == 0
