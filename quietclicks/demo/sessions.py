"""How visitors move through the sample shop: one session at a time, drawn from a seed.

Gives page views as plain tuples; knows nothing of Kafka or of the policy.
"""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import NamedTuple

from quietclicks.demo.catalogue import (
    CAMPAIGNS,
    CARDS,
    CATEGORIES,
    EMAILS,
    HELP,
    IBANS,
    ORIGIN,
    PHONES,
    POSTS,
    PRODUCTS,
    RARE_TERMS,
    REFERRERS,
    TERMS,
    campaign_url,
    search_url,
)


class View(NamedTuple):
    """One page view: milliseconds since midnight, and what the browser asked for."""

    at: int
    visitor: int
    url: str
    referrer: str | None
    terms: str | None  # what was searched, where the collector says so itself


def _zipf(count: int, exponent: float) -> list[float]:
    return list(accumulate(1 / (rank + 1) ** exponent for rank in range(count)))


_PRODUCT_PAGES = [f"{ORIGIN}/products/{1000 + 7 * n}" for n in range(PRODUCTS)]
_CATEGORY_PAGES = [f"{ORIGIN}/category/{name}" for name in CATEGORIES]
_POST_PAGES = [f"{ORIGIN}/blog/{name}" for name in POSTS]
_HELP_PAGES = [ORIGIN + path for path in HELP]
_PRODUCT_RANKS = _zipf(PRODUCTS, 1.0)
_CATEGORY_RANKS = _zipf(len(CATEGORIES), 0.6)
_POST_RANKS = _zipf(len(POSTS), 0.8)
_TERM_RANKS = _zipf(len(TERMS), 0.75)
_KINDS = [kind for kind, _, _ in REFERRERS]
_KIND_RANKS = list(accumulate(share for _, share, _ in REFERRERS))
_PLACES = {kind: places for kind, _, places in REFERRERS}


def session(random: Random, visitor: int, start: int) -> Iterator[View]:
    """The page views of one visit that starts at `start`."""
    url, referrer, terms = _landing(random)
    at = start
    while True:
        yield View(at, visitor, url, referrer, terms)
        if random.random() < 0.17:
            return
        at += 2500 + int(random.expovariate(1 / 42_000))
        referrer = url
        url, terms = _next(random)


def crawl(random: Random, visitor: int, start: int, views: int) -> Iterator[View]:
    """A program's visit: page after page, seldom a referrer."""
    at = start
    for _ in range(views):
        referrer = "https://www.google.com/" if random.random() < 0.03 else None
        yield View(at, visitor, _product(random), referrer, None)
        at += 800 + int(random.expovariate(1 / 240_000))


def _landing(random: Random) -> tuple[str, str | None, str | None]:
    [kind] = random.choices(_KINDS, cum_weights=_KIND_RANKS)
    if kind == "newsletter":
        # Some mailing tools put the reader's address where the campaign's name belongs.
        reader = random.random() < 0.05
        link = (random.choice(EMAILS), "welcome-back") if reader else random.choice(CAMPAIGNS)
        return campaign_url(random.choice(("/sale", "/sale", "/")), *link), None, None
    if kind == "direct":
        url = f"{ORIGIN}/" if random.random() < 0.7 else _browse(random)
        return url, None, None
    referrer = random.choice(_PLACES[kind])
    if kind == "search" and random.random() < 0.01:
        referrer = f"https://www.bing.com/search?q={random.choice(EMAILS)}"
    draw = random.random()
    if draw < 0.2:
        url = f"{ORIGIN}/"
    elif kind in ("social", "ai", "site") and draw < 0.6:
        url = _post(random)
    else:
        url = _browse(random)
    if kind == "social" and random.random() < 0.3:
        url += f"?fbclid=IwAR{random.getrandbits(64):x}"
    if referrer == "https://chatgpt.com/":
        url += "?utm_source=chatgpt.com"  # it marks its links, and drops the referrer where it can
    return url, referrer, None


def _next(random: Random) -> tuple[str, str | None]:
    draw = random.random()
    if draw < 0.10:
        return _search(random)
    if draw < 0.78:
        return _browse(random), None
    if draw < 0.84:
        return f"{ORIGIN}/cart", None
    if draw < 0.875:
        return f"{ORIGIN}/checkout", None
    if draw < 0.885:
        return f"{ORIGIN}/orders/{random.randrange(700_000, 799_999)}", None
    if draw < 0.91:
        return f"{ORIGIN}/account", None
    if draw < 0.913:
        return f"{ORIGIN}/account?email={random.choice(EMAILS)}", None
    if draw < 0.914:
        return f"{ORIGIN}/unsubscribe/{random.choice(EMAILS)}", None
    if draw < 0.94:
        return random.choice(_HELP_PAGES), None
    if draw < 0.97:
        return _post(random), None
    return f"{ORIGIN}/", None


def _search(random: Random) -> tuple[str, str | None]:
    draw = random.random()
    if draw < 0.70:
        [term] = random.choices(TERMS, cum_weights=_TERM_RANKS)
    elif draw < 0.975:
        term = random.choice(RARE_TERMS)
    else:
        term = _typed_by_mistake(random)
    terms = term if random.random() < 0.1 else None
    if random.random() < 0.08:
        return search_url(term, page="2"), terms
    return search_url(term), terms


def _typed_by_mistake(random: Random) -> str:
    draw = random.random()
    if draw < 0.5:
        return random.choice(("", "invoice ", "order ")) + random.choice(EMAILS)
    return random.choice(PHONES + CARDS + IBANS)


def _browse(random: Random) -> str:
    if random.random() < 0.35:
        return random.choices(_CATEGORY_PAGES, cum_weights=_CATEGORY_RANKS)[0]
    return _product(random)


def _product(random: Random) -> str:
    return random.choices(_PRODUCT_PAGES, cum_weights=_PRODUCT_RANKS)[0]


def _post(random: Random) -> str:
    return random.choices(_POST_PAGES, cum_weights=_POST_RANKS)[0]
