"""How streets are called where the number stands behind the name, and how the number is written.

Words and endings alone; `streets` says which numbers behind them make an address.
"""

WORD = r"[\p{L}][\p{L}'’.\-]*"
HOUSE = r"[0-9]{1,4}(?: ?(?:[a-z]|bis|ter)\b)?(?: ?[/\-] ?[0-9]{1,4}(?: ?[a-z])?\b)?"
NUMBER_WORD = r"(?:,? ?(?:n[or]?\.?|nº|n°|num\.?|number|#|д\.?|дом|no:) ?|,? ?)"
FLAT = r",? ?(?:кв|квартира|m|lok|daire|d\.|kat|k\.|top|bte|bus)\.? ?(?:no ?)?:? ?[0-9]{1,4}"
GB_POSTCODE = r"[a-z]{1,2}[0-9][0-9a-z]?[ .\-_]?[0-9][abd-hjlnp-uw-z]{2}\b"
# Five digits; four, which may be a year; and with a space, a hyphen or letters.
POSTCODE = (
    r"(?:(?:[a-z]{1,2}-)?(?:[0-9]{5}(?:-[0-9]{4})?|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|"
    r"[0-9]{4}(?: [a-z]{2})?)\b)"
)
NO_YEAR = (  # a postal code that cannot be read as one
    r"(?:[a-z]{1,2}-[0-9]{4,5}|[0-9]{5}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|"
    r"(?:1[0-8]|2[1-9]|[3-9][0-9])[0-9]{2}(?: [a-z]{2}\b)?)"
)
UNIT = (
    r"(?:apt|apartment|flat|unit|suite|ste|app|appt|wohnung|room|kv|кв|bte|bus|top|stiege)\.? ?#?"
    r"[0-9]{1,4}[a-z]?\b"
)
# A flat, and a town with its postal code, belong to the address.
TAIL = (
    rf"(?:[ ,]+{UNIT}|[ ,]*# ?(?:[0-9]{{1,4}}[a-z]?|[a-z][0-9]{{0,3}})\b)?"
    rf"(?:,? (?:{WORD}[ ,]+){{0,3}}?"
    rf"(?:[a-z]{{2}},? [0-9]{{5}}(?:-[0-9]{{4}})?|{GB_POSTCODE}|{POSTCODE}(?:,? {WORD})?))?"
)
TOWN_FIRST = rf"(?:{POSTCODE} {WORD}(?: {WORD}){{0,3}}?,? )?"

# Germanic and Nordic: the kind is the end of the word.
_ENDINGS = (
    r"stra(?:ß|ss)e|str\.?|gasse|gässli|allee|chaussee|siedlung|promenade|brücke|heide|s-?kai|quai|"
    r"graben|halde|lände|straat|straatje|laan|plein|gracht|kade|kaai|dijk|steenweg|dreef|baan|"
    r"plaats|singel|steeg|kouter|gatan?|gaten|gränd|stigen|torget|slingan|allén?|katu|kuja|polku|"
    r"veien|vegen|vägen"
)
_ENDINGS_OF_LONGER = "weg|wegel|platz|plätzli|damm|ufer|steige?|stieg|pfad|steg|vej|vei|väg|backen"
COMPOUND = (
    rf"(?:[\p{{L}}\-.]+|{WORD} )(?:{_ENDINGS})|[\p{{L}}\-.]{{3,}}(?:{_ENDINGS_OF_LONGER})"
    r"|[\p{L}\-.]{4,}(?:gaden?|ntie|lei|hof|brug|rui|dok|sluis|dries|hoeve|strand|zeile|[sn]ring)"
    r"|[\p{L}]+-[\p{L}\-]*-(?:hof|ring|park|bogen|markt|tor|grund|winkel)"
)
# "Senftenberger Ring", "Kongens gate": an adjective of a place, or of whose it was.
_OF_PLACE = (
    "ring|platz|allee|weg|damm|ufer|steig|pfad|park|promenade|chaussee|brücke|gang|hof|markt"
)
_OF_SOMEBODY = "gate|väg|gata|gränd|plass|plats|torg|vei|vej|allé"
_ADJECTIVE = (
    rf"[\p{{L}}\-]{{6,}}er (?:{_OF_PLACE})"
    r"|[\p{L}\-]{3,}er (?:weg|platz|allee|damm|ufer|steig|pfad|chaussee)"
    rf"|(?:[\p{{L}}]{{3,}} [\p{{L}}]{{2,}}|[\p{{L}}]{{3,}})s (?:{_OF_SOMEBODY})"
)
BY_PLACE = (
    "am|im|an der|an den|auf dem|auf der|auf den|in der|in den|unter den|hinter der|hinter dem|"
    "vor dem|vor der|bei der|beim|zum|zur|zu den|alte[rn]?|neue[rn]?|de la|op de|aan de|op den"
)
_LANDSCAPE = (
    r"bahnhof|bahnhöfle|bahnlinie|markt|berg|wald|see|bach|feld|hang|rain|anger|teich|hof|mühle|"
    r"tor|dorf|gärten|garten|pfuhl|wiesen?|heide|höhe|kirche|schlo(?:ß|ss)|stadt|brücke|brunnen|"
    r"eck|rathaus|burg|hafen|moor|kamp|brink|busch|holz|grund|tal|wehr|werder|kanal|wall|mauer|"
    r"linden?|eichen?|buchen?|graben|park|ring|bogen|winkel|zoll|schleuse|tunnel|hauptwache|hügel|"
    r"bühl|ried|loh|horst|sand|stein|weiher|donau|isar|spree|rhein|elbe|ufer"
)
_BY_PLACE = rf"(?:{BY_PLACE}) (?:[\p{{L}}\-]+ )?[\p{{L}}\-]*(?:{_LANDSCAPE})"
# Everyday words, unless an article follows: "place de la gare", "Platz der Republik".
_WITH_ARTICLE = (
    "platz|straße|strasse|brücke|allee|sídliště|nábřeží|třída|náměstí|ruelle|place|square|route|"
    "passage|cours|parc|galerie|voie|porte"
)
_ARTICLE = (
    rf"(?:{_WITH_ARTICLE}) "
    r"(?:(?:de la|du|des|der|de|aux?|la|les?|sainte?|st\.?) |(?:de )?[ld]['’] ?)"
    rf"(?:{WORD} ?){{1,4}}"
)
# Romance, Slavic, Greek, Arabic, Hebrew, Indonesian: the kind, the name, the number.
_FIRST = (
    "rue|avenue|boulevard|bd|bld|chemin|allée|impasse|quai|chaussée|drève|venelle|sentier|faubourg|"
    "montée|parvis|clos|calle|avenida|avda|paseo|plaza|ronda|travesía|callejón|glorieta|"
    "rambla|via|viale|piazza|corso|vicolo|piazzale|lungomare|rua|travessa|praça|estrada|alameda|"
    "carrer|passeig|plaça|ul|ulica|aleja|aleje|osiedle|plac|улица|ул|проспект|пр-т|переулок|шоссе|"
    "бульвар|площадь|набережная|вулиця|οδός|ulice|strada|bulevardul|calea|aleea|شارع|רחוב|jalan|"
    "jln|kolonie"
)
_FIRST_SHORT = r"\bc/|\bavda\.|\bav\.|\bul\.|\bal\.|\bos\.|ул\.|просп\.|пер\.|вул\.|str\.|jl\."
# RE2's word boundary knows ASCII alone: "paul van …" is no "ul".
_FIRST_ALONE = "|".join(rf"\b{kind}" if kind.isascii() else kind for kind in _FIRST.split("|"))
_KIND_AND_NAME = rf"(?:(?:{_FIRST_ALONE}) |(?:{_FIRST_SHORT}) ?)(?:{WORD}(?:, ?| )){{0,4}}?{WORD}"
# Turkish, Hungarian and others: the name, the kind, the number.
_LAST = (
    r"sokak|sokağı|sok\.|sk\.|caddesi|cadde|cad\.|bulvarı|mahallesi|mah\.|utca|út|tér|náměstí|"
    r"nábřeží|ул\.,?|straße|strasse|str\.|platz|улица|проспект|straat|laan|väg|gränd"
)
# "Straße des 17. Juni": the first number is the day, the next one the house.
_MONTH = "januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
_AFTER_A_DAY = (
    rf"(?:straße|strasse|str\.|platz|allee|brücke|ufer) des [0-9]{{1,2}}\.? ?(?:{_MONTH})"
)
NAMES = (
    rf"{_AFTER_A_DAY}|{COMPOUND}|{_ADJECTIVE}|{_BY_PLACE}|{_ARTICLE}|{_KIND_AND_NAME}|"
    rf"{WORD} (?:{_LAST})"
)
# One look for any of these words, so that most texts with a digit cost no more.
HINT = (
    rf"(?:{_ENDINGS}|{_ENDINGS_OF_LONGER}|gaden?|ntie|lei|brug|rui|dok|sluis|dries|hoeve|strand|"
    rf"zeile|ring|{_LANDSCAPE}|{_OF_PLACE}|{_OF_SOMEBODY}|{_LAST})[ ,.][^0-9]{{0,9}}[0-9]|"
    rf"(?:(?:^|[ ,])(?:{_WITH_ARTICLE}|{_FIRST}) |{_FIRST_SHORT})[^0-9]*[0-9]|"
    r"[0-9] ?[a-z]?, ?[^0-9 ]"
)
# These are numbered themselves: "Bundesstraße 109" is a road.
NUMBERED_ROADS = frozenset(
    "bundesstraße bundesstrasse landesstraße landesstrasse staatsstraße staatsstrasse kreisstraße "
    "kreisstrasse schnellstraße reichsstraße nationalstraße europastraße riksväg länsväg europaväg "
    "rijksweg gewestweg riksvei nationale départementale departementale statale provinciale "
    "nacional bahnsteig parkplatz sitzplatz stellplatz arbeitsplatz bahnhof hauptbahnhof friedhof "
    "bauernhof reiterhof ponyhof innenhof küchenzeile kopfzeile fußzeile schlagzeile".split()
)
