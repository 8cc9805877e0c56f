"""Whether a URL's host is worth a parser's work: what names of other scripts take grows with them.

Looks at lengths alone, and keeps nothing.
"""

import re

MAX_AUTHORITY = 300  # characters: a name has 253, and a port and a user may stand beside it
_AUTHORITY = re.compile(r"[^:/\\?#]{0,32}:?[/\\]*([^/\\?#]*)")


def has_short_host(url: str) -> bool:
    """Also of text that is no URL, and has no host."""
    found = _AUTHORITY.match(url)
    return found is None or len(found[1]) <= MAX_AUTHORITY
