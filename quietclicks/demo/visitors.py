"""Who visits the sample shop: address, browser, language and wishes, drawn from a seed.

Addresses are of the ranges set aside for documentation and measurements (RFC 5737, RFC 2544,
RFC 3849): nobody's. A visitor is kept as the JSON that each of the visitor's events ends with.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import orjson

from quietclicks.demo.browsers import BOTS, BROWSERS, Browser

LANGUAGES = (
    (34.0, "en-GB,en;q=0.9"),
    (12.0, "en-US,en;q=0.9"),
    (21.0, "de-DE,de;q=0.9,en;q=0.6"),
    (5.0, "de"),
    (6.0, "fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7"),
    (4.0, "nl-NL,nl;q=0.9,en;q=0.8"),
    (4.0, "pl-PL,pl;q=0.9,en;q=0.7"),
    (3.0, "es-ES,es;q=0.9"),
    (2.5, "it-IT,it;q=0.9,en;q=0.5"),
    (2.0, "tr-TR,tr;q=0.9,de;q=0.7"),
    (1.5, "zh-CN,zh;q=0.9"),
    (1.0, "ar,en;q=0.8"),
    (0.5, "cy-GB,cy;q=0.9,en;q=0.8"),
    (0.2, "gsw-CH,de-CH;q=0.9"),
    (1.5, "*"),
    (1.8, None),
)
CONSENT: tuple[tuple[float, dict[str, bool] | None], ...] = (
    (46.0, {"analytics": True, "partners": False}),
    (24.0, {"analytics": True, "partners": True}),
    (4.0, {"analytics": True}),
    (11.0, {"analytics": False, "partners": False}),
    (1.0, {"analytics": False, "partners": True}),
    (13.0, None),
    (1.0, {}),
)


class Visitor(NamedTuple):
    """`tail` closes the JSON object of an event; `key` is what keeps the visitor together."""

    bot: bool
    address: str
    user_agent: str | None
    key: bytes
    tail: bytes


def visitors(random: Random, count: int, *, bot: bool = False) -> Iterator[Visitor]:
    """`count` different visitors."""
    browsers = BOTS if bot else BROWSERS
    chosen = random.choices(browsers, [browser.weight for browser in browsers], k=count)
    languages = random.choices([v for _, v in LANGUAGES], [w for w, _ in LANGUAGES], k=count)
    # A program rarely answers a banner; one that does must be told by what it is.
    consents = random.choices(
        [v for _, v in CONSENT], [w if w == 13 or not bot else w / 8 for w, _ in CONSENT], k=count
    )
    for browser, language, consent in zip(chosen, languages, consents, strict=True):
        address = _address(random)
        yield _visitor(
            bot, address, browser, None if bot else language, consent, _signals(random, bot=bot)
        )


def _visitor(
    bot: bool,
    address: str,
    browser: Browser,
    language: str | None,
    consent: dict[str, bool] | None,
    signals: dict[str, str],
) -> Visitor:
    fields: dict[str, Any] = {
        "ip": address,
        "user_agent": browser.user_agent,
        "accept_language": language,
        "sec_ch_ua": browser.sec_ch_ua,
        "sec_ch_ua_mobile": browser.sec_ch_ua_mobile,
        "sec_ch_ua_platform": browser.sec_ch_ua_platform,
        "consent": consent,
        **signals,
    }
    present = {name: value for name, value in fields.items() if value is not None}
    key = f"{address}\n{browser.user_agent or ''}".encode()
    return Visitor(bot, address, browser.user_agent, key, b"," + orjson.dumps(present)[1:])


def _signals(random: Random, *, bot: bool) -> dict[str, str]:
    draw = random.random()
    if bot or draw >= 0.12:
        return {}
    if draw < 0.04:
        return {"dnt": "1"}
    if draw < 0.08:
        return {"gpc": "1"}
    return {"dnt": "1", "gpc": "1"} if draw < 0.10 else {"dnt": "0"}


def _address(random: Random) -> str:
    """Three in ten by IPv6; the last octet has three digits, so no address is part of another."""
    draw = random.random()
    last = random.randrange(100, 255)
    if draw < 0.62:
        return f"198.{random.choice((18, 19))}.{random.randrange(256)}.{last}"
    if draw < 0.70:
        return f"{random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{last}"
    parts = (random.randrange(1, 0xFFFF), random.randrange(16), *_interface(random))
    return "2001:db8:" + ":".join(f"{part:x}" for part in parts)


def _interface(random: Random) -> Iterator[int]:
    for _ in range(4):
        yield random.randrange(0x1000, 0xFFFF)
