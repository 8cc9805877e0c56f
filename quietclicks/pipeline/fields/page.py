"""The page of an event: its URL's path without anything personal, and what of its query is kept.

Pure and total: nothing but `Rejected` leaves it, whatever the URL holds. Host, user, port and
fragment never reach the answer.
"""

from msgspec import Struct

from quietclicks.pipeline.cache import Cache
from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.pipeline.fields.campaign import PARAMETER, campaign_source, listed
from quietclicks.pipeline.fields.url import MAX_URL, pathname_of, segments_of
from quietclicks.pipeline.policy import SitePolicy, hosts_of
from quietclicks.pipeline.policy.patterns import Pattern, compiled
from quietclicks.pipeline.scrub.url.labels import labelled, without_labelled_numbers
from quietclicks.pipeline.scrub.url.path_rules import (
    CONTENT,
    PERSONAL,
    SiteRules,
    placeholder,
    word_before,
    word_behind,
)
from quietclicks.pipeline.scrub.url.percent import decoded, encoded, encoded_value, is_clean
from quietclicks.pipeline.scrub.url.pieces import PLACEHOLDERS, TOKEN, Scrub, without_personal
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.rejection import Reason

# Chosen, not measured: bounds on what one event costs, and on what a trend's value may hold.
MAX_PATH = 256
MAX_SEGMENTS = 16
MAX_QUERY = 256
MAX_PARAMETERS = 128
MAX_VALUE = 128  # characters of a parameter that is part of the page
MAX_TYPED = 512  # characters of a search; a term has a hundred at most
CACHED_PIECES = 5000  # of a site's paths: most are new names, some are on every page
MORE = ":more"
TERM = ":search"


class Page(Struct, frozen=True, gc=False):
    """`path` begins with a slash and is at most 256 characters, unless it is no page, with why.

    What is called as assets are has both: it is a page if the event says so.
    """

    path: str
    is_search: bool
    reason: Reason | None = None


class Query(Struct, frozen=True, gc=False):
    """`kept`: parameters that are the page, sorted. `source`: what a link named by `utm_source`.

    `search`: as it was typed, personal data and all.
    """

    kept: str
    search: str | None
    source: Source | None = None

    def __repr__(self) -> str:
        return "Query(…)"


class PageRules:
    """What the policy says of one site, prepared. `scrub` is the scrub of typed text."""

    def __init__(
        self, site: str, policy: SitePolicy, scrub: Scrub, pieces: int = CACHED_PIECES
    ) -> None:
        self.site = site
        self.hosts = hosts_of(site, policy)
        # Asked again and again: a directory stands in many paths. At most so many are remembered.
        self.plain = Cache[tuple[str, bool], str](
            lambda piece: without_personal(piece[0], scrub, piece[1]), pieces
        )
        self.site_rules = SiteRules(policy.path_rules)
        self.placeholders = PLACEHOLDERS | self.site_rules.labels | {MORE, TERM}
        self.search_parameters = policy.search_parameters
        self.parameters: dict[str, Pattern] = {
            name: compiled(pattern) for name, pattern in policy.parameters.items()
        }
        self.campaigns = listed(policy.campaigns)
        self.named = {*policy.parameters, *policy.search_parameters}
        searches = [segments_of(path) for path in policy.search_pages]
        self.search_pages = {tuple(map(str.lower, each)): _joined(each) for each in searches}
        # The longest first: below /search/shoes stand other terms than below /search.
        self.searches = sorted(filter(None, self.search_pages), key=len, reverse=True)

    def forget(self) -> None:
        """Drop every piece of a URL that is remembered."""
        self.plain.clear()


def page_of(base: str, rules: PageRules) -> Page:
    """A URL or a path, without its query → the page. Raises `Rejected` (another host, invalid).

    Case is kept: on most servers it tells pages apart. But a search page is one in any case, and so
    is what is below it, which was typed. A trailing or doubled slash and a default
    document tell nothing apart: they are dropped.
    """
    segments = segments_of(pathname_of(base, rules.hosts))
    is_called_asset = is_asset("/" + "/".join(segments)) and not rules.site_rules.shows(segments)
    why = Reason.NOT_A_PAGE if is_called_asset else None
    own = rules.search_pages.get(tuple(map(str.lower, segments)))
    if own is not None:
        return Page(own, True, why)
    pieces = _templated(segments, rules)
    return Page(_bounded(pieces), TERM in pieces, why)


def relevant(query: str, rules: PageRules) -> str:
    """The query without those parameters that `query_of` passes over whatever they hold."""
    names = rules.named
    may_decode = _may_decode(query)  # an encoded name may still decode to one that is listed
    return "&".join(
        [
            pair
            for pair in query.partition("#")[0].split("&")
            if (name := pair.partition("=")[0]) in names
            or name.lower() == PARAMETER
            or (may_decode and _may_decode(name))
        ]
    )


def _may_decode(text: str) -> bool:
    return "%" in text or "+" in text or not text.isascii()


def query_of(query: str, rules: PageRules) -> Query:
    """What stands after the question mark → what may be kept of it, and what was searched for."""
    kept: dict[str, str] = {}
    typed: dict[str, str] = {}
    told: dict[str, str] = {}
    for pair in query.partition("#")[0][:MAX_URL].split("&", MAX_PARAMETERS)[:MAX_PARAMETERS]:
        name, _, value = pair.partition("=")
        name = decoded(name.replace("+", " "))
        if name in rules.search_parameters:
            wanted = typed
        elif name in rules.parameters:
            wanted = kept
        elif (name := name.lower()) == PARAMETER:
            wanted = told
        else:
            continue
        text = decoded(value.replace("+", " ")).strip()
        if text:
            wanted.setdefault(name, text)
    source = campaign_source(told[PARAMETER], rules.campaigns) if told else None
    return Query(_kept(kept, rules), _typed(typed, rules), source)


def _templated(segments: list[str], rules: PageRules) -> list[str]:
    said = rules.site_rules.match(segments)
    if not said:
        segments = _without_term(segments, rules)
    result = []
    before = ""
    for position, segment in enumerate(segments[:MAX_SEGMENTS]):
        told = said[position] if position < len(said) else ""
        result.append(_piece(segment, before, told, rules))
        before = _word(segment, result[-1], before, rules)
    if len(segments) > MAX_SEGMENTS:
        result[-1] = MORE
    return result


def _word(segment: str, piece: str, before: str, rules: PageRules) -> str:
    """The word that says what the segment behind this one is."""
    if piece not in rules.placeholders:
        return word_before(before, piece)
    behind = word_behind(before)
    if behind or is_clean(segment):
        return behind
    word = word_before("", segment)  # as others would read it: "user\x00"
    return word if word in PERSONAL else ""


def _without_term(segments: list[str], rules: PageRules) -> list[str]:
    """What stands below a search page was typed, like its parameter."""
    small = tuple([segment.lower() for segment in segments])
    for search in rules.searches:
        if small[: len(search)] == search and len(small) > len(search):
            return [*segments[: len(search)], TERM]
    return segments


def _piece(segment: str, before: str, told: str, rules: PageRules) -> str:
    if segment in rules.placeholders:
        return segment
    if not is_clean(segment):
        return TOKEN
    if told.startswith(":"):
        return told
    if told and told != "*":
        return segment  # a word of the policy itself
    is_content = bool(told) or before in CONTENT
    plain = rules.plain[segment, is_content]
    if told or plain in rules.placeholders:
        return plain
    asked = placeholder(before, segment) or labelled(segment, is_content)
    if asked:
        return asked
    plain = plain if is_content else without_labelled_numbers(plain)
    # What is left is looked at again: each time there are fewer digits in it.
    return plain if plain == segment else _piece(plain, before, told, rules)


def _joined(segments: list[str]) -> str:
    return "/" + "/".join([encoded(segment) for segment in segments])


def _bounded(segments: list[str]) -> str:
    path = _joined(segments)
    if len(path) <= MAX_PATH:
        return path
    while segments and len(path) > MAX_PATH - len(MORE) - 1:
        segments.pop()
        path = _joined(segments)
    return f"{path.rstrip('/')}/{MORE}"


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
        plain = "/".join(_templated(plain.split("/"), rules))
    else:
        plain = _piece(plain, "", "", rules)
    return plain if plain == value or pattern.fullmatch(plain) else None


def _typed(values: dict[str, str], rules: PageRules) -> str | None:
    for name in rules.search_parameters:
        text = values.get(name)
        if text:
            text = "".join([char if char.isprintable() else " " for char in text])
            # Cut between words: half an address would pass as a word.
            return text if len(text) <= MAX_TYPED else text[:MAX_TYPED].rpartition(" ")[0] or None
    return None
