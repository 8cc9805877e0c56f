"""Machine-made strings: UUIDs, JSON web tokens, API keys, digests, random words.

Judged by form alone. Long words of a human language, slugs and model numbers stay.
"""

import re2

from quietclicks.pipeline.scrub.spans import Span, count_digits, stands_alone

_DISTINCTIVE = re2.compile(
    r"(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?"
    r"|eyj[a-z0-9_\-]{8,}(?:\.[a-z0-9_\-]+){0,4}"
    r"|(?:sk|pk|rk|whsec)[_\-](?:live|test|proj|ant)?[_\-]?[a-z0-9_\-]{12,}"
    r"|gh[pousr]_[a-z0-9]{16,}|github_pat_[a-z0-9_]{16,}|glpat-[a-z0-9_\-]{12,}"
    r"|xox[abeoprs]-[a-z0-9\-]{8,}|(?:akia|asia)[0-9a-z]{16}|aiza[a-z0-9_\-]{30,}"
    r"|1z[0-9a-z]{16}|ya29\.[a-z0-9_\-]{10,}|npm_[a-z0-9]{20,}|hf_[a-z0-9]{20,}|"
    r"[a-z]{2}[0-9]{9}[a-z]{2}|"  # a parcel: Universal Postal Union S10
    r"sg\.[a-z0-9_\-]{16,}\.[a-z0-9_\-]+"
)
_KEY_IN_FIVES = re2.compile(r"(?i)(?:[a-z0-9]{5}-){4}[a-z0-9]{5}")
_WORD = re2.compile(r"[A-Za-z0-9+=_\-~.]{16,}")
_RUN = re2.compile(r"[A-Za-z0-9]{16,}")
_SWITCH = re2.compile(r"[0-9][A-Za-z]")
_CASE_SWITCH = re2.compile(r"[a-z][A-Z]")
_HEX = re2.compile(r"(?i)[0-9a-f]{16,}")
_PASSWORD = re2.compile(r"[!-~]{8,64}")
_VEHICLE = re2.compile(r"(?i)[a-hj-npr-z0-9]{13}[0-9]{4}")
_SYMBOLS = frozenset("!$^*&?#~%=+|<>")
_END_OF_SENTENCE = "!?.,;:"
_DIGITS_WITHIN = re2.compile(r"[A-Za-z][0-9]+[A-Za-z]|[0-9]{4}$")
_SHORTEST = 8
# No language that puts spaces between words has longer ones outside of jokes: anything longer is
# data. Thai, Khmer, Chinese and others above U+0E00 have no spaces.
_LONG_WORD = re2.compile(r"[^\s\x{0E00}-\x{10FFFF}]{65,}")


def tokens(text: str) -> list[Span]:
    """Strings that a machine made, or that a password needs."""
    if max(map(len, text.split(" "))) < _SHORTEST:
        return []
    found = [m.span() for m in _DISTINCTIVE.finditer(text) if stands_alone(text, *m.span())]
    found += (
        m.span()
        for m in _KEY_IN_FIVES.finditer(text)
        if count_digits(m[0]) and stands_alone(text, *m.span())
    )
    for match in _WORD.finditer(text):
        if any(_is_random(run[0]) for run in _RUN.finditer(match[0])):
            found.append(match.span())
    found += (m.span() for m in _PASSWORD.finditer(text) if _is_password(m[0]))
    found += (m.span() for m in _LONG_WORD.finditer(text))
    return found


def _is_random(run: str) -> bool:
    letters = sum(map(str.isalpha, run))
    if letters == 0:
        return False  # long digit runs have their own detector
    if len(run) - letters >= 2 and _HEX.fullmatch(run):
        return True
    switches = len(_SWITCH.findall(run))
    if switches >= 3 or (switches and _VEHICLE.fullmatch(run)):
        return True
    return len(run) >= 20 and len(_CASE_SWITCH.findall(run)) >= 4


def _is_password(word: str) -> bool:
    said = word.rstrip(_END_OF_SENTENCE)
    if said != word and not any(symbol in _SYMBOLS for symbol in said[1:]):
        # "what is Covid-19?", "PlayStation5!": but digits within a word, or many, are no name's.
        return said.isalnum() and _has_mixed_case(said) and bool(_DIGITS_WITHIN.search(said))
    return (
        _has_mixed_case(word)
        and any(map(str.isdigit, word))
        and any(symbol in _SYMBOLS for symbol in word[1:])
    )


def _has_mixed_case(word: str) -> bool:
    return any(map(str.isupper, word)) and any(map(str.islower, word))
