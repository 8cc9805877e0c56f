"""A pseudonymised event: its fields are the allow-list. Nothing else ever leaves for analysts.

Which of them leave is the policy's choice (`[events] fields`); what is not listed is not in the
record at all.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

SourceClass = Literal["search", "social", "ai", "campaign", "internal", "site", "none"]
Device = Literal["desktop", "mobile", "tablet", "other"]


class Source(Struct, frozen=True, gc=False):
    """Where the visitor came from: the kind of place and its registrable domain, never a path.

    Of a campaign `host` is its name, where the policy lists that.
    """

    kind: SourceClass = field(name="class")
    host: str | None


class Browser(Struct, frozen=True, gc=False):
    """The family, and the major version where the policy lists that."""

    family: str
    major: str | UnsetType | None = UNSET


class Pseudonymised(Struct, frozen=True, gc=False):
    """One event under a pseudonym: personal data, which dies before the key of its day.

    The first four name the record and are always there.
    """

    id: str
    site: str
    timestamp: str  # whole seconds, UTC: 2026-11-22T10:00:00Z
    visitor: str
    network: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    page: str | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    search: str | UnsetType | None = UNSET
    browser: Browser | UnsetType = UNSET
    os: str | UnsetType = UNSET
    device: Device | UnsetType = UNSET
    language: str | UnsetType | None = UNSET


ALWAYS = ("id", "site", "timestamp", "visitor")
"""What every event for analysts has: its name, and the time by which its day is cut."""

MAJOR = "browser.major"
"""Listed besides `browser`: the version."""

LISTABLE = (*Pseudonymised.__struct_fields__, MAJOR)
"""Every name that a policy may list, for analysts or for a partner."""
