"""An IAB TC string (TCF v2.2), reduced to what was consented to.

Whatever is wrong with a string, the answer is None, "unknown": no exception, and nothing of it in
a message. Only the core segment is read: the library's reader of the others takes minutes on a
hostile string, and none of them can add a consent.
"""

from msgspec import Struct

MAX_CHARACTERS = 8 * 1024  # a full vendor list in a bit field is under 400


class TcfConsent(Struct, frozen=True):
    """What the string's owner consented to."""

    purposes: frozenset[int]
    vendors: frozenset[int]


def decode(text: str | None, vendors: frozenset[int]) -> TcfConsent | None:
    """`vendors` are those that are asked about: the answer names no other."""
    return None
