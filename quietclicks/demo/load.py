"""Events for measuring: as many distinct addresses, pages and browsers as a busy shop has.

Made from a seed. Not a day: nothing here is late, hostile or meant to be looked at.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

import orjson

from quietclicks.demo.browsers import BROWSERS
from quietclicks.demo.shop import SITE

AT_ONCE = 2_000  # visitors on the site at any moment
VIEWS_EACH = 7  # on average
PRODUCTS = 20_000
TERMS = ("oak table", "blue rug", "desk lamp", "garden chair", "wall mirror", "king size bed")
LANGUAGES = ("en-GB,en;q=0.9", "de-DE,de;q=0.9,en;q=0.7", "fr-FR,fr;q=0.8", "es-ES,es;q=0.9", "nl")


def load(seed: int, events: int, start: datetime) -> Iterator[bytes]:
    """Raw events' values, 20 a second from `start` on (UTC)."""
    random = Random(seed)  # noqa: S311 - sample data, not secrets
    visitors = [_visitor(random) for _ in range(AT_ONCE)]
    weights = list(accumulate(1 / rank for rank in range(1, PRODUCTS + 1)))
    ranks = range(1, PRODUCTS + 1)
    for number in range(events):
        place = random.randrange(AT_ONCE)
        if random.random() < 1 / VIEWS_EACH:
            visitors[place] = _visitor(random)
        product = random.choices(ranks, cum_weights=weights)[0]
        at = start + timedelta(milliseconds=50 * number)
        event = {
            "event_id": f"{seed}-{number}",
            "site": SITE,
            "timestamp": at.isoformat(timespec="milliseconds"),
            "url": _url(random, product),
            "referrer": _referrer(random, product),
            "consent": {"analytics": random.random() < 0.78, "partners": random.random() < 0.1},
            **visitors[place],
        }
        yield b"not an event" if random.random() < 0.001 else orjson.dumps(event)


def _visitor(random: Random) -> dict[str, str]:
    browser = random.choices(BROWSERS, [each.weight for each in BROWSERS])[0]
    # Build numbers make some thousand user agents of a few dozen.
    agent = f"{browser.user_agent} Build/{random.randrange(40)}"
    octets = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    address = octets if random.random() < 0.7 else f"2001:db8:{random.randrange(65536):x}::1"
    return {"ip": address, "user_agent": agent, "accept_language": random.choice(LANGUAGES)}


def _url(random: Random, product: int) -> str:
    kind = random.random()
    page = f"https://{SITE}/products/{product}"
    if kind < 0.55:
        return page
    if kind < 0.62:
        return f"https://{SITE}/search?q={random.choice(TERMS).replace(' ', '+')}"
    if kind < 0.8:
        return f"{page}?utm_source=mail&utm_campaign=spring&gclid={random.getrandbits(60):x}"
    return f"{page}?session={random.getrandbits(60):x}&page={random.randrange(9)}"


def _referrer(random: Random, product: int) -> str | None:
    kind = random.random()
    if kind < 0.3:
        return None
    if kind < 0.65:
        return f"https://{SITE}/products/{random.randrange(PRODUCTS)}"
    if kind < 0.85:
        return "https://www.google.com/"
    return f"https://blog{product % 500}.example.org/{random.getrandbits(40):x}"


def yesterday(now: datetime) -> datetime:
    """The start of the last full UTC day: its events are neither late nor ahead."""
    return datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=1)
