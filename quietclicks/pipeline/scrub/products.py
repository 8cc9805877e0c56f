"""Product codes that an honest search may hold: ISBN, EAN, UPC, GTIN.

They are kept only when the check digit fits and they stand alone, and never when the digits are a
telephone number or a card as well: eight digits behind an area code pass the check by chance.
"""

from stdnum import ean, isbn

from quietclicks.pipeline.scrub.phones import MOST_DIGITS, IsMobile, is_abroad
from quietclicks.pipeline.scrub.spans import (
    SEPARATORS,
    Finder,
    Span,
    count_digits,
    pattern,
    stands_alone,
)

_BARE = pattern(r"\b[0-9]{7,13}[0-9x]\b")
_GROUPED = pattern(r"[0-9](?:[ \-]?[0-9]){8,12}[ \-]?[0-9x]")
_NANP = pattern(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
_GAP = rf"[{SEPARATORS}+()\[\]]{{1,3}}"  # what people put between the groups of a telephone number
_BEFORE = pattern(rf"([0-9]+){_GAP}$|\+ ?\(?$|[(\[]$")
_BEHIND = pattern(rf"^{_GAP}([0-9]+)")
_CLOSE = 20  # characters: as far as another group can be part of the same number


def product_codes(is_mobile: IsMobile) -> Finder:
    """The finder; `is_mobile` says whether bare digits are somebody's telephone number."""

    def find(text: str) -> list[Span]:
        return [
            match.span()
            for form in (_BARE, _GROUPED)
            for match in form.finditer(text)
            if is_code(text, *match.span())
        ]

    def is_code(text: str, start: int, end: int) -> bool:
        written = text[start:end]
        if not stands_alone(text, start, end):
            return False
        code = written.replace(" ", "").replace("-", "").upper()
        grouped = code != written.upper()
        if isbn.is_valid(code) and len(code) == 13:
            return True
        if _is_part(text, start, end):
            return False
        if len(code) == 10:
            # One number in eleven passes ISBN-10's check, so a telephone's shape decides.
            hyphens = written.count("-") == 3 and written[-2] == "-"
            return isbn.is_valid(code) and (hyphens or not (grouped or is_phone(code)))
        return ean.is_valid(code) and not grouped and not is_phone(code)

    def is_phone(code: str) -> bool:
        return bool(_NANP.fullmatch(code)) or is_mobile(code) or is_abroad(code)

    return find


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether other digits stand so near, and are so few, that all are one telephone number."""
    before = _BEFORE.search(text[max(start - _CLOSE, 0) : start])
    behind = _BEHIND.search(text[end : end + _CLOSE])
    if before and not before[1]:
        return True  # a plus or a bracket
    beside = [len(group[1]) for group in (before, behind) if group]
    return any(count_digits(text[start:end]) + others <= MOST_DIGITS for others in beside)
