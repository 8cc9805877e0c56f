"""The crowd that browses with you: who comes in an hour of the demo, and what they look at.

Each of the shop's pages is seen by more people than the threshold asks for. Drawn from a seed.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from quietclicks.demo.browsers import BOTS, BROWSERS, Browser
from quietclicks.demo.catalogue import REFERRERS, TERMS
from quietclicks.demo.site import PAGES, SEARCH
from quietclicks.demo.visitors import LANGUAGES

PEOPLE = 48
TO_A_PAGE = 16  # of these; the threshold is ten
SEARCHING = 24  # and twenty for what was searched for
RARE = 14  # see a page that nobody else sees, so that (other) holds enough for one more
REFUSING = 14
PROGRAMS = 14
_LAST = 55 * 60  # seconds of an hour: nobody comes late to a demo


class Visit(NamedTuple):
    """One page view: seconds since the hour's beginning, the request's headers, and its body."""

    after: float
    headers: dict[str, str]
    body: dict[str, Any]


def crowd(seed: int, hour: int, origin: str) -> list[Visit]:
    """Of one hour, in order. `origin` is the shop's, as the browser has it."""
    random = Random(f"{seed} {hour}")  # noqa: S311 - a crowd, not a secret
    return sorted(_visits(random, origin), key=lambda each: each.after)


def _visits(random: Random, origin: str) -> Iterator[Visit]:
    people = [_headers(random, BROWSERS) for _ in range(PEOPLE)]
    [term] = random.sample(TERMS, 1)
    paths = [(path, TO_A_PAGE) for path in PAGES]
    paths.append((f"{SEARCH}?q={term.replace(' ', '+')}", SEARCHING))
    for path, count in paths:
        for headers in random.sample(people, count):
            yield _visit(random, headers, origin, path, agreed=True)
    for number, headers in enumerate(random.sample(people, RARE)):
        yield _visit(random, headers, origin, f"/products/{3000 + number}", agreed=True)
    for _ in range(REFUSING):
        path = random.choice(list(PAGES))
        yield _visit(random, _headers(random, BROWSERS), origin, path, agreed=False)
    for _ in range(PROGRAMS):
        path = random.choice(list(PAGES))
        yield _visit(random, _headers(random, BOTS), origin, path, agreed=True)


def _visit(
    random: Random, headers: dict[str, str], origin: str, path: str, *, agreed: bool
) -> Visit:
    kind = random.choice([places for _, _, places in REFERRERS])
    body: dict[str, Any] = {"url": origin + path, "consent": {"analytics": agreed}}
    if kind and random.random() < 0.5:
        body["referrer"] = random.choice(kind)
    return Visit(random.uniform(0, _LAST), {**headers, "Origin": origin}, body)


def _headers(random: Random, browsers: tuple[Browser, ...]) -> dict[str, str]:
    [browser] = random.choices(browsers, [each.weight for each in browsers])
    [language] = random.choices([v for _, v in LANGUAGES], [w for w, _ in LANGUAGES])
    # A range that is set aside for measurements (RFC 2544): nobody's.
    address = f"198.{random.choice((18, 19))}.{random.randrange(256)}.{random.randrange(1, 255)}"
    sent = {
        "X-Forwarded-For": address,
        "User-Agent": browser.user_agent,
        "Accept-Language": language,
        "Sec-CH-UA": browser.sec_ch_ua,
        "Sec-CH-UA-Mobile": browser.sec_ch_ua_mobile,
        "Sec-CH-UA-Platform": browser.sec_ch_ua_platform,
    }
    return {name: value or "" for name, value in sent.items() if value or name == "User-Agent"}
