"""Texts of settings that have a form of their own, and what is read from them.

What each is for stands at the setting.
"""

from typing import Annotated

from msgspec import Meta

HOST = r"(\[[0-9A-Fa-f:]+\]|[^\s,:]+):[0-9]{1,5}"
Addresses = Annotated[str, Meta(pattern=rf"^{HOST}(,{HOST})*$")]
"""host:port, several with commas between them."""

Names = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+(, ?[A-Za-z0-9._-]+)*$")]
"""host names, with commas between them."""

RECORD = r"internal\.[a-z]+\[[0-9]{1,6}\]@[0-9]{1,18}"
Skips = Annotated[str, Meta(pattern=rf"^{RECORD}(, ?{RECORD})*$")]
"""topic[partition]@offset, several with commas between them."""


def names_in(text: str) -> list[str]:
    """Of `Names`."""
    return [name.strip() for name in text.split(",") if name.strip()]


def skipped(text: str) -> dict[tuple[str, int], set[int]]:
    """Of `Skips`: (topic, partition) → the offsets."""
    found: dict[tuple[str, int], set[int]] = {}
    for each in text.replace(" ", "").split(","):
        if each:
            place, _, offset = each.partition("@")
            topic, _, number = place.rstrip("]").partition("[")
            found.setdefault((topic, int(number)), set()).add(int(offset))
    return found
