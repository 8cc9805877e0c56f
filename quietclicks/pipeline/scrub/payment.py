"""Payment cards and bank accounts (IBAN), by their checksums and by their grouping.

Never trusts a checksum where the digits read better as something else: a list of years.
"""

from stdnum import iban, luhn

from quietclicks.pipeline.scrub.spans import (
    Span,
    digit_groups,
    digits_of,
    is_series,
    pattern,
    stands_alone,
    with_neighbours,
)

_CHAIN = pattern(r"[0-9](?:[ .\-/_,*•·:|]{0,3}[0-9]){12,}")
_IN_FOURS = pattern(r"[0-9]{4}[ .\-_/:|][0-9]{4}[ .\-_/:|][0-9]{4}[ .\-_/:|][0-9]{4}")
_BEHIND = pattern(r"^(?:[ \-][0-9]{2,4})+")  # its date and code, or the rest of something longer
_AREA = pattern(r"\(\+?[0-9]{1,6}\)[ /\-]{0,2}$")
_CARD_LENGTHS = range(13, 20)
_CARD_STARTS = frozenset("3456") | {"2"}  # ISO/IEC 7812 majors in use for payment
_MOST_ACCOUNTS = 2  # that are looked at: who types more gets nothing back
_YEARS = pattern(r"(?:(?:19|20)[0-9]{2}[ .\-_/,]*)+")

_IBAN_START = pattern(r"[a-z]{2}(?:[ .\-/_]?[0-9]){2}[ .\-/_]?(?:[a-z0-9][ .\-/_]?){10,40}")
_GB_ACCOUNT = pattern(r"[0-9]{2}[ \-][0-9]{2}[ \-][0-9]{2}[ ,\-]{1,2}[0-9]{8}")  # with sort code
_IBAN_GROUP = pattern(r"[A-Za-z0-9]+")
_IBAN_IN_FOURS = pattern(r"[a-z]{2}[0-9]{2}(?:[ .\-][a-z0-9]{4}){3,7}(?:[ .\-][a-z0-9]{1,4})?")


def cards(text: str) -> list[Span]:
    """13 to 19 digits that satisfy Luhn, however they are grouped; or sixteen in fours."""
    fours = [m.span() for m in _IN_FOURS.finditer(text) if _is_in_fours(text, *m.span())]
    found: list[Span] = []
    for chain in _CHAIN.finditer(text):
        start, end = chain.span()
        groups = digit_groups(text, start, end)
        cards = _cards_among(text, groups) + [four for four in fours if start <= four[0] < end]
        found += (with_neighbours(text, groups, card) for card in cards)
    return [(start - _before(text, start), end + _behind(text, end)) for start, end in found]


def _is_in_fours(text: str, start: int, end: int) -> bool:
    written = text[start:end]
    return stands_alone(text, start, end) and not (_YEARS.fullmatch(written) or is_series(written))


def _before(text: str, start: int) -> int:
    """How much of what stands before goes with it: an area code, if two telephones read as one."""
    area = _AREA.search(text[max(start - 12, 0) : start])
    return len(area[0]) if area else 0


def _behind(text: str, end: int) -> int:
    """How much of what follows a card goes with it; not "12" of "12/27"."""
    rest = _BEHIND.search(text[end:])
    return rest.end() if rest and text[end + rest.end() : end + rest.end() + 1] in ("", " ") else 0


def _cards_among(text: str, groups: list[Span]) -> list[Span]:
    found: list[Span] = []
    for first, (start, _) in enumerate(groups):
        if text[start] not in _CARD_STARTS:
            continue
        digits = ""
        for group_start, end in groups[first:]:
            digits += text[group_start:end]
            if len(digits) > _CARD_LENGTHS[-1]:
                break
            if len(digits) in _CARD_LENGTHS and _is_card(digits, text[start:end]):
                found.append((start, end))
    return found


def _is_card(digits: str, written: str) -> bool:
    if len(digits) == 13 and digits[0] != "4":
        return False  # thirteen digits were Visa's alone; others are EAN
    return luhn.is_valid(digits) and not (_YEARS.fullmatch(written) or is_series(written))


def ibans(text: str) -> list[Span]:
    """Bank accounts: international numbers, spaced or not, in other words or not; sort codes."""
    found: list[Span] = []
    starts = list(_IBAN_START.finditer(text))
    if len(starts) > _MOST_ACCOUNTS:
        return [(0, len(text))]
    for match in starts:
        if match.start() and text[match.start() - 1].isalnum():
            continue
        compact, end = "", match.start()
        for group in _IBAN_GROUP.finditer(match[0]):
            compact += group[0]
            if len(compact) >= 15 and iban.is_valid(compact, check_country=False):
                end = match.start() + group.end()
        if end > match.start():
            found.append((match.start(), end))
    found += (m.span() for m in _GB_ACCOUNT.finditer(text) if stands_alone(text, *m.span()))
    for fours in _IBAN_IN_FOURS.finditer(text):
        if len(digits_of(fours[0])) >= 10 and stands_alone(text, *fours.span()):
            found.append(fours.span())
    return found
