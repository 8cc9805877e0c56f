"""The one policy file, as typed and frozen values.

`parse` takes the file's text; reading the file is the shell's business. Durations are whole
seconds in the code and readable units ("15m", "24h", "30d") in the file.
"""

import re
from typing import Any

import msgspec
from msgspec import Struct, field

from quietclicks.errors import UsageError
from quietclicks.schemas.trend import Dimension

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(int):
    """Whole seconds."""


class NetworkPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How many leading bits of an address may be kept."""

    ipv4_prefix: int = 24
    ipv6_prefix: int = 48


class TimePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How late an event may be, and how far ahead of the broker's clock."""

    allowed_lateness: Duration = Duration(15 * 60)
    allowed_skew: Duration = Duration(5 * 60)


class ReleasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """When a number may be published."""

    k: int = 10
    k_dimension: dict[Dimension, int] = field(default_factory=lambda: {Dimension.SEARCH: 20})
    day_only: frozenset[Dimension] = frozenset({Dimension.SEARCH})
    cap_hour: int = 10
    cap_day: int = 50
    max_values: int = 10_000  # distinct values per site, hour and dimension and raw partition


class SitePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """One website: what of its URLs may be kept."""

    search_pages: tuple[str, ...] = ()  # paths, exact
    search_parameters: tuple[str, ...] = ()
    allowed_parameters: tuple[str, ...] = ()


class PartnerPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A named partner: only these fields, only for this purpose."""

    purpose: str
    fields: tuple[str, ...]
    sites: tuple[str, ...]


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    revision: str
    version: int
    sites: dict[str, SitePolicy]
    regions: tuple[str, ...] = ()  # ISO 3166-1: whose phone and identity numbers are looked for
    network: NetworkPolicy = NetworkPolicy()
    time: TimePolicy = TimePolicy()
    release: ReleasePolicy = ReleasePolicy()
    partners: dict[str, PartnerPolicy] = {}
    retention: dict[str, Duration] = {}


def parse(text: str, name: str) -> Policy:
    """TOML text → policy. `name` is the file's, for the error. Raises `UsageError`."""
    try:
        return msgspec.toml.decode(text, type=Policy, dec_hook=_duration)
    except msgspec.DecodeError as error:
        raise UsageError(f"{name}: {error}") from None


def _duration(wanted: type, value: Any) -> Any:
    if wanted is not Duration:
        raise NotImplementedError
    match = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    if not match:
        raise ValueError("a duration reads like 90s, 15m, 24h or 30d")
    return Duration(int(match[1]) * UNITS[match[2]])
