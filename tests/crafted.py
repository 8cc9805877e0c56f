"""Events that are made to cost: for every part that reads text, what it has most work with.

Each is a name and the fields of a raw event. Shapes are repeated up to the record's bound; none
holds anything personal.
"""

import json
from collections.abc import Iterator, Mapping

from tests.pipeline_tools import NOW, event

LONG = 60_000  # characters: a record has 64 KiB
QUERY = 2_000  # of a value, which is dropped unread above 2 KiB
TERM = 190  # of what is scrubbed

# What the scrub's rules nearly match, again and again.
TYPED = {
    "digits": "12 34 56 ",
    "single digits": "1 ",
    "threes": "123 456 ",
    "numbers": "7123456789 ",
    "numbers of another land": "79991234567 ",
    "seven digits": "1234567 ",
    "telephones": "0171 234 5678 ",
    "telephones with a plus": "+44 7700 900123 ",
    "plus signs": "+1(",
    "years": "1984 ",
    "cards": "4111 1111 1111 1112 ",
    "accounts": "de12 3456 ",
    "accounts in one": "de1234567890123456 ",
    "dates": "12.03.1984 ",
    "postcodes": "sw1a 1aa ",
    "postcodes of letters": "a1 ",
    "labels": "tel ",
    "labels and digits": "tel 12 ",
    "labels of labels": "order no id nr card 1 ",
    "streets": "12 a street ",
    "streets without end": "12 a b c d e f g h ",
    "streets behind": "a b c straße 1, ",
    "French streets": "1 rue a b c d ",
    "Spanish streets": "calle a b c d 1 ",
    "Asian streets": "路1号",
    "at signs": "a@",
    "lone at signs": "@ ",
    "words for at": "at dot ",
    "spoken addresses": "jo at example dot ",
    "brackets": "[({<",
    "brackets around": "(at) ",
    "dots": "a.b.c.",
    "quotes": '"',
    "quoted": '"a ',
    "slashes": "a/b",
    "hosts": "a.bc/",
    "schemes": "http:/",
    "colons": "a:b:",
    "hexadecimal": "12ab:",
    "hardware": "aa-bb-",
    "degrees": "51.507, ",
    "minutes": "5°5'5\" ",
    "words for digits": "zero one ",
    "words for digits, many": "one two three four five six seven ",
    "words": "abcdefgh ",
    "letters in turn": "a1B2",
    "one word": "abcdefgh",
    "handles": "@a.",
    "placeholders": ":email ",
    "placeholders without end": ":id:id",
}
# What is longer, or other, when it is decoded.
CODED = {
    "a ligature of eighteen": "ﷺ",
    "marks": "e\u0301\u0302\u0303",
    "marks on digits": "1\u0301",
    "one letter's marks": "\u0301",
    "a mark that two letters share": "a\u0308",
    "Thai": "\u0e33",
    "full width": "％４０",
    "invisible": "a\u200b",
    "Korean": "\u1100\u1161",
    "capitals that grow": "ΐŉǰ",
    "percent": "%25",
    "percent signs": "%",
    "bytes": "%D0%BF",
    "bytes of none": "%F6",
    "bytes of a legacy encoding": "%EF%E0%F3 ",
    "half a letter": "%D0",
    "two kinds": "%41é",
    "wrapped": "%u0025",
    "code units": "%u0041",
    "code units apart": "%u0041 ",
    "surrogates": "%uD83D",
    "backslashes": "\\",
    "nginx": r"\x41",
    "JSON": r"\u0041",
    "entities": "&amp;",
    "entities of numbers": "&#x26;",
    "entities of none": "&a",
    "long entities": "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "plus signs": "+",
    "quoted-printable": "=40",
    "letters that differ": "ȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȜȝȞȟ",
}
SEARCH = "/search?q="


def events() -> Iterator[tuple[str, dict[str, object]]]:
    """All of them."""
    yield from _typed()
    yield from _urls()
    yield from _headers()


def value_of(number: int, fields: Mapping[str, object]) -> bytes:
    """As a collector sends it: a record's bytes, in UTF-8."""
    sent = json.loads(event(number, NOW, **fields))
    return json.dumps(sent, ensure_ascii=False).encode(errors="replace")


def _filled(shape: str, length: int) -> str:
    """So many characters; of a whole record so many bytes."""
    if length == LONG:
        return shape * (length // len(shape.encode()))
    return (shape * (length // len(shape) + 1))[:length]


def _typed() -> Iterator[tuple[str, dict[str, object]]]:
    for name, shape in {**TYPED, **CODED}.items():
        for length in (60, 100, TERM, QUERY, LONG):
            yield (
                f"typed: {name}, {length}",
                {
                    "url": "/search",
                    "search_terms": _filled(shape, length),
                },
            )
        for length in (100, QUERY, LONG):
            value = _filled(shape, length).replace("&", "%26").replace("#", "%23")
            yield f"query: {name}, {length}", {"url": SEARCH + value}
        yield (
            f"capitals: {name}",
            {
                "url": "/search",
                "search_terms": "A " + _filled(shape, 128).upper(),
            },
        )
        yield (
            f"a few, apart: {name}",
            {
                "url": "/search",
                "search_terms": " x ".join([_filled(shape, 24)] * 7),
            },
        )


def _urls() -> Iterator[tuple[str, dict[str, object]]]:
    for name, shape in {**TYPED, **CODED}.items():
        plain = shape.replace("/", "-").replace("#", "-").replace("?", "-").strip(" ")
        yield f"path: {name}", {"url": "/" + _filled(plain, 120)}
        yield f"deep: {name}", {"url": ("/" + _filled(plain, 30)) * 16}
        yield f"long: {name}", {"url": "/" + _filled(plain, 8000)}
        yield f"endless: {name}", {"url": "/" + _filled(plain, LONG)}
    for name, shape in {
        "ampersands": "&",
        "pairs": "a=b&",
        "encoded names": "%61=b&",
        "searches": "q=&",
        "empty searches": "q=+&",
        "names nested": "%2525252571=a&",
        "campaigns": "utm_source=&",
        "campaigns of words": "UTM_source=%75&",
        "hashes": "#",
        "question marks": "?",
        "long names": "%61" * 80 + "=b&",
        "long names in a legacy encoding": "%EF%E0" * 40 + "=b&",
    }.items():
        for length in (QUERY, 8000, LONG):
            yield f"query of {name}, {length}", {"url": "/search?" + _filled(shape, length)}
    for name, shape in {
        "slashes": "/",
        "dots": "/..",
        "short": "/a",
        "words": "/order-line",
        "numbers": "/user-12",
        "accents": "/é",
        "parameters": "/;a",
        "backslashes": "\\",
        "labels": "/a=b:c,",
        "humps": "/aBcDeF",
        "mixed": "/a1-b2_c3",
    }.items():
        for length in (250, 1000, 8000, LONG):
            yield f"path of {name}, {length}", {"url": _filled(shape, length)}
    yield "host", {"url": "https://" + "a." * 4000}
    yield "host of letters", {"url": "https://" + "ﷺ" * 4000}
    yield "host without end", {"url": "https://" + "ü" * LONG}


def _headers() -> Iterator[tuple[str, dict[str, object]]]:
    for name, shape in {
        "dots": "a.",
        "letters": "ü",
        "ligatures": "ﷺ",
        "hyphens": "xn--a.",
        "ports": ":1",
        "at": "a@",
        "percent": "%61",
    }.items():
        for start in ("https://", "https://www.google.", "android-app://com."):
            for length in (240, 8000, LONG):
                yield (
                    f"referrer {start} {name}, {length}",
                    {"referrer": start + _filled(shape, length)},
                )
        yield (
            f"referrer's path: {name}",
            {"referrer": "https://www.google.com/" + _filled(shape, LONG)},
        )
    for name, shape in {
        "spaces": " ",
        "comments": "(a; ",
        "versions": "Mozilla/5.0 (",
        "brackets": "((((",
        "semicolons": ";;;;",
        "dots": "1.1.1.",
        "words": "android mobile safari ",
        "near bots": "compatible; ",
        "letters": "ü",
        "slashes": "a/1 ",
        "quotes": '"\\',
    }.items():
        for length in (512, LONG):
            yield (
                f"user agent {name}, {length}",
                {"user_agent": "Mozilla/5.0 (X11) Gecko " + _filled(shape, length)},
            )
            yield (
                f"hints {name}, {length}",
                {
                    "sec_ch_ua": _filled(shape, length),
                    "sec_ch_ua_platform": _filled(shape, length),
                    "sec_ch_ua_mobile": _filled(shape, length),
                },
            )
    for name, shape in {
        "commas": ",",
        "languages": "de,",
        "weights": "d;q=1,",
        "zeros": "de;q=0.000,",
        "tags": "de-",
        "spaces": " ",
    }.items():
        for length in (250, 1024, LONG):
            yield f"languages: {name}, {length}", {"accept_language": _filled(shape, length)}
    # Version 2, then whatever: ranges of vendors, restrictions, or nothing but ones.
    for name, shape in {"zeros": "A", "ones": "_", "halves": "V", "ranges": "AAg"}.items():
        for length in (600, 1500, 4096, LONG):
            yield (
                f"consent string of {name}, {length}",
                {
                    "tcf": "C" + _filled("A", 34) + _filled(shape, length),
                    "consent": None,
                },
            )
            yield (
                f"consent string of {name}, segments, {length}",
                {
                    "tcf": "C" + _filled(shape + ".", length),
                    "consent": None,
                },
            )
    ranges = "".join(f"0{n:016b}" for n in range(1, 1400))
    bits = f"{2:06b}" + "0" * 207 + f"{65535:016b}1{1399:012b}" + ranges
    yield "consent string, all vendors one by one", {"tcf": _base64(bits), "consent": None}
    refused = "".join(f"{1:06b}00{1:012b}0{n % 900 + 1:016b}" for n in range(600))
    bits = f"{2:06b}" + "0" * 207 + "0" * 17 + "0" * 17 + f"{600:012b}" + refused
    yield "consent string of restrictions", {"tcf": _base64(bits), "consent": None}
    for name, shape in {"letters": "a", "signs": "-", "accents": "É", "words": "true "}.items():
        yield (
            f"signals of {name}",
            {"dnt": _filled(shape, LONG // 2), "gpc": _filled(shape, LONG // 2)},
        )
        yield f"an unlisted field's name of {name}", {_filled(shape, LONG): 1}
        yield f"an address of {name}", {"ip": _filled(shape, LONG)}
        yield f"a site of {name}", {"site": _filled(shape, LONG)}
        yield f"an id of {name}", {"event_id": _filled(shape, LONG)}
        yield f"a type of {name}", {"type": _filled(shape, LONG)}
    yield "unlisted fields", {f"f{n}": n for n in range(5000)}
    yield "unlisted choices", {"consent": {f"f{n}": n for n in range(5000)}, "more": 1}
    deep: object = 1
    for _ in range(400):
        deep = [deep]
    yield "an unlisted field, deep", {"more": deep}
    yield "an unlisted field, wide", {"more": [0] * 20_000}
    yield (
        "all at once",
        {
            "url": ("/" + _filled("12 high street-", 30)) * 16
            + "?"
            + "&".join(["%61=b"] * 127)
            + "&q=x",
            "search_terms": _filled("0171 234 5678 x ", TERM),
            "referrer": "https://" + _filled("a.", 240),
            "user_agent": "Mozilla/5.0 (X11) Gecko " + _filled("android mobile safari ", 480),
            "accept_language": _filled("d;q=1,", 1000),
            "tcf": _base64(f"{2:06b}" + "0" * 207 + f"{65535:016b}1{1399:012b}" + ranges),
            "consent": None,
            **{f"f{n}": n for n in range(200)},
        },
    )


def _base64(bits: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bits += "0" * (-len(bits) % 24)
    return "".join(alphabet[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
