"""Street addresses: a house number with a street's name, as written in several languages.

A street without a number ("baker street poster") and a number without a street stay. Years are not
house numbers, and a measure before the words ("12 inch", "4 piece") makes a product of them.
"""

import re2

from quietclicks.pipeline.scrub.spans import Finder, Span, has_digits, pattern, stands_alone

_WORD = r"[\p{L}][\p{L}'’.\-]*"
_HOUSE = r"[0-9]{1,4} ?(?:[a-z]|bis|ter)?(?: ?[/\-] ?[0-9]{1,4} ?[a-z]?)?"
_NO = r"(?:,? ?(?:n[or]?\.?|nº|n°|num\.?|number|#|д\.?|дом|no:)? ?)"

_GB_POSTCODE = r"[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][abd-hjlnp-uw-z]{2}"
_GB_UNITS = frozenset("gb tb lb ft hp ah hz".split())
_TAIL = (  # a town with a postal code belongs to the address
    r"(?:[ ,]+(?:apt|apartment|flat|unit|suite|ste|app|appt|wohnung|kv|кв)\.? ?#?[0-9a-z]{1,5})?"
    rf"(?:,? (?:{_WORD}[ ,]+){{0,3}}(?:[a-z]{{2}},? [0-9]{{5}}(?:-[0-9]{{4}})?|{_GB_POSTCODE}|[0-9]{{4,5}}(?: {_WORD})?))?"
)
_STREET_EN = (
    r"streets?|road|rd\.?|avenue|ave\.?|boulevard|blvd\.?|lane|crescent|terrace|mews|parkway|pkwy|"
    r"highway|hwy|turnpike|gardens|grove"
)
_STREET_EN_WEAK = r"st\.?|drive|dr\.?|ln\.?|court|ct\.?|place|pl\.?|square|sq\.?|way|close|circle"
_EN = rf"(?:(?:flat|apt|apartment|unit|suite|room)\.? [0-9]{{1,4}}[a-z]?,? )?([0-9]{{1,5}}[a-z]?),? ((?:(?:n|s|e|w|north|south|east|west|[0-9]{{1,3}}(?:st|nd|rd|th)|{_WORD})\.? ){{1,3}})"
_ENGLISH = pattern(rf"{_EN}(?:{_STREET_EN})({_TAIL})")
_ENGLISH_WEAK = pattern(rf"{_EN}(?:{_STREET_EN_WEAK})({_TAIL})")
_NOT_IN_A_STREET = frozenset(
    "inch inches in ft foot feet cm mm m km mile miles piece pieces pc pcs pack packs set sets pair light "
    "lights door doors drawer drawers tier shelf person people seat seater man way lane speed wheel wheels "
    "gb tb mb oz lb lbs kg g ml l qt quart gallon gal volt v watt w amp hp cc mph year years yr day days "
    "week weeks month months hour hours min minutes best top new old cheap great reasons ways things and or "
    "of the for to in on with hard flash disk usb external internal ssd solid four front rear all wall "
    "x by on percent cent season episode step steps route".split()
)
_NOT_AFTER_A_STREET = frozenset(
    "bike bikes bicycle king glide light lights lamp sign signs poster map maps style wear shoes tires tyre "
    "tyres fighter racing race racer food art print prints puzzle movie dvd cast book books album song game "
    "games trip runner rage hog legal clothes clothing fashion photography dance setting settings mat mats".split()
)
_GERMAN = pattern(
    rf"(?:[0-9]{{5}} {_WORD} )?(?:[\p{{L}}\-.]+ ){{0,1}}[\p{{L}}\-]*(?:straße|strasse|str\.?|gasse|allee|"
    rf"[\p{{L}}]{{3}}weg|[\p{{L}}]{{3}}platz|[\p{{L}}]{{3}}damm|[\p{{L}}]{{3}}ufer|chaussee|"
    rf"[\p{{L}}]{{2}}straat|[\p{{L}}]{{3}}laan|[\p{{L}}]{{3}}plein|[\p{{L}}]{{2}}gracht|[\p{{L}}]{{3}}kade|[\p{{L}}]{{3}}dijk|"
    rf"gatan|vägen|[\p{{L}}]{{3}}vej|veien|[\p{{L}}]{{3}}katu){_NO}{_HOUSE}({_TAIL})"
)
_ROMANCE_FIRST = pattern(  # the number, then the kind: French
    rf"[0-9]{{1,4}}(?: ?(?:bis|ter|[a-d]))?,? (?:(?:rue|allée|allee|impasse|chemin|boulevard|bld|quai|faubourg)(?: (?:{_WORD})){{1,4}}"
    rf"|(?:avenue|av\.?|place|route|cours|square|passage|bd\.?) (?:de la |de l'|du |des |de |d'|la |le |l')(?:{_WORD})(?: {_WORD}){{0,2}})"
    r"(?:,? [0-9]{5}(?: [\p{L}\-]+)?)?"
)
_KIND_FIRST = pattern(  # the kind, the name, the number: Spanish, Italian, Portuguese, Slavic, Turkish
    rf"(?:calle|c/|avenida|avda\.?|av\.|paseo|plaza|camino|ronda|travesía|via|viale|piazza|corso|vicolo|piazzale|"
    rf"rua|travessa|praça|estrada|ul\.|ul|ulica|aleja|al\.|osiedle|os\.|plac|улица|ул\.?|проспект|пр-т|просп\.?|"
    rf"переулок|пер\.|шоссе|бульвар|площадь|набережная|вулиця|вул\.?|οδός|ulice|utca|strada|str\.|bulevardul|شارع|רחוב) ?"
    rf"(?:{_WORD} ?){{1,4}}{_NO}([0-9]{{1,4}})(?:[a-zа-я]| [a-z]\b)?(?:/[0-9]{{1,4}})?(?:,? ?(?:кв|квартира|m|lok)\.? ?[0-9]{{1,4}})?"
    r"(?:,? [0-9]{2}-?[0-9]{3}(?: [\p{L}\-]+)?)?"
)
_KIND_LAST = pattern(  # Turkish, Hungarian, Finnish and the like: name, kind, number
    rf"{_WORD} (?:sokak|sokağı|sok\.|sk\.|caddesi|cadde|cad\.|bulvarı|mahallesi|mah\.|utca|út|tér|straße|strasse|str\.|"
    rf"platz|улица|проспект|straat|laan) ?(?:no ?:? ?)?[0-9]{{1,4}}[a-z]?(?:/[0-9]{{1,3}})?"
)
_COLOMBIAN = pattern(
    r"(?:calle|carrera|cra\.?|cl\.?|kr\.?|transversal|diagonal) [0-9]{1,3} ?[a-z]? ?(?:#|no\.?|n°) ?[0-9]{1,3}[a-z]? ?-? ?[0-9]{1,3}"
)
_EAST_ASIAN = pattern(
    r"〒 ?[0-9]{3}-?[0-9]{4}|[\p{Han}\p{Hiragana}\p{Katakana}]*[0-9]+ ?丁目(?: ?[0-9]+ ?番地?)?(?: ?[0-9]+ ?号?)?(?:[\-][0-9]+)*"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}]+[市区町村郡][\p{Han}\p{Hiragana}\p{Katakana}]*[0-9]+(?:-[0-9]+){1,3}"
    r"|\p{Han}+(?:路|街|大道|巷|弄)[0-9]+ ?(?:号|號|弄)(?:[0-9]+(?:号|室|楼))*"
    r"|\p{Hangul}+(?:시|구|군|동) (?:\p{Hangul}+ )*\p{Hangul}+(?:로|길) ?[0-9]+(?:번길 ?[0-9]+)?(?:-[0-9]+)?"
)
_BOX = pattern(
    r"(?:p\.? ?o\.? ?box|post office box|postfach|boîte postale|apartado(?: de correos)?|postbus|casella postale|skr\. poczt\.|а/я)[ .:#]*[0-9]{1,6}(?: [0-9]{1,4})?"
)
_POSTCODE_GB = pattern(rf"(?:[0-9]{{1,4}}[a-z]?,? )?({_GB_POSTCODE})(?:,? [0-9]{{1,4}}[a-z]?)?")
_GB_AREAS = frozenset(
    "ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec en ex "
    "fk fy g gl gu ha hd hg hp hr hs hu hx ig ip iv ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn "
    "np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr "
    "ts tw ub w wa wc wd wf wn wr ws wv yo ze je gy im".split()
)
_POSTCODE_NL = pattern(
    r"[1-9][0-9]{3} ?[a-z]{2}[ ,]+[0-9]{1,4} ?[a-z]?|[0-9]{1,4}[ ,]+[1-9][0-9]{3} ?[a-z]{2}"
)
_POSTCODE_CA = pattern(r"[abceghj-npr-tvxy][0-9][abceghj-npr-tv-z] ?[0-9][abceghj-npr-tv-z][0-9]")
_ZIP = pattern(
    r"(?:a[klrz]|c[aot]|d[ce]|fl|ga|hi|i[adln]|k[sy]|la|m[adeinost]|n[cdehjmvy]|o[hkr]|pa|ri|s[cd]|t[nx]|ut|v[at]|w[aivy]) [0-9]{5}-[0-9]{4}"
)


def streets(regions: tuple[str, ...]) -> Finder:
    """The finder: streets of any language here, bare postcodes of the regions alone."""

    def find(text: str) -> list[Span]:
        if not has_digits(text, 1):
            return []
        found = [m.span() for m in _BOX.finditer(text)]
        found += (m.span() for m in _ENGLISH.finditer(text) if _is_english(text, m, weak=False))
        found += (m.span() for m in _ENGLISH_WEAK.finditer(text) if _is_english(text, m, weak=True))
        for kind in (_GERMAN, _ROMANCE_FIRST, _KIND_LAST, _COLOMBIAN):
            found += (m.span() for m in kind.finditer(text) if stands_alone(text, *m.span()))
        found += (m.span() for m in _KIND_FIRST.finditer(text) if _is_kind_first(text, m))
        if not text.isascii():
            found += (m.span() for m in _EAST_ASIAN.finditer(text))
        if "GB" in regions and has_digits(text, 2):
            found += (m.span() for m in _POSTCODE_GB.finditer(text) if _is_postcode_gb(text, m))
        if "NL" in regions and has_digits(text, 5):
            found += (
                m.span() for m in _POSTCODE_NL.finditer(text) if stands_alone(text, *m.span())
            )
        if "CA" in regions and has_digits(text, 3):
            found += (
                m.span() for m in _POSTCODE_CA.finditer(text) if stands_alone(text, *m.span())
            )
        if "US" in regions and has_digits(text, 9):
            found += (m.span() for m in _ZIP.finditer(text) if stands_alone(text, *m.span()))
        return found

    return find


def _is_english(text: str, match: "re2._Match[str]", *, weak: bool) -> bool:
    number, names, tail = match[1], match[2].lower().split(), match[3]
    if not stands_alone(text, *match.span()) or not _NOT_IN_A_STREET.isdisjoint(names):
        return False
    if tail:
        return True
    after = text[match.end() :].strip(" ")
    if len(number) == 4 and number[:2] in ("19", "20"):
        return after.startswith(",")
    if weak:  # only where nothing else is said
        return after.startswith(",") or (not after and match.start() == 0)
    return not after or after.split(" ", 1)[0].lower() not in _NOT_AFTER_A_STREET


def _is_kind_first(text: str, match: "re2._Match[str]") -> bool:
    before = text[max(match.start() - 1, 0) : match.start()]
    end = match.end() == len(text) or not text[match.end()].isalnum()
    year = len(match[1]) == 4 and match[1][:2] in ("19", "20")
    return end and not before.isalnum() and not year


def _is_postcode_gb(text: str, match: "re2._Match[str]") -> bool:
    code = match[1].lower()
    area = code[: 2 if code[1].isalpha() else 1]
    if area not in _GB_AREAS or code[-2:] in _GB_UNITS or not stands_alone(text, *match.span()):
        return False
    return " " in code or match[0] != match[1]
