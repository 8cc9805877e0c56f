"""Which browser, operating system and kind of device: names from closed lists, and a major version.

Never a piece of the user agent itself: ua-parser copies some names out of it, so a name passes
only if it stands in ua-parser's own rules. Pure; the caller keeps a bounded cache of answers.
"""

from collections.abc import Iterable
from functools import cache

import re2
from msgspec import Struct
from ua_parser import Domain, Matchers, PartialResult, load_lazy_builtins
from ua_parser.regex import Resolver

from quietclicks.pipeline.fields.device import device_of
from quietclicks.schemas.pseudonymised import Browser, Device

MAX_LENGTH = 512  # characters read of a user agent: a miss costs time by its length
UNKNOWN = "Other"

# The device is a field of its own, so a browser has one name on every kind of device.
SAME_FAMILY = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome WebView",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "IE Mobile": "IE",
    "IE Large Screen": "IE",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari WebView",
    "Opera Mobile": "Opera",
    "Opera Tablet": "Opera",
}
SAME_OS = {
    "Mac OS X": "macOS",
    "Mac OS": "macOS",
}

# Brands as browsers send them in Sec-CH-UA, the most specific first. What is not listed is passed
# over: the made-up brands ("Not)A;Brand") that change with every version, and free text.
BRANDS = {
    "Brave": "Brave",
    "Vivaldi": "Vivaldi",
    "Opera GX": "Opera GX",
    "Opera Mobile": "Opera",
    "Opera": "Opera",
    "OperaMobile": "Opera",
    "YaBrowser": "Yandex Browser",
    "Yandex": "Yandex Browser",
    "Samsung Internet": "Samsung Internet",
    "Whale": "Whale",
    "DuckDuckGo": "DuckDuckGo",
    "HuaweiBrowser": "Huawei Browser",
    "MiuiBrowser": "MiuiBrowser",
    "Oculus Browser": "Oculus Browser",
    "Amazon Silk": "Amazon Silk",
    "Avast Secure Browser": "Avast Secure Browser",
    "Microsoft Edge WebView2": "Edge",
    "Microsoft Edge": "Edge",
    "Android WebView": "Chrome WebView",
    "Google Chrome": "Chrome",
    "Chromium": "Chromium",
}
PLATFORMS = {
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Chromium OS": "Chrome OS",
    "iOS": "iOS",
    "Linux": "Linux",
    "macOS": "macOS",
    "Windows": "Windows",
}
BRAND = re2.compile(r'"((?:[^"\\]|\\.){1,40})"\s*;\s*v\s*=\s*"(\d{1,4})[."]')


class Hints(Struct, frozen=True, gc=False):
    """Client hints as the browser sent them. `repr` hides them: they help to tell people apart."""

    sec_ch_ua: str | None = None
    sec_ch_ua_mobile: str | None = None
    sec_ch_ua_platform: str | None = None

    def __repr__(self) -> str:
        return "Hints(…)"


class Client(Struct, frozen=True, gc=False):
    """What is kept of a user agent."""

    browser: Browser
    os: str
    device: Device
    family: Browser  # the browser without its version


def client_of(user_agent: str | None, hints: Hints | None) -> Client:
    """User agent and client hints → client.

    Where both speak, the hints win: since 2023 Chrome's user agent is frozen (it names neither the
    brand nor the system's version). An iPad that asks for desktop pages says it is a Mac, sends no
    hints, and is counted as one: only a script on the page could tell them apart.
    """
    text = (user_agent or "")[:MAX_LENGTH]
    hints = hints or Hints()
    parsed = parse(text, Domain.USER_AGENT | Domain.OS)
    os = _platform(hints) or _os(parsed)
    browser = _brand(hints) or _browser(parsed)
    return Client(
        browser=browser,
        os=os,
        device=device_of(text, os, (hints.sec_ch_ua_mobile or "").strip()),
        family=Browser(browser.family),
    )


def browser_label(client: Client) -> str:
    """The trend's value: browser and device together, `Safari · mobile`."""
    return f"{client.browser.family} · {client.device}"


def parse(text: str, domains: Domain) -> PartialResult:
    """ua-parser's raw answer. Its names are not safe to pass on."""
    return _rules()[0](text, domains)


def load() -> None:
    """Build the parser now (0.2-0.5 s) rather than with the first event."""
    _rules()


@cache
def _rules() -> tuple[Resolver, frozenset[str], frozenset[str]]:
    """The parser, and the browsers' and systems' names that it may answer."""
    matchers: Matchers = load_lazy_builtins()
    browsers, systems, _ = matchers
    return (
        Resolver(matchers),
        _names((rule.family, rule.regex) for rule in browsers),  # type: ignore[attr-defined]
        _names((rule.family, rule.regex) for rule in systems),  # type: ignore[attr-defined]
    )


def _names(rules: Iterable[tuple[str | None, str]]) -> frozenset[str]:
    """Fixed names; of those copied from the input, the words that the rule itself spells out."""
    names: set[str] = set()
    for family, regex in rules:
        if family and "$" not in family:
            names.add(family)
        else:
            names.update(_literals(regex))
    return frozenset(names)


def _literals(regex: str) -> Iterable[str]:
    for word in WORD_ENDS.split(regex):
        plain = word.replace("\\.", ".").replace("\\-", "-")
        if PLAIN_WORD.fullmatch(plain):
            yield plain


WORD_ENDS = re2.compile(r"[()|]")
PLAIN_WORD = re2.compile(r"[A-Za-z][A-Za-z0-9 !._-]{1,28}[A-Za-z0-9!]")


def _browser(parsed: PartialResult) -> Browser:
    found = parsed.user_agent
    if found is None or found.family not in _rules()[1]:
        return Browser(family=UNKNOWN, major=None)
    return Browser(family=SAME_FAMILY.get(found.family, found.family), major=_major(found.major))


def _os(parsed: PartialResult) -> str:
    found = parsed.os
    if found is None or found.family not in _rules()[2]:
        return UNKNOWN
    return SAME_OS.get(found.family, found.family)


def _major(version: str | None) -> str | None:
    if version and len(version) <= 4 and version.isascii() and version.isdigit():
        return str(int(version))
    return None


def _brand(hints: Hints) -> Browser | None:
    if not hints.sec_ch_ua:
        return None
    sent = dict(BRAND.findall(hints.sec_ch_ua[:MAX_LENGTH]))
    for brand, family in BRANDS.items():
        if brand in sent:
            return Browser(family=family, major=_major(sent[brand]))
    return None


def _platform(hints: Hints) -> str | None:
    if not hints.sec_ch_ua_platform:
        return None
    return PLATFORMS.get(hints.sec_ch_ua_platform[:40].strip().strip('"'))
