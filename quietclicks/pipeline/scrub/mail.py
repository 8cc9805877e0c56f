"""E-mail addresses: plain, international, and as people disguise them ("john at example dot com").

Never needs a list of top-level domains for the plain form: an @ between two words is enough.
"""

from quietclicks.pipeline.scrub.spans import Match, Span, pattern, stands_alone

# How the sign and the dot are read aloud. The words that are honest words as well ("at", "dot",
# "point") count only where everything around them has an address's shape.
_AT_WORDS = (
    "at|@t|at the rate of|at the rate|chez|bei|presso|bij|hos|at sign|at-sign|at symbol|"
    "at-zeichen|arroba|"
    "chiocciola|arobase|arobas|klammeraffe|ät|aet|собака|"
    "собачка|эт|равлик|παπάκι|παπακι|małpa|malpa|"
    "apenstaartje|zavinac|zavináč|kukac|snabel-a|snabela|krøllalfa|alfakrøll|miukumauku|"
    "sobaka|sobachka|et isareti|et işareti|آت|एट|ऐट|アットマーク|アット|골뱅이|小老鼠|艾特"
)
_DOT_WORDS = (
    "dot|punkt|punktum|punto|ponto|point|точка|крапка|τελεία|τελεια|kropka|punt|tečka|tecka|pont|piste|nokta|prick|"
    "tochka|نقطة|دوت|डॉट|डाट|ドット|닷|점|点"
)
# And the signs that join the words of a name.
_JOIN_WORDS = (
    "underscore|under score|dash|hyphen|minus|unterstrich|bindestrich|tiret|guion|guion bajo"
)
_ENDS = (
    "com|net|org|info|biz|edu|gov|mil|io|co|me|app|dev|eu|uk|de|fr|es|it|nl|pl|se|no|dk|fi|ru|ua|"
    "ру|ком|уа|укр|нет|cz|sk|hu|ro|bg|gr|pt|ie|be|ch|at|lu|li|us|ca|mx|br|ar|cl|au|nz|jp|cn|kr|tw|hk|sg|in|pk|za|ng|"
    "ke|eg|sa|ae|il|tr|ir|tv|cc|xyz|online|site|shop|store|cloud|email|example|test|invalid|рф|"
    "コム|컴|ком"
)
_TLD = "|".join(sorted(_ENDS.split("|"), key=len, reverse=True))
_OPEN, _CLOSE = r"[\[({<]", r"[\])}>]"
_LABEL = r"[\p{L}\p{N}](?:[\p{L}\p{N}_\-]*[\p{L}\p{N}])?"
_LOCAL = r"[^\s\p{Co}@<>()\[\]{},;:\"]+"
_AT = rf"(?:\s*{_OPEN}\s*(?:@|a|{_AT_WORDS})\s*{_CLOSE}\s*|\s*@\s*)"
_SIGNS = r"""_\-*.|/"'~+=,;:!"""  # where others put spaces: "jo-at-example-dot-com"
_GLUE = rf"[{_SIGNS}]+"
_AT_SPOKEN = rf"(?:\s+(?:{_AT_WORDS})\s+|\s*{_GLUE}(?:at|arroba){_GLUE}\s*)"
_DOT = rf"(?:\s*{_OPEN}\s*(?:[.。]|{_DOT_WORDS})\s*{_CLOSE}\s*|\s*[.。]\s*)"
_DOT_SPOKEN = rf"(?:\s+(?:{_DOT_WORDS})\s+|\s*{_GLUE}(?:dot|punkt|punto){_GLUE}\s*)"
_ANY_DOT = rf"(?:{_DOT}|{_DOT_SPOKEN})"
# "… at runtime. in fact": without an @, a plain dot has no space beside it, or two.
_TIGHT_DOT = rf"(?:[.。]+| [.。] |\s*{_OPEN}\s*(?:[.。]|{_DOT_WORDS})\s*{_CLOSE}\s*|{_DOT_SPOKEN})"
_HOST = rf"{_LABEL}(?:{_ANY_DOT}{_LABEL}){{0,3}}{_ANY_DOT}(?:{_TLD})"

# Whatever surrounds an @ without a space: "a@b", "josé@exämple.de", "x@[192.0.2.1]", '"j d"@x.de'.
_PLAIN = pattern(
    rf'(?:"[^"@\p{{Co}}]{{1,64}}"|{_LOCAL})@(?:\[[^\]\s]{{1,45}}\]|(?:[\p{{L}}\p{{N}}]'
    rf"[\p{{L}}\p{{N}}.。_\-]*)?)(?:{_DOT_SPOKEN}(?:{_LABEL}{_DOT_SPOKEN}){{0,2}}(?:{_TLD}))?"
)
# Spaces or brackets around the sign; the host has a dot of some kind, so "rug @ home" stays.
_SPACED = pattern(rf"(?:{_LOCAL}{_ANY_DOT})?{_LOCAL}{_AT}{_HOST}")
# Letter by letter.
_STRETCHED = pattern(r"(?:^| )((?:[\p{L}\p{N}._\-] ){2,}@(?: [\p{L}\p{N}._\-])+)(?: |$)")
# All in words.
_SPOKEN = pattern(
    rf"(?:[\p{{L}}\p{{N}}_\-]+(?:{_DOT_SPOKEN}| (?:{_JOIN_WORDS}) )){{0,2}}"
    rf"([^\s\p{{Co}}@]+)({_AT_SPOKEN})"
    rf"({_LABEL})(?:{_TIGHT_DOT}{_LABEL}){{0,2}}{_TIGHT_DOT}(?:{_TLD})"
)
# Capitals among small letters: "johnATexampleDOTcom".
_CAPITALS = pattern(
    r"[\p{L}\p{N}][\p{L}\p{N}_.\-]*(?-i:[a-z0-9]AT[a-z0-9])[\p{L}\p{N}_\-]*(?:\.|(?-i:DOT))"
    rf"(?:{_TLD})"
)
_PREPOSITIONS = frozenset({"at", "chez", "bei", "presso", "bij", "hos"})
_NOT_A_HOST = frozenset(
    """
    the a an this that my your our his her its their le la el il der die das
    """.split()
)
_PROVIDER = (
    "g(?:oogle)?mail|yahoo|hotmail|outlook|live|icloud|aol|gmx|web|t-online|proton(?:mail)?|orange|"
    "mail|yandex|qq|163|126|naver|wanadoo|laposte|libero|wp|o2|seznam|btinternet|comcast|msn"
)
_HAS_PROVIDER = pattern(rf"^(?:{_PROVIDER})$")
_STRONG = "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|gmx|protonmail"
_SIGN_ALONE = (
    "arroba|chiocciola|arobase|arobas|klammeraffe|małpa|malpa|apenstaartje|snabel-a|собака"
)
_UNLIKE_A_WORD = (
    r"[\p{L}\p{N}_.\-]*(?:[\p{L}][._]?[0-9]|[0-9][\p{L}]|[\p{L}][._][\p{L}])[\p{L}\p{N}_.\-]*"
)
_DIGITS_TOO = r"[\p{L}\p{N}_.\-]*[\p{L}][._]?[0-9][\p{L}\p{N}_.\-]*"
# The sign forgotten: "john82 gmail.com", "john.smith.gmail.com"; or the dots: "john82 gmail com".
# But "my.screenname.aol.com" is a site: only some providers have none below their name.
_SIGN_MISSING = pattern(
    rf"{_UNLIKE_A_WORD} (?:{_STRONG})(?:\.[a-z]{{2,3}}){{1,2}}"
    rf"|(?:{_UNLIKE_A_WORD} |[\p{{L}}\p{{N}}_.\-]+ @ ?)(?:{_STRONG})(?: (?:{_TLD})\b){{1,2}}"
    rf"|{_DIGITS_TOO}\.(?:{_STRONG})(?:\.[a-z]{{2,3}}){{1,2}}"
    rf"|{_UNLIKE_A_WORD}\.(?:gmail|googlemail|hotmail|gmx|protonmail)(?:\.[a-z]{{2,3}}){{1,2}}"
    # or another in its place: "john#gmail.com"; or a word for it, and no end: "jo.doe at gmail".
    rf"|[\p{{L}}\p{{N}}_.\-]+[^\s\p{{L}}\p{{N}}\p{{Co}}._\-/:]+(?:{_STRONG})(?:\.[a-z]{{2,3}}){{1,2}}"
    rf"|{_UNLIKE_A_WORD} (?:at|en|em|presso|bij|hos|på|na) (?:{_STRONG})(?:\.[a-z]{{2,3}}){{1,2}}"
    # A word that means the sign alone needs neither an end nor a name unlike a word.
    rf"|[\p{{L}}\p{{N}}_.\-]+ (?:{_SIGN_ALONE}) (?:{_STRONG})"
    rf"|{_UNLIKE_A_WORD}(?:[ _]at[ _])(?:{_STRONG})(?:[_ ,](?:com|de|net|fr|co))?"
)
_SITE = pattern(
    r"^w[^\p{L}\p{N}]?w[^\p{L}\p{N}]?w?[^\p{L}\p{N}]"
)  # "www.mail.yahoo.com", "www,yahoo.com"
_HAS_SPOKEN_DOT = pattern(_DOT_SPOKEN)
_GATE = pattern(
    rf"@|{_OPEN}\s*(?:a\s*{_CLOSE}|{_AT_WORDS})|[\s{_SIGNS}](?:{_AT_WORDS})[\s{_SIGNS}]"
)


def emails(text: str) -> list[Span]:
    """Every e-mail address, however it is disguised."""
    found: list[Span] = []
    if _GATE.search(text):
        if "@" in text:
            found += (m.span() for m in _PLAIN.finditer(text))
            found += (m.span(1) for m in _STRETCHED.finditer(text))
        found += (m.span() for m in _SPACED.finditer(text) if stands_alone(text, *m.span()))
        found += (m.span() for m in _SPOKEN.finditer(text) if _is_spoken(text, m))
    if "AT" in text:
        found += (m.span() for m in _CAPITALS.finditer(text) if stands_alone(text, *m.span()))
    if "mail" in text or "." in text or "_" in text or "@" in text:
        found += (
            m.span()
            for m in _SIGN_MISSING.finditer(text)
            if stands_alone(text, *m.span()) and not _SITE.search(m[0])
        )
    return found


def _is_spoken(text: str, match: Match) -> bool:
    local, sign, host = match[1], match[2].strip().lower(), match[3].lower()
    if not stands_alone(text, *match.span()) or host in _NOT_A_HOST:
        return False
    # "jobs at google.com" is a search; "jo.doe at google.com" and "jo at gmail.com" are addresses.
    by_word = sign.strip("-") not in _PREPOSITIONS or bool(_HAS_SPOKEN_DOT.search(match[0]))
    # "mp3 at amazon.com" is a product at a shop: a name has three letters, or signs within.
    named = sum(map(str.isalpha, local)) > 2 or not local.isalnum()
    unlike_a_word = named and not local.isalpha() and "/" not in local
    return by_word or unlike_a_word or bool(_HAS_PROVIDER.search(host))
