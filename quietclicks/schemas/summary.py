"""What everybody may know of how data is protected: the one record of `privacy.summary`."""

from typing import Literal

from msgspec import Struct

SUMMARY_KEY = b"summary"


class DestroyedThrough(Struct, frozen=True):
    """The newest day whose key is destroyed, and when that was told."""

    day: str
    at: str


class LastAudit(Struct, frozen=True):
    """When it was recorded, and how many promises were held, broken, or not checked."""

    at: str
    outcome: Literal["held", "broken", "not-checked"]
    held: int
    broken: int
    not_checked: int


class Summary(Struct, frozen=True):
    """All of it is in the audit log, too; `checkpoint` is the log's newest, as it was signed."""

    policy: str
    k: int
    keys_destroyed: DestroyedThrough | None = None
    last_audit: LastAudit | None = None
    next_audit: str | None = None
    checkpoint: str | None = None
