"""A pseudonymised event: its fields are the allow-list. Nothing else ever leaves for analysts."""

from typing import Literal

from msgspec import Struct, field

SourceClass = Literal["search", "social", "ai", "campaign", "internal", "site", "none"]
Device = Literal["desktop", "mobile", "tablet", "other"]


class Source(Struct, frozen=True, gc=False):
    """Where the visitor came from: the kind of place and its registrable domain, never a path.

    Of a campaign `host` is its name, where the policy lists that.
    """

    kind: SourceClass = field(name="class")
    host: str | None


class Browser(Struct, frozen=True, gc=False):
    """Family and major version."""

    family: str
    major: str | None


class Pseudonymised(Struct, frozen=True, gc=False):
    """One event without anything personal: the pseudonym dies with the day's key."""

    id: str
    site: str
    timestamp: str  # whole seconds, UTC: 2026-11-22T10:00:00Z
    visitor: str
    network: str | None
    country: str | None
    page: str
    source: Source
    search: str | None
    browser: Browser
    os: str
    device: Device
    language: str | None
