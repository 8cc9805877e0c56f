"""Coordinates and codes that stand for a spot on the map.

Needs the precision of a street or better; a pair of sizes ("12.5, 13.5") stays.
"""

from quietclicks.pipeline.scrub.spans import Match, Span, count_digits, pattern, stands_alone

_DEGREES = r"[+\-]?[0-9]{1,3}"
_SEP = r"(?: ?[,;|/] ?| )"
_NAME = "(?:[xy][:=] ?)?"
_DECIMAL = pattern(rf"{_NAME}({_DEGREES}\.[0-9]{{3,}})°?{_SEP}{_NAME}({_DEGREES}\.[0-9]{{3,}})°?")
_COMMA_DECIMAL = pattern(rf"({_DEGREES},[0-9]{{4,}})(?: ?[;|/] ?| )({_DEGREES},[0-9]{{4,}})")
_MINUTES = r"(?:[0-9]{1,2}(?:[.,][0-9]+)? ?(?:['′’´`]|min)? ?)?"
_SECONDS = r"(?:[0-9]{1,2}(?:[.,][0-9]+)? ?(?:[\"″”]|''|′′|’’|sec)? ?)?"
_HALF = rf"[0-9]{{1,3}}(?:[.,][0-9]+)? ?(?:°|deg|º|o )? ?{_MINUTES}{_SECONDS}"
_LETTERED = pattern(rf"{_HALF}[ns][ ,;/]*{_HALF}[eowl]")
_DMS = pattern(
    r"[nsewol]? ?[0-9]{1,3} ?° ?[0-9]{1,2}(?:[.,][0-9]+)? ?['′’´`](?: ?[0-9]{1,2}(?:[.,][0-9]+)? ?"
    r"(?:[\"″”]|''|′′|’’)?)?(?: ?[nsewol])?"
)
_PREFIXED = pattern(
    r"[ns] ?[0-9]{1,2}(?:\.|° ?[0-9]{1,2}\.)[0-9]{2,}°?['′]?[ ,;/]*"
    r"[ew] ?[0-9]{1,3}(?:\.|° ?[0-9]{1,2}\.)[0-9]{2,}°?['′]?"
)
_AXIS = (
    r"(?:lat|latitude|latitud|latitudine|breitengrad|lon|lng|long|longitude|longitud|"
    r"longitudine|längengrad)[ :=]*[+\-]?[0-9]{1,3}[.,][0-9]+"
)
_NAMED = pattern(rf"{_AXIS}[ ,;&]*{_AXIS}|geo:[+\-]?[0-9.]+,[+\-]?[0-9.]+")
_HINT = pattern(r"[0-9][.,][0-9]{3}|°|[0-9] ?(?:[ns]\b|deg)|lat|geo:")
_GROUP = pattern("[0-9]+")
_PLUS_CODE = pattern(r"[23456789cfghjmpqrvwx]{4,8}\+[23456789cfghjmpqrvwx]{2,3}")
_THREE_WORDS = pattern(r"///[\p{L}]+\.[\p{L}]+\.[\p{L}]+")


def coordinates(text: str) -> list[Span]:
    """Pairs of degrees in any notation, plus codes, three-word addresses."""
    found: list[Span] = []
    if "///" in text:
        found += (m.span() for m in _THREE_WORDS.finditer(text))
    if "+" in text:
        found += (m.span() for m in _PLUS_CODE.finditer(text) if _is_plus_code(text, m))
    if not _HINT.search(text):
        return found
    for pair in (_DECIMAL, _COMMA_DECIMAL):
        found += (m.span() for m in pair.finditer(text) if _on_earth(text, m))
    found += (m.span() for m in _LETTERED.finditer(text) if _is_precise(text, m))
    found += (m.span() for m in _DMS.finditer(text) if stands_alone(text, *m.span()))
    found += (m.span() for m in _PREFIXED.finditer(text) if stands_alone(text, *m.span()))
    found += (m.span() for m in _NAMED.finditer(text))
    return found


def _on_earth(text: str, match: Match) -> bool:
    latitude, longitude = (abs(float(match[i].replace(",", "."))) for i in (1, 2))
    pair = max(latitude, longitude) <= 180 and min(latitude, longitude) <= 90
    # Two fractions are measures; off Africa, where both degrees are 0, nobody lives.
    return pair and max(latitude, longitude) >= 1 and stands_alone(text, *match.span())


def _is_precise(text: str, match: Match) -> bool:
    exact = any(sign in match[0] for sign in ".°'′") or len(_GROUP.findall(match[0])) > 5
    return exact and stands_alone(text, *match.span()) and count_digits(match[0]) >= 4


def _is_plus_code(text: str, match: Match) -> bool:
    mixed = count_digits(match[0]) >= 1 and any(map(str.isalpha, match[0]))
    return mixed and stands_alone(text, *match.span())
