"""National identity numbers: of any country where the form is distinctive, of the policy's regions
where it could be an article number too.

Never a checksum alone: one number in ten or eleven passes any of them.
"""

from collections.abc import Callable

from msgspec import Struct
from stdnum.be import nn
from stdnum.br import cnpj, cpf
from stdnum.ch import ssn as ahv
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.in_ import aadhaar
from stdnum.nl import bsn
from stdnum.se import personnummer

from quietclicks.pipeline.scrub.spans import Finder, Span, is_series, pattern, stands_alone


class Form(Struct, frozen=True):
    """How a number is written, and what proves it where writing does not."""

    pattern: str
    is_valid: Callable[[str], bool] | None = None


_DAY, _MONTH = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
_DATE_6 = rf"[0-9]{{2}}{_MONTH}{_DAY}"

# Read as a person's number wherever they appear.
DISTINCTIVE = (
    Form(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"),  # US social security
    Form(  # GB national insurance
        r"[a-ceghj-tw-z][a-ceghj-np-tw-z][ \-]?[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2}[ \-]?[a-d]"
    ),
    Form(r"[a-z9]{5}[0-9][0156][0-9][0-3][0-9]{2}[a-z9]{2}[0-9][a-z]{2}"),  # GB driving licence
    Form(r"[a-z]{6}[0-9lmnp-v]{2}[a-ehlmprst][0-9lmnp-v]{2}[a-z][0-9lmnp-v]{3}[a-z]"),  # IT
    Form(rf"[a-z]{{4}}{_DATE_6}[hmx][a-z]{{5}}[0-9a-z][0-9]"),  # MX CURP
    Form(  # FR, with its key or without
        r"[12][ .\-][0-9]{2}[ .\-](?:0[1-9]|1[0-2]|[2-9][0-9])[ .\-](?:[0-9]{2}|"
        r"2[ab])[ .\-][0-9]{3}"
        r"[ .\-][0-9]{3}(?:[ .\-][0-9]{2})?"
    ),
    Form(r"[12][0-9]{4}(?:[0-9]{2}|2[ab])[0-9]{8}", nir.is_valid),
    Form(rf"[0-9]{{2}} ?{_DAY}{_MONTH}[0-9]{{2}} ?[a-z] ?[0-9]{{3}}"),  # DE pension insurance
    Form(r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}"),  # DE tax
    Form(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", cpf.is_valid),  # BR
    Form(r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}", cnpj.is_valid),  # BR
    Form(r"756[. ][0-9]{4}[. ][0-9]{4}[. ][0-9]{2}", ahv.is_valid),  # CH
    Form(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", nn.is_valid),  # BE
    Form(r"[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}"),  # RU SNILS
    Form(rf"(?:19|20)?{_DATE_6}[-+][0-9]{{4}}", personnummer.is_valid),  # SE
    Form(rf"{_DAY}{_MONTH}[0-9]{{2}}[-+a-f][0-9]{{3}}[0-9a-y]", hetu.is_valid),  # FI
    Form(rf"{_DAY}{_MONTH}[0-9]{{2}}-[0-9]{{4}}", cpr.is_valid),  # DK
    Form(rf"{_DATE_6}-[1-4][0-9]{{6}}"),  # KR
    Form(rf"[0-9]{{2}}(?:[0257][1-9]|[1368][0-2]){_DAY}/[0-9]{{4}}"),  # CZ, SK
    Form(r"[0-9]{8}[ \-]?[a-hj-np-tv-z]", dni.is_valid),  # ES
    Form(r"[xyz][ \-]?[0-9]{7}[ \-]?[a-z]", nie.is_valid),  # ES
    Form(r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9x]"),  # CN
    Form(r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}", aadhaar.is_valid),  # IN
)

# Letters and digits that article numbers have as well.
_SIGN = "[ ./·_]"
_MEDICARE_LETTER = "[ac-hjkmnp-rt-y]"
OF_REGION = {
    "US": (
        Form(rf"[0-8][0-9]{{2}}{_SIGN}[0-9]{{2}}{_SIGN}[0-9]{{4}}"),  # social security
        Form(r"[0-9]{2}-[0-9]{7}"),  # of an employer, who may be one person
        Form(  # Medicare
            rf"[1-9]{_MEDICARE_LETTER}[ac-hjkmnp-rt-y0-9][0-9][ \-./]?{_MEDICARE_LETTER}"
            rf"[ac-hjkmnp-rt-y0-9][0-9][ \-./]?{_MEDICARE_LETTER}{{2}}[0-9]{{2}}"
        ),
    ),
    # The check digit is ISBN-10's, always; these are the first digits that have been given out,
    # and where few books begin.
    "GB": (Form(r"[4679][0-9]{9}", nhs.is_valid),),
    "DE": (Form(r"[0-9]{2,3}/[0-9]{3}/[0-9]{5}|[0-9]{3}/[0-9]{4}/[0-9]{4}"),),  # tax
    "ES": (Form(r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}[ \-]?[a-z]", dni.is_valid),),
    "IN": (Form(r"[a-z]{3}[abcfghljpt][a-z][0-9]{4}[a-z]"),),
    "IE": (Form(r"[0-9]{7}[a-w][a-iw]?", pps.is_valid),),
    "NL": (Form(r"[0-9]{4}\.[0-9]{2}\.[0-9]{3}", bsn.is_valid),),
    "CA": (Form(r"[0-9]{3}[ \-][0-9]{3}[ \-][0-9]{3}"),),
    "AU": (Form(r"[0-9]{3} [0-9]{3} [0-9]{3}"),),
    "SG": (Form(r"[stfgm][0-9]{7}[a-z]"),),
    "TW": (Form(r"[a-z][1289][0-9]{8}"),),
    "HK": (Form(r"[a-z]{1,2}[0-9]{6}\([0-9a]\)"),),
    "NO": (Form(rf"{_DAY}{_MONTH}[0-9]{{2}}[ \-][0-9]{{5}}"),),
    "AT": (Form(rf"[0-9]{{4}}[ \-]{_DAY}{_MONTH}[0-9]{{2}}"),),
}


# A part of something longer is judged with the whole.
_MORE_BEFORE = pattern(r"\+$|[0-9][\-./·_]$")
_MORE_BEHIND = pattern(r"^[\-./·_][0-9]")
# Written as a national insurance number is, by chance: "seagate st340015a".
_DRIVE = pattern(r"st[0-9]{6}a")
_DISK = pattern(r"seagate|barracuda|dis[ck]|drive|hdd|festplatte|disque|disco|firmware")
_YEARS = pattern(r"(?:(?:19|20)[0-9]{2}[ \-]?)+")  # one after the other, as car parts have them


def identities(regions: tuple[str, ...]) -> Finder:
    """The finder of distinctive forms and those of the regions."""
    forms = DISTINCTIVE + tuple(form for region in regions for form in OF_REGION.get(region, ()))
    compiled = tuple((pattern(form.pattern), form.is_valid) for form in forms)
    any_form = pattern("|".join(form.pattern for form in forms))

    def find(text: str) -> list[Span]:
        if not any_form.search(text):
            return []
        return [
            match.span()
            for form, is_valid in compiled
            for match in form.finditer(text)
            if stands_alone(text, *match.span())
            and not _MORE_BEFORE.search(text[max(match.start() - 2, 0) : match.start()])
            and not _MORE_BEHIND.search(text[match.end() : match.end() + 2])
            and not _YEARS.fullmatch(match[0])
            and not is_series(match[0])
            and not (_DRIVE.fullmatch(match[0]) and _DISK.search(text))
            and (is_valid is None or is_valid(match[0]))
        ]

    return find
