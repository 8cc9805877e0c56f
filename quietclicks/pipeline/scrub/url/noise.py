"""Tells a word from noise, without a dictionary: tokens, keys and session ids are noise.

It knows how rare each pair of letters is in European words, and never what a word means.
"""

import re
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits

# Row: first letter, column: second. 0 is common, 9 is (nearly) never: the rounded binary logarithm
# of how much rarer than chance the pair is, plus two, cut to one digit. Counted on 2026-11-22 over
# English prose and the place names of thirty languages, folded to a-z: how often letters stand side
# by side, which is nobody's work. Neither texts nor script were kept. To make another, count the
# pairs of any such text: round(2 - log2(676 * share of all pairs)), from 0 to 9. Whether it will do
# tests/pipeline/scrub/url/test_noise.py says: how many words are lost, and how many tokens stay.
_PAIRS = """
    31004312131000315000022413
    04560774157276169146197948
    07451670291266067252277949
    04530533056354159223255944
    12101223153010324000213224
    28772367198376289255389968
    05650632275353168134175856
    05650565085344059343264947
    12111314552010125000525442
    28883975387877379769398999
    06661662195365169334265948
    03310434063034048622245824
    02550656186435128535276948
    02100302032441146400334733
    32113323352010125011111434
    06561573196276129133177949
    69998999699799899889299999
    02210213062221036111134824
    02130450092344126410134846
    05350461075344048011154923
    22222434253110526011546454
    18671969094576179445599968
    07771784296573289456589959
    57573896499678649973788869
    15553666495453339434456966
    26762763397566489766566967
"""
# Chosen by hand, to the same scale: a model's name ends in digits, and seldom goes on after them.
_LETTER_TO_DIGIT = 3
_DIGIT_TO_LETTER = 5
_DIGITS = 1
_HUMP = 4  # a capital after a small letter

# (shortest length, highest mean rarity of a readable one), measured on random strings: of letters
# in one case two of three lie above at 8, nine of ten at 10, 99 of 100 at 16. Digits or capitals in
# between are rarer in words: nine of ten lie above at 8.
_LETTERS = ((16, 2.3), (12, 2.7), (10, 3.0), (8, 3.9))
_MIXED = ((12, 2.6), (8, 2.9))
_WOVEN = 2.2  # letters and digits in four runs or more
_SHORTEST = 8
_LONGEST_WORD = 48
_CHUNK = re.compile(r"[A-Za-z0-9]+")
_HEX = re.compile(r"[0-9a-fA-F]+")
_RUN = re.compile(r"[0-9]+|[A-Za-z]+")
_ONE_CASE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_MEASURES = re.compile(r"\d{1,4}(?:x\d{1,4}){1,3}[a-z]{0,2}")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")


def _table() -> dict[str, int]:
    """Every pair of ASCII letters and digits → its rarity."""
    table = {}
    rows = dict(zip(ascii_lowercase, _PAIRS.split(), strict=True))
    for first in ascii_lowercase:
        for second, rarity in zip(ascii_lowercase, rows[first], strict=True):
            low = int(rarity)
            table[first + second] = table[(first + second).upper()] = low
            table[first.upper() + second] = low
            table[first + second.upper()] = max(low, _HUMP)
    for digit in digits:
        table.update(dict.fromkeys((digit + other for other in digits), _DIGITS))
        for letter in ascii_lowercase + ascii_uppercase:
            table[letter + digit] = _LETTER_TO_DIGIT
            table[digit + letter] = _DIGIT_TO_LETTER
    return table


_RARITY = _table()


def chunks(text: str) -> list[str]:
    """The runs of ASCII letters and digits."""
    return _CHUNK.findall(text)


def is_noise(chunk: str) -> bool:
    """Whether a run of ASCII letters and digits is no word, number or model name."""
    length = len(chunk)
    if length < _SHORTEST or chunk.isdigit() or _MEASURES.fullmatch(chunk):
        return False
    if length > _LONGEST_WORD or _is_hex(chunk):
        return True
    mean = sum([_RARITY[a + b] for a, b in pairwise(chunk)]) / (length - 1)
    if _ONE_CASE.fullmatch(chunk):
        return mean > next(limit for shortest, limit in _LETTERS if length >= shortest)
    if mean > _WOVEN and len(_RUN.findall(chunk)) > 3:
        return True
    return mean > next(limit for shortest, limit in _MIXED if length >= shortest)


def has_word(chunk: str) -> bool:
    """Whether some hump of it reads like a word: four letters, one of them a vowel."""
    return any(
        len(hump) > 3 and _VOWEL.search(hump) is not None and not is_noise(hump)
        for hump in _ONE_CASE.findall(chunk)
    )


def _is_hex(chunk: str) -> bool:
    """Digits and a-f in turn; a word and a year are not."""
    return _HEX.fullmatch(chunk) is not None and (
        len(chunk) >= 16 or len(_RUN.findall(chunk)) > 2 - (len(chunk) >= 12)
    )
