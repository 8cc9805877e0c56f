"""What a policy may not say about websites and their URLs."""

import re
from collections.abc import Iterator, Sequence

from quietclicks.pipeline.policy.model import Policy, SitePolicy

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_PARAMETER = re.compile(r"[^\s&=#?;/]{1,64}")
_PATH = re.compile(r"/[^\s?#]{0,1023}")
_RULE = re.compile(r"(/([^\s?#/:*]+|:[a-z][a-z_-]{0,31}|\*))+")


def check_sites(policy: Policy) -> Iterator[str]:
    """Each contradiction as "key: reason"."""
    if not policy.sites:
        yield 'sites: none listed; begin with [sites."shop.example"]'
    for name, site in policy.sites.items():
        key = site_key(name)
        if len(name) > 253 or not _HOST.fullmatch(name):
            yield f"{key}: not a host name in lower case, without scheme, port or path"
        yield from _site(key, site)


def site_key(name: str) -> str:
    """As the file writes it."""
    return f'sites."{name}"'


def duplicates(key: str, values: Sequence[object]) -> Iterator[str]:
    """A list that says something twice is a slip of the hand."""
    for value in values:
        if values.count(value) > 1:
            yield f"{key}: {value} is listed twice"
            return


def _site(key: str, site: SitePolicy) -> Iterator[str]:
    for name in ("search_pages", "search_parameters", "allowed_parameters", "path_rules"):
        yield from duplicates(f"{key}.{name}", getattr(site, name))
    for page in site.search_pages:
        if not _PATH.fullmatch(page):
            yield f"{key}.search_pages: {page!r} is not a path such as /search"
    for name in ("search_parameters", "allowed_parameters"):
        for parameter in getattr(site, name):
            if not _PARAMETER.fullmatch(parameter):
                yield f"{key}.{name}: {parameter!r} is not the name of a URL parameter"
    if site.search_parameters and not site.search_pages:
        yield f"{key}.search_parameters: without search_pages no term is ever counted"
    both = sorted(set(site.search_parameters) & set(site.allowed_parameters))
    if both:
        yield (
            f"{key}.allowed_parameters: {both[0]} is a search parameter too; "
            "the typed term would stand in the page"
        )
    for rule in site.path_rules:
        if not _RULE.fullmatch(rule):
            yield f"{key}.path_rules: {rule!r} is not a path such as /user/:name or /shop/*"
        elif ":" not in rule and "*" not in rule:
            yield f"{key}.path_rules: {rule!r} says nothing; hide a segment (:name) or show it (*)"
