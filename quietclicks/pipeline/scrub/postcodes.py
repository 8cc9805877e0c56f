"""Postal codes that mean a few households, in the regions of the policy.

A code that means a whole town ("90210", "10115 berlin") stays.
"""

from quietclicks.pipeline.scrub.spans import (
    Finder,
    Match,
    Span,
    pattern,
    stands_alone,
)

_GB = pattern(
    r"(?:[0-9]{1,4}[a-z]?,? )?([a-z]{1,2}[0-9][0-9a-z]?[ .\-_]?[0-9][abd-hjlnp-uw-z]{2})"
    r"(?:,? (?:(?:flat|apt|unit) )?[0-9]{1,4}[a-z]?\b)?"
)
# Royal Mail's postcode areas; and endings that are units ("m2 1tb") far more often.
_GB_AREAS = frozenset(
    "ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt "
    "dy e ec en ex fk fy g gl gu gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld "
    "le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg "
    "sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo "
    "ze".split()
)
_MORE_BEFORE = pattern(r"[0-9)][ .\-]{0,2}$")  # "(11) 98765-4321" is a telephone
_LONGEST_ARTICLE = 5
_UNITS = frozenset("gb tb lb ft hp ah hz xl".split())
_NL = pattern(
    r"[1-9][0-9]{3} ?[a-z]{2}[ ,]+[0-9]{1,4} ?[a-z]?|[0-9]{1,4}[ ,]+[1-9][0-9]{3} ?[a-z]{2}"
)
_CA = pattern(r"[abceghj-npr-tvxy][0-9][abceghj-npr-tv-z][ .\-_]?[0-9][abceghj-npr-tv-z][0-9]")
US_STATE = (
    r"(?:a[klrz]|c[aot]|d[ce]|fl|ga|hi|i[adln]|k[sy]|la|m[adeinost]|n[cdehjmvy]|o[hkr]|pa|ri|s[cd]|"
    r"t[nx]|ut|v[at]|w[aivy])"
)
_US = pattern(rf"(?:{US_STATE},? )?[0-9]{{5}}-[0-9]{{4}}")  # a ZIP+4


def postcodes(regions: tuple[str, ...]) -> Finder:
    """The finder for those regions."""
    plain = tuple(form for region, form in _PLAIN.items() if region in regions)
    in_gb = "GB" in regions

    def find(text: str) -> list[Span]:
        found = [
            match.span()
            for form in plain
            for match in form.finditer(text)
            if stands_alone(text, *match.span())
            and not _MORE_BEFORE.search(text[max(match.start() - 3, 0) : match.start()])
        ]
        if in_gb:
            found += (m.span() for m in _GB.finditer(text) if _is_gb(text, m))
        return found

    return find


def _is_gb(text: str, match: Match) -> bool:
    code = match[1].lower()
    area = code[: 2 if code[1].isalpha() else 1]
    if area not in _GB_AREAS or code[-2:] in _UNITS or not stands_alone(text, *match.span()):
        return False
    if not code.isalnum() or match[0] != match[1]:
        return True  # with its space, or what stands for it; or with a house number beside it
    # "s20fe" is a telephone and "n334aa" an aeroplane; "sw1a1aa" and "b338th" are neither.
    return len(code) > _LONGEST_ARTICLE and area != "n"


_PLAIN = {"NL": _NL, "CA": _CA, "US": _US}
