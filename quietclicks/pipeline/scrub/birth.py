"""Dates that are likely somebody's birth: after a word for it, or a whole date of a living person.

Years alone, dates without a year and recent dates are honest ("1984 orwell", "2024 calendar").
"""

import re

from quietclicks.pipeline.scrub.spans import Span, count_digits, pattern, stands_alone

_MONTHS = (
    "jan(?:uary|uar|vier|uari|ner)?|januar|jänner|feb(?:ruary|ruar|ruari)?|f[ée]vr?(?:ier)?|"
    "mar(?:ch|s|zo)?|m(?:[äa]|ae)rz|maart|mrt|apr(?:il|ile)?|avr(?:il)?|abril|may|mai|mei|maj|mayo|maggio|"
    "maio|jun(?:e|i|io|ho)?|juin|giugno|jul(?:y|i|io|ho)?|juil(?:let)?|luglio|aug(?:ust|"
    "ustus|usti)?|ao[uû]t|agosto|ago|sep(?:t(?:ember|embre|iembre)?)?|settembre|setembro|"
    "o[ck]t(?:ober|obre|ubre)?|ottobre|outubro|nov(?:ember|embre|iembre|embro)?|de[cz](?:ember|"
    "embre|iembre|embro)?|d[ée]c(?:embre)?|diciembre|enero|ene|gennaio|janeiro|febrero|"
    "febbraio|fevereiro|marzo|marca|stycznia|lutego|kwietnia|maja|czerwca|lipca|sierpnia|"
    "września|października|listopada|grudnia|января|февраля|марта|апреля|мая|июня|июля|августа|"
    "сентября|октября|ноября|декабря|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|"
    "ekim|kasım|aralık|يناير|فبراير|مارس|أبريل|ابريل|مايو|يونيو|يوليو|أغسطس|اغسطس|سبتمبر|أكتوبر|"
    "اكتوبر|نوفمبر|ديسمبر|जनवरी|फरवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|सितम्बर|अक्टूबर|नवंबर|नवम्बर|"
    "दिसंबर|दिसम्बर"
)
_DAY, _MONTH, _YEAR = "(?:3[01]|[12][0-9]|0?[1-9])", "(?:1[0-2]|0?[1-9])", "(?:19|20)[0-9]{2}"
_DAY_2, _MONTH_2 = "(?:3[01]|[12][0-9]|0[1-9])", "(?:1[0-2]|0[1-9])"
_ORDINAL = r"(?:st|nd|rd|th|\.|º|er|e)?"
_OF = r"(?:[ .,/\-]*(?:of |de |del |d')?)"
_FULL = (
    "|".join(  # one kind of sign between, for "2.5 2.5.2 2008" is versions
        rf"{_DAY}{sign}{_MONTH}{sign}{_YEAR}r?|{_MONTH}{sign}{_DAY}{sign}{_YEAR}"
        rf"|{_YEAR}{sign}{_MONTH}{sign}{_DAY}"
        for sign in (r" ?/ ?", r" ?\. ?", r" ?\- ?", "_", " ?, ?", " ?[·•] ?")
    )
    + rf"|{_DAY_2} {_MONTH_2} {_YEAR}|{_YEAR} {_MONTH_2} {_DAY_2}"
    rf"|{_YEAR} ?[年년] ?{_MONTH} ?[月월] ?{_DAY} ?[日일]?生?"
    rf"|{_DAY}{_ORDINAL}{_OF}(?:{_MONTHS}){_OF}(?:de |del )?{_YEAR}"
    rf"|(?:{_MONTHS})[ .\-]+{_DAY}{_ORDINAL}[ ,\-]+{_YEAR}"
)
_COMPACT = rf"{_DAY_2}{_MONTH_2}{_YEAR}|{_MONTH_2}{_DAY_2}{_YEAR}|{_YEAR}{_MONTH_2}{_DAY_2}"
_LOOSE = (
    rf"{_FULL}|{_DAY} ?[./\- ] ?{_MONTH} ?[./\- ] ?[0-9]{{2}}|"
    rf"{_MONTH} ?[./\- ] ?{_DAY} ?[./\- ] ?[0-9]{{2}}"
    rf"|(?:明治|大正|昭和|平成|令和) ?[0-9]{{1,2}} ?年 ?{_MONTH} ?月 ?{_DAY} ?日?"
    rf"|{_COMPACT}|[0-9]{{2}}{_MONTH_2}{_DAY_2}|{_DAY_2}{_MONTH_2}[0-9]{{2}}"
    rf"|{_MONTH_2}{_DAY_2}[0-9]{{2}}|{_YEAR}{_MONTH}{_DAY}|{_DAY}{_MONTH}{_YEAR}"
    rf"|{_DAY}{_ORDINAL}{_OF}(?:{_MONTHS})[ .,']+(?:del? )?[0-9]{{2}}"
    rf"|(?:{_MONTHS})[ .\-]+{_DAY}{_ORDINAL}[ ,.'\-]+[0-9]{{2}}"
)
_BORN = (
    "born|birth|birthday|birthdate|birth date|date of birth|dob|d\\.o\\.b|bday|b-day|geboren|"
    "geb|geburtstag|geburtsdatum|geburt|né|née|né le|née le|ne le|nee le|naissance|"
    "date de naissance|anniversaire|nacido|nacida|nacimiento|fecha de nacimiento|cumpleaños|"
    "nato il|nata il|nascita|data di nascita|nascido|nascida|nascimento|data de nascimento|"
    "geboortedatum|geb\\.datum|urodzony|urodzona|urodzenia|data urodzenia|ur\\.|född|"
    "fødselsdato|født|fødselsdag|syntynyt|syntymäaika|narozen|narozena|született|născut|"
    "родился|родилась|рождения|дата рождения|др|γεννήθηκε|doğum|doğum tarihi|d\\.?t|生年月日|"
    "生日|出生|생년월일|تاريخ الميلاد|مواليد|תאריך לידה|जन्म|जन्मतिथि"
)
# Part of the pattern, so that "20051985" is tried in every order of day, month and year.
_END = r"(?:[^\p{L}\p{N}]|$)"
_WITH_WORD = pattern(
    rf"(?:^|[^\p{{L}}\p{{N}}])(?:{_BORN})(?:[ .:=\-]|is |on |am |le |el |il |em |den |"
    rf"op )*({_LOOSE}){_END}"
)
_BEFORE_WORD = pattern(rf"(?:^|[^\p{{L}}\p{{N}}])({_COMPACT})[ ,:\-]+(?:{_BORN}){_END}")
_WITHOUT = pattern(rf"(?:{_FULL})")
_FIND_YEAR = pattern(r"(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)")
_NUMBER = re.compile("[0-9]+")
# The numbers of a day, the smallest first, since people write them in every order.
_FAMOUS = frozenset(
    {
        (7, 12, 1941),  # Pearl Harbor
        (6, 6, 1944),  # the landing in Normandy
        (5, 8, 1945),  # the end of the war in Europe
        (11, 22, 1963),  # John F. Kennedy's death
        (7, 20, 1969),  # the landing on the moon
        (9, 11, 1989),  # the Berlin wall
        (3, 10, 1990),  # the German unification
        (9, 11, 2001),  # the attacks in New York
    }
)
_MONTH_OF = pattern(
    "(jan|ene|gen)|(feb|f[ée]v)|(mar|m[äa]r|maer|maa)|(apr|avr|abr)|(may|mai|mei|maj|mag)|"
    "(jun|juin|giu)|(jul|juil|lug)|(aug|ao|ago)|(sep|set)|(o[ck]t|ott|out)|(nov)|(de[cz]|d[ée]c|dic)"
)
_EVENT = pattern(
    r"\b(?:on|from|since|until|news|newspaper|weather|temperatures?|forecast|elections?|primary|"
    r"hearing|trial|verdict|attacks?|events|accident|crash|earthquake|tornado|hurricane|storm|flood|"
    r"dated|speech|act|law|bill|regulations?|register|signed|lightning|eclipse|game|match|concert|auction|lottery|winning|results?|obituar(?:y|ies)|deaths?|"
    r"articles?|headlines|newsletter|journal|herald|episode|song|billboard|zodiac|holiday|"
    r"what day|day of the week|nachrichten|wetter|wahl|spiel|zeitung|lotto|unfall|erdbeben|"
    r"actualités?|météo|élections?|séisme|noticias|elecciones|notizie|elezioni|terremoto|nieuws)\b"
)
# Fixed, since the pipeline has no clock: nobody older, and hardly anybody younger, types one.
_FIRST_YEAR, _LAST_YEAR = 1905, 2012


def birth_dates(text: str) -> list[Span]:
    """Dates of birth, said or likely."""
    found = [m.span(1) for m in _WITH_WORD.finditer(text)]
    if count_digits(text) >= 5:
        found += (m.span(1) for m in _BEFORE_WORD.finditer(text))
        found += (m.span() for m in _WITHOUT.finditer(text) if _is_life_date(text, *m.span()))
    return found


def _is_life_date(text: str, start: int, end: int) -> bool:
    year = _FIND_YEAR.search(text[start:end])
    return (
        stands_alone(text, start, end)
        and text[max(start - 1, 0) : start] not in (".", "-", "/")
        and year is not None
        and _FIRST_YEAR <= int(year[1]) <= _LAST_YEAR
        and not _is_of_an_event(text, start, end)
    )


def _is_of_an_event(text: str, start: int, end: int) -> bool:
    """A day that everybody knows; or a day in words, in a text that asks what happened then."""
    numbers = sorted(int(number) for number in _NUMBER.findall(text[start:end]))
    in_words = any(map(str.isalpha, text[start:end]))
    if in_words and _EVENT.search(text):
        return True
    month = _MONTH_OF.search(text[start:end]) if in_words else None
    if month:
        numbers = sorted((*numbers, 1 + next(i for i in range(12) if month[i + 1])))
    return tuple(numbers) in _FAMOUS
