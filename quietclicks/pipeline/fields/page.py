"""The page of an event: its URL's path without anything personal.

Pure and total: nothing but `Rejected` leaves it, whatever the URL holds. Host, user, port, query
and fragment never reach the answer.
"""

from collections.abc import Sequence

from msgspec import Struct

from quietclicks.pipeline.cache import Budget, Cache, size_of
from quietclicks.pipeline.encodings import encodings_of
from quietclicks.pipeline.fields.asset import is_asset
from quietclicks.pipeline.fields.campaign import listed
from quietclicks.pipeline.fields.url import pathname_of, segments_of
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
from quietclicks.pipeline.scrub.url.percent import encoded, is_clean
from quietclicks.pipeline.scrub.url.pieces import (
    MAX_PIECE,
    PLACEHOLDERS,
    TOKEN,
    Scrub,
    without_personal,
)
from quietclicks.schemas.rejection import Reason

# Chosen, not measured: bounds on what one event costs, and on what a trend's value may hold.
MAX_SENT = 2 * 1024  # characters of a path as sent: what comes behind is `:more`
MAX_PATH = 256
MAX_LOOKED_AT = 256  # characters of its segments, before any of them is hidden
MAX_SEGMENTS = 16
PIECES_BYTES = 1 << 20  # where nothing else is remembered
MORE = ":more"
TERM = ":search"


class Page(Struct, frozen=True, gc=False):
    """`path` begins with a slash and is at most 256 characters, unless it is no page, with why.

    What is called as assets are has both: it is a page if the event says so.
    """

    path: str
    is_search: bool
    reason: Reason | None = None


class PageRules:
    """What the policy says of one site, prepared. `scrub` is the scrub of typed text."""

    def __init__(
        self, site: str, policy: SitePolicy, scrub: Scrub, budget: Budget | None = None
    ) -> None:
        self.site = site
        self.hosts = hosts_of(site, policy)
        # Asked again and again: a directory stands in many paths.
        self.plain = Cache[tuple[str, bool], str](
            lambda piece: without_personal(piece[0], scrub, piece[1]),
            budget or Budget(PIECES_BYTES),
            lambda piece, plain: size_of((piece, piece[0], plain)),
        )
        self.site_rules = SiteRules(policy.path_rules)
        self.placeholders = PLACEHOLDERS | self.site_rules.labels | {MORE, TERM}
        self.search_parameters = policy.search_parameters
        self.encodings = encodings_of(policy.encodings)
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
    pathname = pathname_of(base, rules.hosts)
    start = _start(pathname)
    segments = segments_of(start)
    is_whole = start == pathname
    end = segments if is_whole else [pathname.rstrip("/").rpartition("/")[2]]
    is_shown = is_whole and rules.site_rules.shows(segments)
    is_called_asset = bool(end) and is_asset("/" + "/".join(end))
    why = Reason.NOT_A_PAGE if is_called_asset and not is_shown else None
    if not is_whole:
        segments.append(MORE)
    own = rules.search_pages.get(tuple(map(str.lower, segments)))
    if own is not None:
        return Page(own, True, why)
    pieces = templated(segments, rules)
    return Page(_bounded(pieces), TERM in pieces, why)


def _start(pathname: str) -> str:
    """As much of it as is looked at: whole segments."""
    return pathname if len(pathname) <= MAX_SENT else pathname[:MAX_SENT].rpartition("/")[0]


def templated(segments: Sequence[str], rules: PageRules) -> list[str]:
    """Each segment as it may be kept, by the words before it and by what it holds."""
    said = rules.site_rules.match(segments)
    if not said:
        segments = _without_term(segments, rules)
    result: list[str] = []
    before, length = "", 0
    for position, segment in enumerate(segments):
        length += 1 + min(len(segment), MAX_PIECE)
        if position >= MAX_SEGMENTS or (position and length > MAX_LOOKED_AT):
            result[-1] = MORE
            break
        told = said[position] if position < len(said) else ""
        result.append(cleaned(segment, before, told, rules))
        before = _word(segment, result[-1], before, rules)
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


def _without_term(segments: Sequence[str], rules: PageRules) -> Sequence[str]:
    """What stands below a search page was typed, like its parameter."""
    small = tuple([segment.lower() for segment in segments])
    for search in rules.searches:
        if small[: len(search)] == search and len(small) > len(search):
            return [*segments[: len(search)], TERM]
    return segments


def cleaned(segment: str, before: str, told: str, rules: PageRules) -> str:
    """A segment without anything personal. `told` is what the site's own rules say of it."""
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
    return plain if plain == segment else cleaned(plain, before, told, rules)


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
