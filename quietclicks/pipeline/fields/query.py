"""What of a URL's query is kept: parameters that are the page, the campaign, what was searched for.

Pure and total. A value that cannot be decoded for sure is dropped whole, and no parameter that the
policy does not list leaves this module.
"""

from unicodedata import category

from msgspec import Struct

from quietclicks.pipeline.encodings import UNREADABLE
from quietclicks.pipeline.fields.campaign import PARAMETER, campaign_source
from quietclicks.pipeline.fields.page import PageRules, cleaned, templated
from quietclicks.pipeline.fields.url import MAX_URL
from quietclicks.pipeline.policy.patterns import Pattern
from quietclicks.pipeline.scrub.url.percent import decoded, encoded_value, is_clean
from quietclicks.schemas.pseudonymised import Source

# Chosen, not measured: bounds on what one event costs, and on what a trend's value may hold.
MAX_QUERY = 256
MAX_PARAMETERS = 64
MAX_NAME = 256  # characters of a parameter's name as sent
MAX_SENT = 2 * 1024  # and of its value
MAX_VALUE = 128  # characters of a parameter that is part of the page
MAX_TYPED = 512  # characters of a search; a term has a hundred at most


class Query(Struct, frozen=True, gc=False):
    """`kept`: parameters that are the page, sorted. `source`: what a link named by `utm_source`.

    `search`: as it was typed, personal data and all.
    """

    kept: str
    search: str | None
    source: Source | None = None

    def __repr__(self) -> str:
        return "Query(…)"


def relevant(query: str, rules: PageRules) -> str:
    """The query without those parameters that `query_of` passes over whatever they hold."""
    if not query:
        return query
    names = rules.named
    may_decode = _may_decode(query)  # an encoded name may still decode to one that is listed
    return "&".join(
        [
            pair
            for pair in _pairs(query)
            if (name := pair.partition("=")[0]) in names
            or name.lower() == PARAMETER
            or (may_decode and _may_decode(name))
        ]
    )


def _pairs(query: str) -> list[str]:
    """As many as are looked at, and each of them whole."""
    query = query.partition("#")[0]
    if len(query) > MAX_URL:
        query = query[:MAX_URL].rpartition("&")[0]
    return query.split("&", MAX_PARAMETERS)[:MAX_PARAMETERS]


def _may_decode(text: str) -> bool:
    return "%" in text or "+" in text or not text.isascii()


def query_of(query: str, rules: PageRules) -> Query:
    """What stands after the question mark → what may be kept of it, and what was searched for."""
    kept: dict[str, str] = {}
    typed: dict[str, str] = {}
    told: dict[str, str] = {}
    for pair in _pairs(query):
        name, _, value = pair.partition("=")
        if len(name) > MAX_NAME:
            continue
        name = decoded(name.replace("+", " "))  # by UTF-8 alone: most are of no listed parameter
        if name in rules.search_parameters:
            wanted = typed
        elif name in rules.parameters:
            wanted = kept
        elif (name := name.lower()) == PARAMETER:
            wanted = told
        else:
            continue
        if name not in wanted and (text := _text(value, rules)):
            wanted[name] = text
    source = campaign_source(told[PARAMETER], rules.campaigns) if told else None
    return Query(_kept(kept, rules), _typed(typed, rules), source)


def _text(value: str, rules: PageRules) -> str:
    """A value as it was written; U+FFFD alone where it is too long, or cannot be decoded.

    Pages send queries in their own encoding, paths always in UTF-8 (URL Standard, 4.4).
    """
    if len(value) > MAX_SENT:
        return UNREADABLE
    text = decoded(value.replace("+", " "), rules.encodings)
    return UNREADABLE if UNREADABLE in text else text.strip()


def _kept(values: dict[str, str], rules: PageRules) -> str:
    kept = ""
    for name in sorted(values):
        value = _value(values[name], rules.parameters[name], rules)
        if value is None:
            continue
        pair = f"{encoded_value(name)}={encoded_value(value)}"
        if len(kept) + len(pair) < MAX_QUERY:
            kept = f"{kept}&{pair}" if kept else pair
    return kept


def _value(value: str, pattern: Pattern, rules: PageRules) -> str | None:
    """A parameter's value without anything personal; it may be a path: `?from=/user/john`.

    None for what the policy's pattern does not allow, as it was sent or as the scrub leaves it.
    """
    if len(value) > MAX_VALUE or not is_clean(value) or not pattern.fullmatch(value):
        return None
    plain = rules.plain[value, False]
    if "/" in plain:
        plain = "/".join(templated(plain.split("/"), rules))
    else:
        plain = cleaned(plain, "", "", rules)
    return plain if plain == value or pattern.fullmatch(plain) else None


def _typed(values: dict[str, str], rules: PageRules) -> str | None:
    for name in rules.search_parameters:
        if text := values.get(name):
            if text == UNREADABLE:
                return None
            if not text.isprintable():
                if "Cn" in map(category, text):  # no character: unreadable, as in what is typed
                    return None
                text = "".join([char if char.isprintable() else " " for char in text])
            # Cut between words: half an address would pass as a word.
            return text if len(text) <= MAX_TYPED else text[:MAX_TYPED].rpartition(" ")[0] or None
    return None
