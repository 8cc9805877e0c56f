"""Languages: the best tag's primary subtag if it is registered, of a hostile header nothing."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from iso639 import ALL_LANGUAGES

from quietclicks.pipeline.fields.language import LONGEST, primary_language
from tests.rows import each_row

CODES = {code for each in ALL_LANGUAGES for code in (each.part1, each.part3) if code}

HEADERS = {
    # as browsers send them
    "en-US,en;q=0.9": "en",
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7": "de",
    "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5": "fr",
    "da, en-gb;q=0.8, en;q=0.7": "da",
    "zh-TW,zh;q=0.9": "zh",
    "zh-Hant-TW": "zh",
    "pt-BR": "pt",
    "es-419,es;q=0.9": "es",
    "nb-NO,nb;q=0.9,no;q=0.8": "nb",
    "sr-Latn-RS": "sr",
    "de-CH-1996": "de",
    "sl-rozaj-biske": "sl",
    "en-u-ca-buddhist": "en",
    "en-x-twain": "en",
    # three letters
    "haw": "haw",
    "fil-PH,fil;q=0.9": "fil",
    "gsw-CH": "gsw",
    "ckb-IQ": "ckb",
    "yue-HK": "yue",
    "eng": "en",
    "deu-DE": "de",
    "DEU": "de",
    "ger": "de",
    "fre-FR": "fr",
    "chi": "zh",
    # names of locales, as programs have them
    "nb_NO": "nb",
    "en_US": "en",
    "zh_CN,zh;q=0.9": "zh",
    "zh_Hans_CN": "zh",
    "zh-Hans_CN": "zh",
    "zh_CN_#Hans": "zh",
    "sr__#Latn": "sr",
    "sr-Latn": "sr",
    "sr_RS_#Latn": "sr",
    "fil_PH": "fil",
    "GER_DE": "de",
    "en_US;q=0.5,nb_NO": "nb",
    "en_US_POSIX": "en",
    "de_DE.UTF-8": "de",
    "de_DE.UTF-8@euro": "de",
    "de_DE@euro;q=0.9": "de",
    "th_TH@calendar=buddhist": "th",
    "no_NO_NY": "no",
    "iw_IL": "he",
    "en_US.ISO_8859-1": "en",
    "en_US:en": "en",
    "de_DE.UTF-8:de:en_US": "de",
    "de:en": "de",
    "en_US:en,de;q=0.5": "en",
    "nb_NO:no;q=0.5,de;q=0.8": "de",
    "C:en": None,
    "en:C": None,
    "en:": None,
    ":en": None,
    "en::de": None,
    "xx_YY:en": None,
    "en_US:en.UTF-8": None,
    "en;en_US:en": None,
    "xx_YY": None,
    "_NO": None,
    "nb_": None,
    "nb__NO": None,
    "nb_NO_": None,
    "en_US.": None,
    "en_US@": None,
    "en.UTF-8": None,
    "C.UTF-8": None,
    "POSIX": None,
    "eve_smith@mail.example": None,
    "eve@mail": None,
    # withdrawn, and still sent
    "iw-IL": "he",
    "in-ID": "id",
    "ji": "yi",
    "jw": "jv",
    "mo-MD": "ro",
    "mol": "ro",
    # letter case, blanks, empty elements
    "EN-us": "en",
    "De": "de",
    "  en  ": "en",
    "\ten\t;\tq=0.5": "en",
    ",,en": "en",
    "en,": "en",
    # weights
    "en;q=0.1,fr;q=0.8": "fr",
    "en;q=0.5,fr;q=0.5": "en",
    "en;q=0.8,fr": "fr",
    "en;q=0,fr;q=0.1": "fr",
    "en;q=0.000,fr;q=0.001": "fr",
    "en;Q=0.3": "en",
    "en;q=1.000": "en",
    "en;q=0.": None,
    "en;q=1.": "en",
    "en;q=0": None,
    # a weight there is not: the element does not count
    "en;q=2": None,
    "en;q=1.001": None,
    "en;q=-1": None,
    "en;q=0.1234": None,
    "en;q=1e0": None,
    "en;q=nan": None,
    "en;q=inf": None,
    "en;q=": None,
    "en;": None,
    "en;level=1": None,
    "en;q=0.5;level=1": None,
    "en;q =0.5": None,
    "en;q=٠": None,
    "en;q=9,fr;q=0.2": "fr",
    # anything, or no language: null, even if others follow
    "*": None,
    "*,en;q=0.5": None,
    "en;q=0.5,*": None,
    "en,*;q=0.5": "en",
    "und": None,
    "mul": None,
    "zxx": None,
    "mis": None,
    "xx": None,
    "zz,en;q=0.5": None,
    "qaa": None,
    "qtz": None,
    "art-lojban": None,
    "sgn-BE-FR": None,
    "x-klingon": None,
    "i-klingon": None,
    "i": None,
    "e": None,
    "english": None,
    "engl": None,
    "C": None,
    "c.UTF-8": None,
    # not a tag
    "en-": None,
    "-en": None,
    "en--US": None,
    "en-abcdefghi": None,
    "en US": None,
    "e n": None,
    "en\n": None,
    "en\r\nfr": None,
    "en\0": None,
    "en\u200b": None,
    "ｅｎ": None,
    "\u212ao": None,  # the Kelvin sign, whose lower case is a k
    "İs": None,
    "еn": None,  # a Cyrillic letter
    "en-ü": None,
    "\ud800": None,
    "de,ｅｎ": None,
    "john@example.com": None,
    "john@example.com,en;q=0.5": None,
    "+49 30 1234567": None,
    "203.0.113.77": None,
    '"en"': None,
    "en'--": None,
    # empty
    "": None,
    " ": None,
    ",": None,
    ";": None,
    ";q=1": None,
    ";q=1,en": "en",
    # long
    "en," * 341: "en",
    "en," * 342: None,
    "a" * 100_000: None,
    "en" + "-a" * 500: "en",
    "," * LONGEST: None,
    ";" * LONGEST: None,
}


@each_row(("header", "expected"), HEADERS.items(), ids=[ascii(header)[:40] for header in HEADERS])
def test_headers(header: str, expected: str | None) -> None:
    assert primary_language(header) == expected


def test_no_header() -> None:
    assert primary_language(None) is None


@each_row("code", sorted(each.part1 for each in ALL_LANGUAGES if each.part1))
def test_each_registered_two_letter_code_stands_for_itself(code: str) -> None:
    assert primary_language(code) == code
    assert primary_language(f"{code.upper()}-419;q=0.5") == code


pieces = st.sampled_from(
    ["en", "de", "haw", "zzz", "*", "-", ",", ";", "q", "=", "0", ".5", "1", " ", "\t", "x", "\0"]
)


@settings(derandomize=True, max_examples=500)
@given(st.text() | st.lists(pieces, max_size=40).map("".join) | st.text(st.characters(codec=None)))
@example("en" * LONGEST)
def test_any_text_has_a_registered_language_or_none(header: str) -> None:
    found = primary_language(header)
    assert found is None or found in CODES


@settings(derandomize=True, max_examples=100)
@given(st.text(max_size=100))
def test_what_follows_as_a_lesser_choice_changes_nothing(rest: str) -> None:
    elements = [element.split(";")[0] + ";q=0.4" for element in rest.split(",")]
    header = ",".join(["de-AT", *elements])
    assert primary_language(header) == ("de" if header.isascii() else None)
