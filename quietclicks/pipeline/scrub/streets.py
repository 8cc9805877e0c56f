"""Street addresses: a house number with a street's name, as several languages write it.

A street without a number ("baker street poster") and a number without a street stay. Years are not
house numbers, and a measure among the words ("12 inch", "4 piece") makes a product of them.
"""

from collections.abc import Iterator
from typing import Any

from quietclicks.pipeline.scrub.postcodes import US_STATE
from quietclicks.pipeline.scrub.spans import Match, Span, pattern, stands_alone

_WORD = r"[\p{L}][\p{L}'’.\-]*"
_HOUSE = r"[0-9]{1,4}(?: ?(?:[a-z]|bis|ter)\b)?(?: ?[/\-] ?[0-9]{1,4} ?[a-z]?\b)?"
_NUMBER = r"(?:,? ?(?:n[or]?\.?|nº|n°|num\.?|number|#|д\.?|дом|no:) ?|,? ?)"
_GB_POSTCODE = r"[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][abd-hjlnp-uw-z]{2}\b"
_UNIT = (
    r"(?:apt|apartment|flat|unit|suite|ste|app|appt|wohnung|room|kv|кв)\.? ?#?[0-9]{1,4}[a-z]?\b"
)
# A flat, and a town with its postal code, belong to the address.
_TAIL = (
    rf"(?:[ ,]+{_UNIT})?"
    rf"(?:,? (?:{_WORD}[ ,]+){{0,3}}?"
    rf"(?:[a-z]{{2}},? [0-9]{{5}}(?:-[0-9]{{4}})?|{_GB_POSTCODE}|[0-9]{{4,5}}\b(?: {_WORD})?))?"
)

_IN_STATE = pattern(rf"^,? {_WORD}(?: {_WORD})?,? {US_STATE}$")
_SHORT = frozenset("st dr ln ct pl".split())
_GOES_ON = frozenset("for near in to from and or with".split())
_DIRECTIONS = frozenset("n s e w ne nw se sw".split())
_DIRECTED = pattern(r"^(?:[nsew]|[ns][ew]) |[0-9](?:st|nd|rd|th) $")
# English: 12 High Street. Some kinds are everyday words and need more around them.
_KIND = (
    r"streets?|road|rd\.?|avenue|ave\.?|boulevard|blvd\.?|lane|crescent|terrace|mews|parkway|pkwy|"
    r"highway|hwy|turnpike|gardens|grove"
)
_EVERYDAY_KIND = r"st\.?|drive|dr\.?|ln\.?|court|ct\.?|place|pl\.?|square|sq\.?|way|close|circle"
_NAMES = rf"((?:(?:[nsew]|[0-9]{{1,3}}(?:st|nd|rd|th)|{_WORD})\.? ){{1,3}})"
_ENGLISH = pattern(
    rf"(?:{_UNIT},? )?([0-9]{{1,5}}[a-z]?),? {_NAMES}(?:(?:{_KIND})|({_EVERYDAY_KIND}))({_TAIL})"
)
_MEASURES = frozenset(
    "inch inches ft foot feet cm mm m km mile miles piece pieces pc pcs pack packs set sets "
    "pair light lights door doors drawer drawers tier shelf seat seater speed wheel wheels gb "
    "tb mb mg mcg iu oz lb lbs kg g ml l qt quart gallon gal volt v watt w amp hp cc mph year "
    "years day days week weeks month months hour hours min minutes percent cent yr "
    "degree degrees".split()
)
_NOT_A_NAME = _MEASURES | set(
    "in person people man way lane best top new old cheap great reasons ways things and or of "
    "the for to on with hard flash disk usb external internal ssd solid four front rear all "
    "wall x by season episode step steps route st nd rd th".split()  # "42 nd street musical"
)
_EVERYDAY_FIRST = frozenset("via plaza corso strada rua ul ronda estrada".split())
_NOT_NEXT = frozenset(
    "bike bikes bicycle king glide light lights lamp sign signs poster map maps style wear "
    "shoes tires tyre tyres fighter racing race racer food art print prints puzzle movie dvd "
    "cast book books album song game games trip runner rage hog legal clothes clothing fashion "
    "photography dance setting settings mat mats".split()
)

# Germanic and Nordic: the kind is the end of the word, the number follows.
_COMPOUND = pattern(
    rf"(?:[0-9]{{5}} {_WORD},? )?(?:[\p{{L}}\-]+|{_WORD} )"
    r"(?:straße|strasse|str\.?|gasse|allee|chaussee|[\p{L}]{3}(?:weg|platz|damm|ufer)|"
    r"[\p{L}]{3}(?:straat|laan|plein|gracht|kade|dijk)|gatan|vägen|[\p{L}]{3}(?:vej|katu)|[\p{L}]{4}(?:gaden?|ntie)|allé|veien)"
    rf"{_NUMBER}{_HOUSE}({_TAIL})"
)
# Any name, its number, and the town's postal code behind: "unter den linden 77, 10117 berlin".
_WITH_TOWN = pattern(
    r"(?:(?:am|an der|an den|auf dem|auf der|im|in der|unter den|zum|zur|alte[rn]?|neue[rn]?) )?"
    rf"{_WORD} [0-9]{{1,3}} ?[a-z]?,? (?:[0-9]{{5}}|[0-9]{{2}}-[0-9]{{3}}|[0-9]{{4}} [a-z]{{2}}),?"
    r" [\p{L}]{3,}"
)
# French: 12 bis rue de la Paix.
_FRENCH = pattern(
    r"[0-9]{1,4}(?: ?(?:bis|ter|quater|[a-d]))?,? (?:"
    rf"(?:rue|allée|allee|impasse|chemin|boulevard|bld|quai|faubourg)(?: {_WORD}){{1,4}}"
    r"|(?:avenue|av\.?|place|route|cours|square|passage|bd\.?) (?:de la |de l['’]|du |des |de |"
    r"d['’]"
    rf"|la |le |l['’]){_WORD}(?: {_WORD}){{0,2}})(?:,? [0-9]{{5}}(?: [\p{{L}}\-]+)?)?"
    rf"|[0-9]{{1,3}},? (?:avenue|av\.?|cours)(?: {_WORD}){{1,4}},? [0-9]{{5}}"
    r" [\p{L}\-]+"
)
# Romance, Slavic, Greek, Arabic, Hebrew: the kind, the name, the number.
_KIND_FIRST = pattern(
    r"(?:(?:calle|avenida|avda|paseo|plaza|ronda|travesía|via|viale|piazza|corso|vicolo|piazzale|rua|"
    r"travessa|praça|estrada|carrer|passeig|plaça|ul|ulica|alej[ae]|osiedle|plac|улица|ул|проспект|пр-т|переулок|шоссе|"
    r"бульвар|площадь|набережная|вулиця|οδός|ulice|strada|bulevardul|شارع|רחוב) |"
    r"(?:c/|avda\.|av\.|ul\.|al\.|os\.|ул\.|просп\.|пер\.|вул\.|str\.) ?)"
    rf"(?:{_WORD}(?:, ?| )){{1,4}}(?:(?:n[or]?\.?|nº|n°|num\.?|#|д\.?|дом) ?)?([0-9]{{1,4}})"
    r"(?:[a-zа-я]|/[0-9]{1,4})?(?:,? ?(?:кв|квартира|m|lok)\.? ?[0-9]{1,4}| [a-z]\b)?"
    r"(?:,? [0-9]{2}-?[0-9]{3}(?: [\p{L}\-]+)?)?"
)
# Turkish, Hungarian and others: the name, the kind, the number.
_KIND_LAST = pattern(
    rf"{_WORD} (?:sokak|sokağı|sok\.|sk\.|caddesi|cadde|cad\.|bulvarı|mahallesi|mah\.|utca|"
    rf"út|tér|náměstí|ул\.,?|"
    r"straße|strasse|str\.|platz|улица|проспект|straat|laan) ?(?:no ?:? ?)?[0-9]{1,4}[a-z]?"
    r"(?:/[0-9]{1,3})?(?:,? ?(?:daire|d\.|kat|k\.) ?(?:no ?)?:? ?[0-9]{1,3})*"
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
# One look for any of the words above, so that most texts with a digit cost no more.
_HINT = pattern(
    rf"(?:^|[ ,])(?:{_KIND}|{_EVERYDAY_KIND})(?:$|[ ,])|[0-9] ?(?:bis |ter )?,? ?(?:rue|all[ée]e|"
    rf"impasse|"
    r"chemin|boulevard|bld|quai|faubourg|avenue|av|place|route|cours|square|passage|bd)\b|"
    r"stra(?:ß|ss)e|"
    r"str\.? ?[0-9]|gasse|allee|chaussee|weg|platz|damm|ufer|straat|laan|plein|gracht|kade|dijk|"
    r"gatan|"
    r"vägen|vej|katu|veien|calle|c/|avenida|avda|av\.|paseo|plaza|ronda|traves|via |viale|"
    r"piazza|carrer|passeig|plaça|"
    r"corso|vicolo|rua |praça|estrada|\bul|alej|al\.|os\.|osiedle|plac |strada|str\.|bulev|sok|"
    r"sk\.|cad|út |tér |nám|gade|ntie|allé|"
    r"bulvar|mah|utca|carrera|cra|cl\.? |kr\.? |transversal|diagonal|box|post|apartado|casella|"
    r"poczt|[^ -ɏ]|"
    r"[\p{L}] [0-9]{1,3} ?[a-z]?,? (?:[0-9]{5}|[0-9]{2}-[0-9]{3}|[0-9]{4} [a-z]{2} )"
)


def streets(text: str) -> list[Span]:
    """Every street with its house number, and what belongs to it; post office boxes."""
    if not _HINT.search(text):
        return []
    found = [m.span() for m in _BOX.finditer(text)]
    found += (m.span() for m in _ENGLISH.finditer(text) if _is_english(text, m))
    for kind in (_COMPOUND, _WITH_TOWN, _FRENCH, _KIND_LAST, _COLOMBIAN):
        found += (span for span, _ in _whole(kind, text))
    found += (span for span, m in _whole(_KIND_FIRST, text) if _is_kind_first(text, span[1], m))
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
    number, names, everyday, tail = match[1], match[2].lower().split(), match[3], match[4]
    if len(names) > 1 and names[0] in _DIRECTIONS:
        names = names[1:]  # "100 w main st": not watts
    if not stands_alone(text, *match.span()) or not _NOT_A_NAME.isdisjoint(names):
        return False
    after = text[match.end() :].strip()
    if tail:
        return True
    if _is_year(number):
        return False
    if after.startswith(","):
        return True
    if everyday:  # only where nothing else is said, or what only addresses say
        alone = not after and match.start() == 0
        telling = (
            _DIRECTED.search(match[2])
            or _IN_STATE.search(text[match.end() :])
            # "st" and "dr" before a name are a saint and a doctor: "101 nights dr seuss".
            or (len(number) > 2 and everyday.lower().rstrip(".") in _SHORT and _ends(after))
        )
        return alone or bool(telling)
    return not after or after.split(" ", 1)[0].lower() not in _NOT_NEXT


def _ends(after: str) -> bool:
    return not after or after.split(" ", 1)[0].lower() in _GOES_ON


def _is_kind_first(text: str, end: int, match: Match) -> bool:
    if _is_year(match[1]):
        return False
    words = match[0].lower().split()
    if words[0] in _EVERYDAY_FIRST and len(match[1]) == 1 and len(words) < 4:
        return False  # "via rail 1"
    return text[end:].strip().split(" ", 1)[0].lower() not in _MEASURES


def _is_year(number: str) -> bool:
    return len(number) == 4 and number[:2] in ("19", "20")
