"""A pattern of the policy file, prepared: the syntax is RE2's, in which none can become slow.

See https://github.com/google/re2/wiki/Syntax. What it is held against is bounded by who asks.
"""

from typing import Protocol

import re2

MAX_PATTERN = 256  # characters; chosen: a list of a few dozen values, which one still reads
_MEMORY = 1 << 20  # bytes; an eighth of RE2's default, ample for a pattern of that length


class Pattern(Protocol):
    """What is asked of it."""

    def fullmatch(self, text: str, /) -> object | None:
        """Something, where the whole text is as the pattern has it."""
        ...


def compiled(pattern: str) -> Pattern:
    """Text → pattern. Raises `ValueError` with the reason, which never holds what was matched."""
    if not pattern:
        raise ValueError("an empty pattern")
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern of more than {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        found: Pattern = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if isinstance(error, re2.error) else "not text"
        told = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(told) from None
    return found
