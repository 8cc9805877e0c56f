"""Long runs of digits that no other detector could name: orders, accounts, parcels, spelled digits.

Nine digits are the shortest number that identifies a person rather than a product (social security
numbers, most telephones); product codes were set aside before.
"""

import itertools

from quietclicks.pipeline.scrub.spans import (
    GAP,
    GROUP,
    Span,
    count_digits,
    digits_of,
    is_sizes,
    pattern,
    stands_alone,
    without_times,
)

_LONGEST_HONEST = 8
_LONGEST_CHAIN = 12  # of short groups, which are sizes or the parts of an article number
_LONGEST_PAIR = 10  # two groups: "lego 75192 42115"
# Digits standing together: a card with its date has six, an address and a telephone ten. Each may
# begin a number, and each pair, and so on.
_MAX_GROUPS = 12
_CHAIN = pattern(rf"[0-9]+(?:{GAP}{{1,3}}[0-9]+)+")
_SINGLES = pattern(rf"[0-9](?:{GAP}{{1,3}}[0-9]){{6,}}")
_ONE_AND_POINT = pattern(r"(?:^|[^\p{L}\p{N}.,/+\-])[0-9]\.$")
_FRACTION = pattern(r"[0-9]\.[0-9]+")
_GAPS = pattern(r"[^0-9]+")
_THOUSANDS = pattern(r"[0-9]{1,3}(?:[ .][0-9]{3})*[ .]000")  # "7.900.000.000": an amount
_AMOUNTS = pattern(r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?(?:, |$))+")  # "1,234,567"
_YEARS = pattern(r"(?:19|20)[0-9]{2}")
_TEN_WORDS = (  # from nought to nine
    "zero one two three four five six seven eight nine",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zero uno due tre quattro cinque sei sette otto nove",
    "nul een twee drie vier vijf zes zeven acht negen",
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "noll ett två tre fyra fem sex sju åtta nio",
    "sıfır bir iki üç dört beş altı yedi sekiz dokuz",
)
_DIGIT_OF = {word: digit for words in _TEN_WORDS for digit, word in enumerate(words.split())}
_DIGIT_OF |= {"oh": 0, "zwo": 2, "fuenf": 5}
DIGIT_WORDS = "|".join(sorted(_DIGIT_OF, key=len, reverse=True))
_SPOKEN = pattern(
    rf"(?:{DIGIT_WORDS}|double|triple)(?:[ ,\-]{{1,2}}(?:{DIGIT_WORDS}|double|triple)){{6,}}"
)


def digit_runs(text: str) -> list[Span]:
    """Nine digits and more in a row, longer chains of groups, digits singly, digits in words."""
    found: list[Span] = []
    if count_digits(text) >= 7:
        found += (m.span() for m in GROUP.finditer(text) if _is_long(text, *m.span()))
        found += (m.span() for m in _CHAIN.finditer(text) if _is_one_number(m[0]))
        found += (
            m.span()
            for m in _SINGLES.finditer(text)
            if stands_alone(text, *m.span()) and not _counts([int(d) for d in digits_of(m[0])])
        )
    if len(text) > 26:
        found += (
            m.span()
            for m in _SPOKEN.finditer(text)
            if stands_alone(text, *m.span()) and not _counts_in_words(m[0])
        )
    return found


def whole_lists(text: str) -> list[Span]:
    """All of a text of mostly digits: nobody searches for so many numbers."""
    return [(0, len(text))] if len(GROUP.findall(text)) > _MAX_GROUPS else []


def _is_long(text: str, start: int, end: int) -> bool:
    if end - start <= _LONGEST_HONEST:
        return False
    if _is_round(text[start:end]) or _is_fraction(text, start):
        return False
    # A letter or two in front make an article number ("w003096809"), up to a point.
    glued = (start > 0 and text[start - 1].isalpha()) or (end < len(text) and text[end].isalpha())
    return not glued or end - start > _LONGEST_HONEST + 2


def _is_round(digits: str) -> bool:
    """ "1000000000": an amount."""
    return len(digits.rstrip("0")) < 3


def _is_fraction(text: str, start: int) -> bool:
    """ "3.141592653589793": what follows the point after a digit that stands alone."""
    return _ONE_AND_POINT.search(text[max(start - 3, 0) : start]) is not None


def _is_one_number(written: str) -> bool:
    if _FRACTION.fullmatch(written):
        return False
    if _AMOUNTS.fullmatch(written):
        return False
    written = without_times(written)
    groups = GROUP.findall(written)
    if len(groups) < 2 or not _is_long_chain(written, groups):
        return False
    if is_sizes(written) or _is_ordered(groups):
        return False
    if _THOUSANDS.fullmatch(written):
        return False
    # Years; and a model of several: "f 150 2004 2005".
    return not all(_YEARS.fullmatch(group) for group in groups[len(groups) > 2 :])


def _is_long_chain(written: str, groups: list[str]) -> bool:
    """As long as a number in one piece that goes; or longer, where the groups are short."""
    digits = sum(map(len, groups))
    if len(groups) == 2:
        return digits > _LONGEST_PAIR
    if min(map(len, groups[1:])) > 2:  # "12-345-678-901"
        one_sign = len(set(_GAPS.findall(written))) == 1
        return digits > (_LONGEST_HONEST if one_sign else _LONGEST_CHAIN)
    return digits > _LONGEST_CHAIN and max(map(len, groups)) > 2


def _is_ordered(groups: list[str]) -> bool:
    """ "327 350 396 427 454": five sizes or more in order; "3070 3080 3090": three round ones."""
    numbers = [int(group) for group in groups]
    near = numbers[-1] - numbers[0] < 100  # "1341 1345 1346"
    enough = 3 if near or all(number % 10 == 0 for number in numbers) else 5
    in_order = numbers == sorted(set(numbers))
    return len(numbers) >= enough and len(set(map(len, groups))) == 1 and in_order


def _counts(digits: list[int]) -> bool:
    steps = {b - a for a, b in itertools.pairwise(digits)}
    return steps in ({1}, {-1}, {0}) or digits[:9] == list(range(1, 10))


def _counts_in_words(written: str) -> bool:
    words = written.lower().replace(",", " ").replace("-", " ").split()
    digits = [_DIGIT_OF.get(word, -1) for word in words]
    return digits[:3] == [1, 2, 3] or _counts(digits)
