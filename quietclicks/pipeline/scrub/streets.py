"""Street addresses: a house number with a street's name, as several languages write it.

A street without a number ("baker street poster") and a number without a street stay. Years are not
house numbers, and a measure among the words ("12 inch", "4 piece") makes a product of them.
"""

from collections.abc import Iterator
from typing import Any

from quietclicks.pipeline.scrub.postcodes import US_STATE
from quietclicks.pipeline.scrub.spans import Match, Span, pattern, stands_alone
from quietclicks.pipeline.scrub.street_names import (
    BY_PLACE,
    FLAT,
    GB_POSTCODE,
    HINT,
    HOUSE,
    NAMES,
    NO_YEAR,
    NUMBER_WORD,
    NUMBERED_ROADS,
    POSTCODE,
    TAIL,
    TOWN_FIRST,
    UNIT,
    WORD,
)

_IN_STATE = pattern(rf"^,? ?{WORD}(?: {WORD}){{0,2}},? {US_STATE}$")
_GOES_ON = frozenset("for near in to from and or with".split())
_DIRECTIONS = frozenset("n s e w ne nw se sw".split())
_DIRECTED = pattern(r"^(?:[nsew]|[ns][ew]) |[0-9](?:st|nd|rd|th) $")
# English: 12 High Street. Some kinds are everyday words and need more around them.
_KIND = (
    r"streets?|road|rd|avenue|ave|boulevard|blvd|lane|crescent|cres|terrace|mews|parkway|pkwy|"
    r"highway|hwy|turnpike|gardens|grove|trail|trl|expressway|causeway|cottages"
)
_EVERYDAY_KIND = (
    r"st|drive|dr|ln|court|ct|place|pl|square|sq|way|close|circle|loop|cove|walk|rise|hill|"
    r"croft|row|villas|mount|vale|drove|garth|wynd|plaza|cutting|quay"
)
# Before a comma or a postcode alone.
_WEAK_KIND = (
    r"view|park|green|gate|mead|meadows?|fields?|chase|orchard|yard|fold|parade|brae|grange|"
    r"paddock|lea|path|heights|copse|ridge|glade|bank|commons?|isle"
)
_NAME = rf"(?:(?:[nsew]|[0-9]{{1,3}}(?:st|nd|rd|th)|{WORD})\.? )"
_FRONT = rf"(?:{UNIT},? )?([0-9]{{1,5}}(?: ?[a-z]\b)?(?: ?[\-/] ?[0-9]{{1,5}}[a-z]?)?),? "
_ENGLISH = pattern(  # as few names as possible: "30 bolton close st helens"
    rf"{_FRONT}({_NAME}{{1,4}}?)"
    rf"(?:(?:{_KIND})|({_EVERYDAY_KIND})(?: (?:({_KIND})|{_EVERYDAY_KIND})\b)?)\b\.?"
    rf"(?: (?:(?:north|south)(?:east|west)?|east|west)\b)?({TAIL})"
)
_WEAKLY_ENGLISH = pattern(rf"{_FRONT}({_NAME}{{1,4}})(?:{_WEAK_KIND})(?:, |\b({TAIL}))")
# Whatever stands between a number and a state with its ZIP, or a British postcode.
_NUMBER_FIRST = pattern(
    rf"[0-9]{{1,6}}[a-z]?,? (?:(?:{WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)),? ){{1,7}}"
    rf"(?:{US_STATE},? [0-9]{{5}}(?:-[0-9]{{4}})?|{GB_POSTCODE})"
)
_MEASURES = frozenset(
    "inch inches ft foot feet cm mm m km mile miles piece pieces pc pcs pack packs set sets "
    "pair light lights door doors drawer drawers tier shelf seat seater speed wheel wheels gb "
    "tb mb mg mcg iu oz lb lbs kg g ml l qt quart gallon gal volt v watt w amp hp cc mph year "
    "years day days week weeks month months hour hours min minutes percent cent yr "
    "degree degrees meter liter stern sterne personen person zimmer tage tag wochen monate jahre "
    "jahr kinder euro eur prozent uhr teilig stück stunden std minuten qm rpm btu lumen lm mah dpi "
    "psi bedroom bedrooms bed beds panel panels bulb bulbs usb".split()
)
_NOT_A_NAME = _MEASURES | set(
    "in person people man way lane best top cheap great reasons ways things and or of "
    "the for to on with hard flash disk usb external internal ssd solid four front rear all "
    "wall x by season episode step steps route circuit supreme appeals district".split()
)
_NOT_OF_A_ROAD = _NOT_A_NAME - {"the"}  # "12 the crescent"
_ORDINALS = frozenset("st nd rd th".split())  # "42 nd street musical"
_NEW = frozenset("new old big full".split())  # of a road, but not of a drive or a place
_MONTHS = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember "
    "january february march may june july october december janvier février mars avril juin "
    "juillet août octobre novembre décembre".split()
)
_NO_ADDRESS = _MEASURES | _MONTHS
_EVERYDAY_FIRST = frozenset("via ul".split())
_NOT_NEXT = frozenset(
    "bike bikes bicycle king glide light lights lamp sign signs poster map maps style wear "
    "shoes tires tyre tyres fighter racing race racer food art print prints puzzle movie dvd "
    "cast book books album song game games trip runner rage hog legal clothes clothing fashion "
    "photography dance setting settings mat mats".split()
)

_PREPOSITIONS = frozenset("am an auf im in beim zum zur vor hinter alter neuer alten neuen".split())
_COMMON = frozenset("high main church mill station market bridge".split())  # names of streets
_SHORT = frozenset("st dr ln ct pl sq".split())  # a saint and a doctor, among others

# The number behind the name: "Hauptstraße 12", "rue de la Loi 16", "ul. Długa 5 m. 3".
_NAMED = pattern(rf"{TOWN_FIRST}(?:{NAMES}){NUMBER_WORD}([0-9]{{1,4}}(?:{FLAT})+|{HOUSE})({TAIL})")
# "Am Flur 2, Neunkirchen", "place Borgval 75, Vilvoorde": any name, where a town follows.
_BEFORE_TOWN = pattern(
    rf"(?:^|[ ,])((?:{BY_PLACE}|place|route|square|passage|cours) "
    rf"(?:{WORD} ){{0,2}}{WORD} ({HOUSE}))"
    r", ?[\p{L}]{3,}"
)
# Any name, where the town's postal code stands beside: "unter den linden 77, 10117 berlin".
_WITH_TOWN = pattern(
    r"(?:(?:am|an der|an den|auf dem|im|in der|unter den|zum|zur|alte[rn]?|neue[rn]?) )?"
    rf"(?:[\p{{L}}\-]+er )?{WORD} {HOUSE}(?:, ?{POSTCODE}| {NO_YEAR}),? ([\p{{L}}]{{3,}})"
    rf"|{NO_YEAR} {WORD}(?: {WORD}){{0,3}}, (?:{WORD} ){{1,5}}{HOUSE}"
)
_FRENCH_KIND = (
    "rue|allée|allee|impasse|chemin|boulevard|bld|quai|faubourg|chaussée|ruelle|drève|venelle"
)
# French: 12 bis rue de la Paix.
_FRENCH = pattern(
    r"[0-9]{1,4}(?: ?(?:bis|ter|quater|[a-d]))?,? (?:"
    rf"(?:{_FRENCH_KIND})"
    rf"(?: {WORD}){{1,4}}"
    r"|(?:avenue|av\.?|place|route|cours|square|passage|bd\.?) (?:de la |de l['’]|du |des |de |"
    r"d['’]"
    rf"|la |le |l['’]){WORD}(?: {WORD}){{0,2}})(?:,? [0-9]{{5}}(?: [\p{{L}}\-]+)?)?"
    rf"|[0-9]{{1,3}},? (?:avenue|av\.?|cours)(?: {WORD}){{1,4}},? [0-9]{{5}}"
    r" [\p{L}\-]+"
)
_COLOMBIAN = pattern(
    r"(?:calle|carrera|cra\.?|cl\.?|kr\.?|transversal|diagonal) [0-9]{1,3} ?[a-z]? ?(?:#|no\.?|"
    r"n°) ?"
    r"[0-9]{1,3}[a-z]?(?: ?- ?[0-9]{1,3})?"
)
_CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
_EAST_ASIAN = pattern(
    rf"〒 ?[0-9]{{3}}-?[0-9]{{4}}|{_CJK}*[0-9]+ ?丁目(?:[ \-]?[0-9]+(?: ?番地?| ?号)?)*"
    rf"|(?:[0-9]{{3}}-[0-9]{{4}} ?)?{_CJK}+[市区町村郡]{_CJK}*[0-9]+(?:-[0-9]+){{1,3}}"
    r"|\p{Han}+(?:路|街|大道|巷|弄)[0-9]+ ?(?:号|號|弄)(?:[0-9]+(?:号|室|楼))*"
    r"|\p{Hangul}+(?:시|구|군|동) (?:\p{Hangul}+ )*\p{Hangul}+(?:로|길) ?[0-9]+(?:번길 ?[0-9]+)?"
    r"|\p{Hangul}+(?:시|구|군) (?:\p{Hangul}+ )*\p{Hangul}+(?:동|리|가) ?[0-9]+(?:-[0-9]+)?"
)
_BOX = pattern(
    r"(?:p\.? ?o\.? ?box|post office box|postfach|boîte postale|apartado(?: de correos)?|postbus|"
    r"casella postale|skr\. poczt\.|а/я)[ .:#]*[0-9]{1,6}(?: [0-9]{1,4}){0,2}"
)
_HINT = pattern(
    rf"[0-9].*[ ,](?:{_KIND}|{_EVERYDAY_KIND}|{_WEAK_KIND}|{_FRENCH_KIND})(?:$|[ ,.])|{HINT}|"
    r"carrera|cra|cl\.? |kr\.? |transversal|diagonal|box|post|apartado|casella|"
    r"poczt|[^ -ɏ]|"
    rf"[0-9] ?(?:bis |ter )?,? ?(?:av|route|cours|passage)\b|{US_STATE},? [0-9]{{5}}|{GB_POSTCODE}|"
    rf"[0-9] ?[a-z]?,? {POSTCODE} |{NO_YEAR} [^0-9]*, "
)


def streets(text: str) -> list[Span]:
    """Every street with its house number, and what belongs to it; post office boxes."""
    if not _HINT.search(text):
        return []
    found = [m.span() for m in _BOX.finditer(text)]
    found += (m.span() for m in _ENGLISH.finditer(text) if _is_english(text, m))
    found += (
        (m.start(), m.end() - 2 * m[0].endswith(", "))
        for m in _WEAKLY_ENGLISH.finditer(text)
        if _is_weakly_english(text, m)
    )
    found += (m.span(1) for m in _BEFORE_TOWN.finditer(text) if not _is_year(m[2]))
    found += (span for span, m in _whole(_NAMED, text) if _is_named(text, span, m))
    for kind in (_NUMBER_FIRST, _FRENCH, _COLOMBIAN):
        found += (span for span, _ in _whole(kind, text))
    found += (
        span
        for span, m in _whole(_WITH_TOWN, text)
        if (m[1] or "").lower() not in _MEASURES and _MONTHS.isdisjoint(m[0].lower().split())
    )
    if not text.isascii():
        found += (m.span() for m in _EAST_ASIAN.finditer(text))
    return found


def _whole(kind: Any, text: str) -> Iterator[tuple[Span, Match]]:
    """The matches that stand alone, cut before a word that they end within.

    RE2's word boundary knows ASCII alone: it sees one behind the "m" of "hauptstraße 12 münchen".
    """
    for match in kind.finditer(text):
        start, end = match.span()
        while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
            end -= 1
        if end < match.end():
            end = start + len(text[start:end].rstrip(" ,"))
            match = kind.fullmatch(text[start:end])
        if match and stands_alone(text, start, end):
            yield (start, end), match


def _is_english(text: str, match: Match) -> bool:
    names, tail = _names(match), match[5]
    everyday = match[3] and not match[4]  # "244 cowley hill lane"
    no_names = _NOT_A_NAME if everyday else _NOT_OF_A_ROAD
    if not stands_alone(text, *match.span()) or not no_names.isdisjoint(names):
        return False
    if _ORDINALS.issuperset(names) or (everyday and not _NEW.isdisjoint(names)):
        return False
    after = text[match.end() :].strip()
    if tail or after.startswith(","):
        return True
    if _is_year(match[1]):
        return _IN_STATE.search(after) is not None
    if everyday:  # only where nothing else is said, or what only addresses say
        alone = not after and match.start() == 0
        return alone or _is_telling(match, names[-1], after)
    return not after or after.split(" ", 1)[0].lower() not in _NOT_NEXT


def _is_weakly_english(text: str, match: Match) -> bool:
    names = _names(match)
    behind = match[0].endswith(", ") or match[3]  # a town, or its postal code
    return bool(behind) and _NOT_A_NAME.isdisjoint(names) and _NEW.isdisjoint(names)


def _names(match: Match) -> list[str]:
    names: list[str] = match[2].lower().replace(".", "").split()
    if len(names) > 1 and names[0] in _DIRECTIONS:
        return names[1:]  # "100 w main st": not watts
    return names


def _is_telling(match: Match, name: str, after: str) -> bool:
    """Whether a direction, a state or a town makes "drive" or "st" a street."""
    if _DIRECTED.search(match[2]) or _IN_STATE.search(after):
        return True
    short, words = match[3].lower() in _SHORT, after.lower().split()
    if short and name not in _COMMON and (len(match[1]) < 3 or name.endswith("s")):
        return False  # "101 nights dr seuss"
    if not words or words[0] in _GOES_ON:
        return short
    town = len(words) < 4 and all(map(_is_word, words))
    return town and _NOT_NEXT.isdisjoint(words) and _MEASURES.isdisjoint(words)


def _is_word(word: str) -> bool:
    return word.replace("-", "").replace("'", "").replace(".", "").isalpha()


def _is_named(text: str, span: Span, match: Match) -> bool:
    names = match[0][: match.start(1) - match.start()].lower().replace(",", " ").split()
    if match[2]:  # a town with its postal code
        return True
    if _is_year(match[1]):
        return False
    if names[-1] in NUMBERED_ROADS and names[0] not in _PREPOSITIONS:
        return text[span[1] :].startswith(",")  # only with a town
    everyday = names[0] in _EVERYDAY_FIRST or names[-1] == "gate"
    if everyday and len(match[1]) == 1 and len(names) < 3:
        return False  # "via rail 1", "baldurs gate 3"
    return _next_word(text, span[1]) not in _NO_ADDRESS


def _next_word(text: str, end: int) -> str:
    return text[end:].strip(" .,").split(" ", 1)[0].lower()


def _is_year(number: str) -> bool:
    return len(number) == 4 and number.isdigit() and number[:2] in ("19", "20")
