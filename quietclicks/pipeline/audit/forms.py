"""The form of each field of an event, and what is wrong with a value of another one.

Field by field, from the policy: a value is of its closed form, or is what the pipeline itself makes
of it once more (a page of a page, a term of a term). Nothing here returns a value.
"""

import re
from collections.abc import Callable
from typing import Any, get_args

from quietclicks.pipeline.audit.patterns import personal
from quietclicks.pipeline.encodings import encodings_of
from quietclicks.pipeline.fields.campaign import listed
from quietclicks.pipeline.fields.network import parse_address, truncate
from quietclicks.pipeline.fields.page import PageRules, page_of
from quietclicks.pipeline.fields.query import query_of
from quietclicks.pipeline.fields.search import search_term
from quietclicks.pipeline.fields.suffixes import suffixes
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.rejected import Rejected
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.schemas.pseudonymised import MAJOR, Device, SourceClass

OTHER_FORM = "a value of another form than ours"
_PSEUDONYM = re.compile(r"[A-Za-z0-9_-]{16}")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PRODUCT = re.compile(r"[A-Za-z0-9][\w .+()&'!/-]{0,59}", re.ASCII)
_MAJOR = re.compile(r"[0-9]{1,4}", re.ASCII)
_CACHED = 20_000  # values whose fault is known, of free text


class Forms:
    """Of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._sites = frozenset(policy.sites)
        self._prefixes = policy.network.ipv4_prefix, policy.network.ipv6_prefix
        self._scrubber = Scrubber(policy.regions)
        self._pages = {
            name: PageRules(name, site, self._scrubber.scrub) for name, site in policy.sites.items()
        }
        self._encodings = {
            name: encodings_of(site.encodings) for name, site in policy.sites.items()
        }
        named = [set(listed(site.campaigns)) for site in policy.sites.values()]
        self._campaigns = frozenset().union(*named)
        self._known: dict[tuple[str, str, str], str] = {}
        self._of: dict[str, Callable[[Any, str], str]] = {
            "id": _matched(_PSEUDONYM),
            "visitor": _matched(_PSEUDONYM),
            "timestamp": _matched(_SECOND),
            "site": lambda value, _: "" if value in self._sites else OTHER_FORM,
            "country": _matched(_COUNTRY, null=True),
            "language": _matched(_LANGUAGE, null=True),
            "device": lambda value, _: "" if value in get_args(Device) else OTHER_FORM,
            "os": _product,
            "browser": _browser,
            "network": lambda value, _: self._network(value),
            "page": lambda value, site: self._text("page", value, site),
            "search": lambda value, site: self._nullable("search", value, site),
            "source": self._source,
        }

    def fault(self, field: str, value: Any, site: str) -> str:
        """In words, or nothing. `site` is the event's, where it tells one."""
        try:
            return self._of[field](value, site)
        except (TypeError, KeyError, AttributeError, ValueError):
            return OTHER_FORM

    def text_fault(self, field: str, value: str, site: str) -> str:
        """Of a page, a search or any other text."""
        return self._text(field, value, site)

    def _nullable(self, field: str, value: Any, site: str) -> str:
        return "" if value is None else self._text(field, value, site)

    def _text(self, field: str, value: Any, site: str) -> str:
        if not isinstance(value, str):
            return OTHER_FORM
        known = field, site, value
        if known not in self._known:
            if len(self._known) >= _CACHED:
                self._known.clear()
            self._known[known] = self._look(field, value, site)
        return self._known[known]

    def _look(self, field: str, value: str, site: str) -> str:
        if found := personal(value):
            return found
        if field == "page" and site in self._pages:
            return "" if _is_its_own_page(value, self._pages[site]) else "what the scrub changes"
        if field == "search":
            again = search_term(value, self._scrubber, self._encodings.get(site, ()))
            return "" if again == value else "what the scrub changes"
        return ""

    def _source(self, value: Any, site: str) -> str:
        if value.keys() != {"class", "host"} or value["class"] not in get_args(SourceClass):
            return OTHER_FORM
        host = value["host"]
        if host is None or host in self._campaigns:
            return ""
        if found := self._text("host", host, site):
            return found
        return "" if suffixes().registrable(host) == host else OTHER_FORM

    def _network(self, value: Any) -> str:
        """Cut as far as the policy says, and no less."""
        if value is None:
            return ""
        address = parse_address(value.partition("/")[0])
        if address is None:
            return OTHER_FORM
        return "" if truncate(address, *self._prefixes) == value else "more of an address"


def names_of(fields: tuple[str, ...]) -> frozenset[str]:
    """The names that a record has, where the policy lists these fields."""
    return frozenset(fields) - {MAJOR}


def _is_its_own_page(value: str, rules: PageRules) -> bool:
    path, _, query = value.partition("?")
    try:
        return page_of(path, rules).path == path and query_of(query, rules).kept == query
    except Rejected:
        return False


def _matched(pattern: re.Pattern[str], *, null: bool = False) -> Callable[[Any, str], str]:
    def fault(value: Any, _: str) -> str:
        return "" if (value is None and null) or pattern.fullmatch(value) else OTHER_FORM

    return fault


def _product(value: Any, _: str) -> str:
    return personal(value) if _PRODUCT.fullmatch(value) else OTHER_FORM


def _browser(value: Any, site: str) -> str:
    major = value.get("major")
    if not value.keys() <= {"family", "major"} or not (major is None or _MAJOR.fullmatch(major)):
        return OTHER_FORM
    return _product(value["family"], site)
