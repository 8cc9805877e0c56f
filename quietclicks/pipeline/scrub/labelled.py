"""Numbers that their label gives away: "tel 555 1234", "ssn: 123456789", "order no. 48812".

The label is what makes a short or plain number personal. A label alone ("phone case", "order 66")
never counts.
"""

from quietclicks.pipeline.scrub.labels import (
    EVERYDAY_NUMBER,
    FILLER,
    IDENTITY,
    IDENTITY_BEHIND,
    NUMBER,
    PHONE,
    PHONE_BEHIND,
    label,
    spaced,
)
from quietclicks.pipeline.scrub.spans import (
    Finder,
    Match,
    Span,
    digits_of,
    is_sizes,
    pattern,
    stands_alone,
)
from quietclicks.pipeline.scrub.url.path_rules import NUMBERED

_VALUE = (
    r"((?:[a-z]{1,3} )?[+(]*[\p{L}\-./]*[0-9][\p{L}\p{N}\-./]*"
    r"(?:[ ()\-]{1,3}(?:[a-z][ \-])?[0-9][\p{L}\p{N}\-./]*)*(?: [a-z]\b)?)"
)
_VALUE_FIRST = r"[0-9(+][0-9 ()./\-]{6,20}[0-9](?:-?[a-z])?"
_FEWEST_BEHIND = 8
# Years ("passport 2019 2020"), a model of several ("dl 650 2004 2005"), round thousands ("visa
# 50000 points"), and the bands that a telephone knows ("gsm 850 900 1800 1900").
_HONEST = pattern(
    r"(?:(?:19|20)[0-9]{2}[ \-/]*)+|[0-9]{1,4} (?:(?:19|20)[0-9]{2}[ \-/]*){2,}|[0-9]{1,3}[.,]?000"
    r"|(?:(?:450|700|800|850|900|1700|1800|1900|2100|2600)[ /]*)+"
)
_MOST_OF_SIZES = 8  # digits: "tel 850 1900", but "tel 200 3000 400" is one number
_NO_LABEL = pattern(  # "executive order no. 11246"
    r"(?:executive|presidential|general|administrative|military|special)$"
)
_REST = pattern(r"^(?:[_·•~*|]{1,2}[0-9]{2,})+")
_NEAR = 16  # characters
_SAID = pattern(r"[:=#º°]|[ .](?:n|no|nr|nº|num|number|nummer|numero|número|numéro)[ .:]")


def labelled(words: str, min_digits: int, behind: str = "", min_said: int | None = None) -> Finder:
    """The finder of values with `min_digits` digits or more after one of these labels.

    Or right before one of those `behind`; there of eight digits or more, since "1234567 phone" is
    an article. `min_said` are enough where a colon, or a word for number, stands between.
    """
    value = pattern(label(words) + FILLER + _VALUE)
    value_first = pattern(rf"({_VALUE_FIRST})[ ,:\-]+(?:{spaced(behind)})(?:[^\p{{L}}\p{{N}}]|$)")

    def find(text: str) -> list[Span]:
        found = [
            (match.start(1), match.end(1) + _rest(text, match.end(1)))
            for match in value.finditer(text)
            if is_personal(text, match)
        ]
        if behind:
            found += (
                match.span(1)
                for match in value_first.finditer(text)
                if len(digits_of(match[1])) >= _FEWEST_BEHIND
                and stands_alone(text, *match.span(1))
                and not _is_honest(match[1])
            )
        return found

    def is_personal(text: str, match: Match) -> bool:
        fewest = min_digits
        if min_said is not None and _SAID.search(text[match.start() : match.start(1)]):
            fewest = min_said
        return (
            len(digits_of(match[1])) >= fewest
            and not _is_honest(match[1])
            and not _NO_LABEL.search(text[max(match.start() - _NEAR, 0) : match.start()])
        )

    return find


def _rest(text: str, end: int) -> int:
    """How many characters more belong to the value, behind signs that few put there."""
    rest = _REST.search(text[end : end + _NEAR])
    return rest.end() if rest else 0


def _is_honest(value: str) -> bool:
    if _HONEST.fullmatch(value):
        return True
    return len(digits_of(value)) <= _MOST_OF_SIZES and is_sizes(value)


_SERIAL = pattern(label(IDENTITY) + FILLER + r"([a-z0-9]{8,12})(?:[^\p{L}\p{N}]|$)")
_TURNS = pattern("[0-9][a-z]|[a-z][0-9]")


def labelled_serials(text: str) -> list[Span]:
    """Letters among digits after a label, as passports and cards have them: "ausweis L3KX7NP2Z"."""
    return [
        match.span(1)
        for match in _SERIAL.finditer(text)
        if len(digits_of(match[1])) > 2 and len(_TURNS.findall(match[1])) > 1
    ]


labelled_phones = labelled(PHONE, 6, PHONE_BEHIND)
labelled_identities = labelled(IDENTITY, 6, IDENTITY_BEHIND)
labelled_numbers = labelled(NUMBER, 4)
# What paths know to be numbered is so in a search as well.
labelled_everyday_numbers = labelled("|".join((EVERYDAY_NUMBER, *NUMBERED)), 6, min_said=4)
