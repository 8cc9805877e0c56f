"""How much one network may send, so that a flood from it starves nobody else.

A bucket of tokens for each network, in bounded memory. It reads no clock.
"""

from collections import OrderedDict

from quietclicks.pipeline.fields.forwarded import packed_address

# Chosen: 50 views a second are a campus or a carrier's gateway that all look at one website.
PER_SECOND, BURST = 50.0, 500.0
MAX_NETWORKS = 65_536  # some 19 MB; beyond it the one that was quiet for longest is forgotten
# A view is mostly a kilobyte. Of one request there may be fifty, each with all of its headers.
BYTES_A_TOKEN = 4096
IPV4_BYTES, IPV6_BYTES = 3, 6


class Rates:
    """Buckets by /24 and /48; whoever has no readable address shares one."""

    def __init__(
        self,
        per_second: float = PER_SECOND,
        burst: float = BURST,
        max_networks: int = MAX_NETWORKS,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._max_networks = max_networks
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def admits(self, address: str, now: float) -> bool:
        """Whether one more request is within bounds; `now` of a clock that only rises, in s."""
        network = network_of(address)
        tokens, then = self._buckets.get(network, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        is_within = tokens >= 1
        self._buckets[network] = (tokens - is_within, now)
        self._buckets.move_to_end(network)
        if len(self._buckets) > self._max_networks:
            self._buckets.popitem(last=False)
        return is_within

    def charge(self, address: str, tokens: float) -> None:
        """More for what was admitted just now. It may owe, and is admitted again once that is paid.

        Raises `KeyError` for who was not asked about.
        """
        network = network_of(address)
        left, then = self._buckets[network]
        self._buckets[network] = (left - tokens, then)

    def __len__(self) -> int:
        return len(self._buckets)


def network_of(address: str) -> bytes:
    """The leading bytes, or none of what is no address."""
    packed = packed_address(address) or b""
    return packed[: IPV4_BYTES if len(packed) == 4 else IPV6_BYTES]
