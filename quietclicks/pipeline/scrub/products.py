"""Product codes that an honest search may hold: ISBN, EAN, UPC, GTIN.

They are kept only when the check digit fits, and never when the digits are a mobile telephone
number or a card as well.
"""

from stdnum import ean, isbn

from quietclicks.pipeline.scrub.phones import IsMobile
from quietclicks.pipeline.scrub.spans import (
    Finder,
    Span,
    pattern,
    stands_alone,
)

_CODE = pattern(r"[0-9](?:[ \-]?[0-9]){6,12}[ \-]?[0-9x]|[0-9]{14}")
_NANP = pattern(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")


def product_codes(is_mobile: IsMobile) -> Finder:
    """The finder; `is_mobile` says whether bare digits are somebody's telephone number."""

    def find(text: str) -> list[Span]:
        return [m.span() for m in _CODE.finditer(text) if is_code(text, *m.span())]

    def is_code(text: str, start: int, end: int) -> bool:
        written = text[start:end]
        if not stands_alone(text, start, end) or text[max(start - 1, 0) : start] in ("+", "("):
            return False
        code = written.replace(" ", "").replace("-", "").upper()
        grouped = code != written.upper()
        if isbn.is_valid(code) and len(code) == 13:
            return True
        if len(code) == 10:
            # One number in eleven passes ISBN-10's check, so a telephone's shape decides.
            hyphens = written.count("-") == 3 and written[-2] == "-"
            return isbn.is_valid(code) and (hyphens or not (grouped or is_phone(code)))
        return ean.is_valid(code) and not grouped and not is_phone(code)

    def is_phone(code: str) -> bool:
        return bool(_NANP.fullmatch(code)) or is_mobile(code)

    return find
