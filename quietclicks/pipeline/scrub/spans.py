"""The terms the detectors share: a span of text, and what stands around it.

A detector is a pure function from normalised text to spans. It never changes the text.
"""

import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

import re2

Span = tuple[int, int]  # first character, one past the last
Match = Any  # of RE2, whose types are not published
Finder = Callable[[str], Iterable[Span]]

# RE2 spells a Unicode class out as hundreds of states, and a repeated one outgrows its memory.
# After normalisation these ranges say the same of all text but rare signs: letters and marks of all
# scripts; not punctuation, not the private use characters that mark what was found.
_CLASSES = {
    r"\p{L}": r"A-Za-zªµºÀ-ÖØ-öø-\x{1FFF}\x{2C00}-\x{2FFF}\x{3005}-\x{3007}\x{3040}-\x{D7FF}"
    r"\x{F900}-\x{FFFD}\x{10000}-\x{1EFFF}\x{20000}-\x{3FFFF}",
    r"\p{N}": "0-9",
    r"\p{Co}": r"\x{E000}-\x{F8FF}",
}
# What people put between the groups of one number, written inside brackets; a plus may also begin
# one.
SEPARATORS = r" .,:;=&^'’`#\\\-/_·•~*|"
GAP = rf"[{SEPARATORS}+]"


def pattern(expression: str) -> Any:
    """An RE2 pattern, any case. `\\p{L}`, `\\p{N}` and `\\p{Co}` are written inside brackets."""
    for name, ranges in _CLASSES.items():
        expression = expression.replace(name, ranges)
    return re2.compile("(?i)" + expression, _OPTIONS)


def stands_alone(text: str, start: int, end: int) -> bool:
    """No letter or digit touches the span: RE2 has neither look-around nor a Unicode `\\b`."""
    return not (start and text[start - 1].isalnum()) and not (
        end < len(text) and text[end].isalnum()
    )


def digits_of(text: str) -> str:
    """The ASCII digits of a text, in order."""
    return "".join(filter(_DIGITS.__contains__, text))


def count_digits(text: str) -> int:
    """How many ASCII digits: the gate before anything expensive."""
    return sum(map(text.count, _DIGITS))


def digit_groups(text: str, start: int, end: int) -> list[Span]:
    """The groups of digits within a span; not "8" of "8x10" at its ends, which is another thing."""
    groups = [(m.start() + start, m.end() + start) for m in GROUP.finditer(text[start:end])]
    return [
        group for group in groups if group[1] - group[0] > 2 or not _touches_letter(text, *group)
    ]


def with_neighbours(text: str, groups: list[Span], number: Span) -> Span:
    """The number, and longer groups of digits beside it: they may all be a number of another kind.

    "15" of "iphone 15 4111 …" is another thing, and so is what a comma separates.
    """
    start, end = number
    for first, last in reversed(groups):
        abroad = first > 0 and text[first - 1] == "+"
        longer = abroad or last - first > 2
        if last <= start and longer and not _LISTED.search(text[last:start]):
            start = first - abroad
    for first, last in groups:
        if first >= end and last - first > 2 and not _LISTED.search(text[end:first]):
            end = last
    return start, end


def _touches_letter(text: str, start: int, end: int) -> bool:
    return (start > 0 and text[start - 1].isalpha()) or (end < len(text) and text[end].isalpha())


def is_series(written: str) -> bool:
    """ "60 120 180 240", "64 128 256 512": four numbers or more in equal steps, or multiplied."""
    numbers = [int(group) for group in GROUP.findall(written)]
    if len(numbers) < 4 or numbers[0] == numbers[1]:
        return False
    a, b = numbers[:2]
    pairs = list(itertools.pairwise(numbers))
    return all(d - c == b - a for c, d in pairs) or all(a * d == b * c > 0 for c, d in pairs)


def is_sizes(written: str) -> bool:
    """ "850 900 1800 1900": several round numbers, or a series. Never after a zero or a bracket."""
    numbers = [int(group) for group in GROUP.findall(written)]
    round_ones = len(numbers) > 1 and all(n and n % 50 == 0 for n in numbers)
    return is_series(written) or (round_ones and written[0] in "123456789")


def without_times(written: str) -> str:
    """Digits without the times of day among them: "2024-01-01 12:30:45", "01:23:45.678"."""
    return _TIMES.sub(" ", written).strip() if ":" in written else written


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order; those that overlap as one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


GROUP = re.compile("[0-9]+")  # called so often that RE2's bindings would cost most of the time
_TIMES = re.compile(
    r"(?:^|(?<= ))[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,:][0-9]{1,3})?)?"
    r"(?: ?- ?[0-9]{1,2}:[0-9]{2})?(?:,? |$)"
)
_LISTED = re.compile("[,:|]")
_DIGITS = "0123456789"

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
