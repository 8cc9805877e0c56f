"""Telephone numbers: of the policy's regions by `phonenumbers`, of all others by their shape.

The library runs only on chains of digits that could be a number, never on the text.
"""

import itertools
import re
from collections.abc import Callable, Iterator

import phonenumbers

from quietclicks.pipeline.scrub.spans import (
    GAP,
    SEPARATORS,
    Finder,
    Span,
    digit_groups,
    digits_of,
    is_sizes,
    pattern,
    with_neighbours,
    without_times,
)

IsMobile = Callable[[str], bool]

# Digits with what people put between them; a chain may hold more than the number.
_CHAIN = pattern(rf"(?:\+ ?|[(\[] ?\+? ?)?[0-9](?:(?:[{SEPARATORS}()\[\]]{{0,4}}|\+)[0-9])+")
_GROUP = re.compile(r"[0-9]+")
_YEAR = pattern(r"\b(?:19|20)[0-9]{2}\b")
_EXTENSION = pattern(r"^,? ?(?:ext?\.?|extension|x|#|durchwahl|dw|poste|int\.?) ?[0-9]{1,5}\b")
_ODD = re.compile(r"[^0-9+() .\-/]")  # what the library does not read as a gap
_NANP = pattern(
    rf"(?:1{GAP}{{1,3}})?(?:[(\[][2-9][0-9]{{2}}[)\]]{GAP}{{0,3}}|[2-9][0-9]{{2}}{GAP}{{1,3}})"
    rf"(?:[0-9]{{3}}{GAP}{{1,3}}|[2-9][0-9]{{2}})[0-9]{{4}}"
)
# Shapes that nothing else has: Russia and Turkey, Spain, Brazil, China, an area code in brackets.
_ELSEWHERE = pattern(
    rf"(?:8{GAP}{{0,3}})?\(?[3-9][0-9]{{2}}\)?{GAP}{{1,3}}[0-9]{{3}}(?:{GAP}{{1,3}}[0-9]{{2}}){{2}}"
    r"|[08] ?\([0-9]{2,4}\) ?[0-9]{3}[ \-]?[0-9]{2}[ \-]?[0-9]{2,3}"
    rf"|[67][0-9]{{2}}(?:{GAP}{{1,3}}[0-9]{{2}}){{3}}"
    r"|[1-9]{2} 9[0-9]{4}-[0-9]{4}"
    rf"|1[3-9][0-9](?:{GAP}{{1,3}}[0-9]{{4}}){{2}}"
    rf"|[(\[][0-9]{{2,3}}[)\]]{GAP}{{0,3}}[0-9]{{3,5}}{GAP}{{1,3}}[0-9]{{3,4}}"
)
_FEWEST = 7  # digits of a number
MOST_DIGITS = 15  # by ITU-T E.164
_INTERNATIONAL_FEWEST = 8
_ABROAD_FEWEST = 11
_PLUS_MISSING_FEWEST = 10
_PLUS_MISSING_GROUPS = 6  # the country, and the rest by twos: more of them are a list
_TRUNK = range(9, 13)  # digits of a national number with its trunk 0
_MOST_GROUPS = 8
_MOST_LOOKS = 12  # at what may be a number: a telephone is two or three, by its groups


def is_mobile(regions: tuple[str, ...]) -> IsMobile:
    """Whether bare digits are a mobile number of a region, with its country code or without."""

    def answer(digits: str) -> bool:
        return any(
            _type(digits, region) in _MOBILE or _type_abroad(digits, region) in _MOBILE
            for region in regions
        )

    return answer


def phones(regions: tuple[str, ...]) -> Finder:
    """The finder for those regions."""

    def find(text: str) -> list[Span]:
        chains = [m.span() for m in _CHAIN.finditer(text) if len(digits_of(m[0])) >= _FEWEST]
        if sum(_looks(digit_groups(text, *chain)) for chain in chains) > _MOST_LOOKS:
            return [(0, len(text))]  # too much to look at: all of it goes
        found = [span for chain in chains for span in numbers(text, *chain)]
        return [(start, end + _extension(text, end)) for start, end in found]

    def numbers(text: str, chain_start: int, chain_end: int) -> Iterator[Span]:
        groups = digit_groups(text, chain_start, chain_end)
        first = done = 0
        number: Span | None = None
        while first < len(groups):
            start = _with_sign(text, groups[first][0], chain_start)
            # The longest that is a number for sure; after a plus, else the longest that can be one.
            ends = _possible_ends(groups[first : first + _MOST_GROUPS])
            tests = (
                (is_number, _is_international)
                if "+" in text[start : groups[first][0]]
                else (is_number,)
            )
            last = next((i for fits in tests for i, end in ends if fits(text[start:end])), None)
            if last is not None:
                if number:
                    yield number
                end = groups[first + last][1]
                number = with_neighbours(text, groups[done : first + last + 1], (start, end))
                first += last
                done = first + 1
            first += 1
        if number:
            yield with_neighbours(text, groups[done:], number)

    def is_number(written: str) -> bool:
        if written.lstrip("([ ").startswith("+"):
            return _is_known(written)
        honest = is_sizes(written) or without_times(written) != written
        return not honest and has_number_shape(written, digits_of(written))

    def has_number_shape(written: str, digits: str) -> bool:
        if _NANP.fullmatch(written):
            return True
        if _ELSEWHERE.fullmatch(written) and len(_YEAR.findall(written)) < 2:
            return True  # but "f 150 2004 2005" is a car of two years
        if is_abroad(digits):
            return True
        grouped = not written.isdigit()
        if digits[0] == "0" and grouped:
            return _has_trunk_shape(written, digits)
        if grouped and _lacks_plus(written, digits):
            return True
        return any(
            _is_valid(written, digits, region)
            or (not grouped and _type_abroad(digits, region) is not None)
            for region in regions
        )

    return find


def _possible_ends(groups: list[Span]) -> list[tuple[int, int]]:
    """Where a number of a possible length may end, as (group, position), the longest first."""
    ends, digits = [], 0
    for index, (start, end) in enumerate(groups):
        digits += end - start
        if _FEWEST <= digits <= MOST_DIGITS + 2:  # two for a "00" or an inner "(0)"
            ends.append((index, end))
    return ends[::-1]


def _looks(groups: list[Span]) -> int:
    """How often the library may be asked about these, at most: of bare digits twice."""
    bare = sum(_FEWEST <= end - start <= MOST_DIGITS for start, end in groups)
    return bare + sum(
        len(_possible_ends(groups[at : at + _MOST_GROUPS])) for at in range(len(groups))
    )


def _with_sign(text: str, start: int, least: int) -> int:
    """Where the number starts with its plus and its bracket."""
    while start > least and text[start - 1] in "+([ ":
        start -= 1
    return start + (text[start] == " ")


def _is_known(written: str, mobile: bool = False) -> bool:
    try:
        number = phonenumbers.parse(_plain(written))
    except phonenumbers.NumberParseException:
        return False
    if mobile:
        return phonenumbers.number_type(number) in _MOBILE
    return bool(phonenumbers.is_valid_number(number))


def _plain(written: str) -> str:
    """With spaces for signs that the library reads as the end of a number, or not at all."""
    start = written[:3]
    return _ODD.sub(" ", start + written[3:].replace("+", " "))


def is_abroad(digits: str) -> bool:
    """Bare digits with the two zeros that people dial for the plus: "0012122491703"."""
    return digits.startswith("00") and _is_known(f"+{digits[2:]}")


def _is_international(written: str) -> bool:
    return "+" in written and _INTERNATIONAL_FEWEST <= len(digits_of(written)) <= MOST_DIGITS


def _has_trunk_shape(written: str, digits: str) -> bool:
    groups = _GROUP.findall(written)
    if groups[0].startswith("00"):
        return len(digits) >= _INTERNATIONAL_FEWEST + 2
    singles = all(len(group) == 1 for group in groups)
    if len(digits) not in _TRUNK or (len(groups[0]) == 1 and not singles and "(0)" not in written):
        return False
    return not _counts_up(groups)


def _lacks_plus(written: str, digits: str) -> bool:
    """ "44 7911 123456": in an address a plus is read as a space, and many people leave it out.

    The country's code is a group of its own, and the number is one of that country's; a mobile
    one where it has no groups, for "32 31234567" may be a size and an article.
    """
    if not _PLUS_MISSING_FEWEST <= len(digits) <= MOST_DIGITS:
        return False
    groups = _GROUP.findall(written)
    return (
        len(groups) <= _PLUS_MISSING_GROUPS
        and int(groups[0]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        and not _is_list(groups)
        and _is_known(f"+{digits}", mobile=len(groups) == 2)
    )


def _is_list(groups: list[str]) -> bool:
    """ "31 32 34 36 38 40": sizes in order; "61 31 9 217 643": how car makers write articles."""
    numbers = [int(group) for group in groups]
    sizes = max(numbers) < 100 and numbers in (sorted(numbers), sorted(numbers, reverse=True))
    return sizes or [len(group) for group in groups] == [2, 2, 1, 3, 3]


def _counts_up(groups: list[str]) -> bool:
    """ "05 06 07 08 09": years or sizes, one after the other."""
    numbers = [int(group) for group in groups]
    return len(numbers) > 2 and all(b - a == 1 for a, b in itertools.pairwise(numbers))


def _is_valid(written: str, digits: str, region: str) -> bool:
    trunk = _TRUNK_PREFIX.get(region, "")
    if trunk and not digits.startswith(trunk):
        return False
    if region in _NANP_REGIONS:
        return written.isdigit() and len(digits) in (10, 11) and _type(written, region) is not None
    groups = _GROUP.findall(written)
    if len(groups) > 1 and (len(digits) < 8 or _counts_up(groups) or min(map(len, groups)) < 2):
        return False
    if len(groups) == 1 and len(digits) < 9:
        return False  # a bare number this short is an article's far more often
    return _type(written, region) is not None


def _type(written: str, region: str) -> int | None:
    try:
        number = phonenumbers.parse(_plain(written), region)
    except phonenumbers.NumberParseException:
        return None
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    if not at_home or not phonenumbers.is_valid_number(number):
        return None
    return int(phonenumbers.number_type(number))


def _type_abroad(digits: str, region: str) -> int | None:
    """As `_type`, for digits with their country code and the plus forgotten."""
    is_long = len(digits) >= _ABROAD_FEWEST
    return (
        _type(f"+{digits}", region)
        if is_long and digits.startswith(_CODE.get(region, "none"))
        else None
    )


def _extension(text: str, end: int) -> int:
    match = _EXTENSION.search(text[end : end + 24])
    return match.end() if match else 0


_MOBILE = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)
_CODE = {
    region: str(phonenumbers.country_code_for_region(region))
    for region in phonenumbers.SUPPORTED_REGIONS
}
_NANP_REGIONS = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])
_TRUNK_PREFIX = {
    region: prefix
    for region in phonenumbers.SUPPORTED_REGIONS
    if region not in _NANP_REGIONS
    and (prefix := phonenumbers.ndd_prefix_for_region(region, True)) in ("0", "06")
}
