"""Canaries: raw events with made-up personal data in every field, and a search for it.

The events follow the schema and the policy, so a new field and a new site are covered by being
there. What is meant to leave is none: the truncated network, a readable path, a referrer's domain.
"""

import hashlib
import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin
from urllib.parse import quote, unquote

import msgspec
import re2
from msgspec import Struct

from quietclicks.pipeline.clock import MILLISECONDS_PER_DAY, MILLISECONDS_PER_HOUR, text
from quietclicks.pipeline.fields.referrer_hosts import PATHS
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.policy import Policy, SitePolicy
from quietclicks.pipeline.release import params_of
from quietclicks.schemas.raw import RawEvent
from quietclicks.schemas.trend import SEARCH_PAGES, Dimension

START = 1_704_067_200_000  # any midnight will do: the pipeline asks no clock
UNLISTED = "(unlisted)"
RECORD = "(record)"
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_APART = re.compile(r"[\W_]+")
_CAMPAIGN = ("utm_source", "UTM_Source", "utm_source=google.com&utm_medium", "utm_campaign")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

_encode = msgspec.json.Encoder().encode


def _hex(number: int) -> str:
    return hashlib.blake2b(str(number).encode(), digest_size=20).hexdigest()


# A kind → (what is put in, the part of it that may be nowhere), the number making it unique.
KINDS: dict[str, Callable[[int], tuple[str, str]]] = {
    "IPv4": lambda n: (_ipv4(n), _ipv4(n)),
    "IPv6": lambda n: (f"2001:db8:{n % 97:x}:{n:x}:c0de:{n:x}:beef:{n:x}", f"c0de:{n:x}:beef"),
    "e-mail": lambda n: (f"ada.leak{n:06}@mail.example", f"leak{n:06}"),
    "phone": lambda n: (f"+44 7911 {n:06}", f"7911 {n:06}"),
    "token": lambda n: (_hex(n), _hex(n)[:16]),
    "agent": lambda n: (
        f"Mozilla/5.0 (Linux; Android 14; SM-S{n:06}) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/126.0.{n:06}.77 Mobile Safari/537.36",
        f"126.0.{n:06}.77",
    ),
    "URL": lambda n: (f"https://www.place.example/area?visit=w{n:06}q#part", f"visit=w{n:06}q"),
}
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "encoded": lambda value: quote(value, safe=""),
    "encoded twice": lambda value: quote(quote(value, safe=""), safe=""),
    "full-width": lambda value: value.translate(_FULL_WIDTH),
}


class Canary(Struct, frozen=True):
    """One piece of made-up personal data, and where it was put."""

    kind: str
    field: str
    place: str  # a template: {} stands for the canary
    form: str
    site: str
    whole: str
    needle: str  # the part of it that may be nowhere


def canaries(policy: Policy) -> Iterator[tuple[Canary, list[bytes]]]:
    """Each canary with the raw records that bear it: enough visitors for every threshold."""
    params = params_of(policy)
    crowd = max(params.threshold(dimension, SEARCH_PAGES) for dimension in Dimension)
    number = 0
    for site, rules in policy.sites.items():
        for field, place in _places(site, rules):
            for hour, (kind, make) in enumerate(KINDS.items()):
                for form, wrap in FORMS.items():
                    number += 1
                    whole, needle = make(number)
                    canary = Canary(kind, field, place, form, site, whole, needle)
                    put = place.replace("{}", wrap(whole))
                    alike = crowd if field in _COUNTED else 1
                    bases = [_base(site, rules, hour, (number, n)) for n in range(alike)]
                    yield canary, [_record(base, field, put) for base in bases]


def log_of(values: Sequence[bytes], policy: Policy) -> Iterator[tuple[bytes, int]]:
    """Records between the ticks that open and close their day; (value, append time in ms)."""
    lateness_ms = policy.time.allowed_lateness * 1000
    end = START + MILLISECONDS_PER_DAY + lateness_ms
    yield tick(START + lateness_ms), end
    for value in values:
        yield value, end
    yield tick(end), end


class Finder:
    """Looks for canaries in whatever is given to it: plain, encoded, squeezed, base64, hex."""

    def __init__(self, looked_for: Sequence[Canary]) -> None:
        self._of: dict[str, Canary] = {}
        for canary in looked_for:
            for needle in _disguises(canary.needle):
                self._of[needle] = canary
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 30  # bytes; some ten thousand needles
        needles = sorted(self._of, key=len, reverse=True)
        self._pattern = re2.compile("|".join(map(re2.escape, needles)) or r"\z.", options)

    def find(self, told: str) -> set[Canary]:
        """The canaries of which the text holds anything."""
        views = {told}
        folded = unicodedata.normalize("NFKC", told)
        for _ in range(3):
            lower = folded.casefold()
            views |= {lower, _squeezed(lower)}
            if "%" not in folded:
                break
            folded = unicodedata.normalize("NFKC", unquote(folded))
        suspect = filter(self._pattern.search, views)  # far quicker than `findall` where none is
        return {self._of[match] for view in suspect for match in self._pattern.findall(view)}


def _disguises(needle: str) -> Iterator[str]:
    yield needle
    yield _squeezed(needle)
    raw = needle.encode()
    yield raw.hex()
    for before in range(3):  # base64 knows three alignments; its ends depend on what is around
        coded = b64encode(bytes(before) + raw).decode().rstrip("=")
        yield coded[(0, 2, 3)[before] : len(coded) - 1 if (before + len(raw)) % 3 else None]


def _squeezed(told: str) -> str:
    return _APART.sub("", told)


def _ipv4(number: int) -> str:
    high, low = divmod(number, 150)
    return f"11.{high // 150}.{high % 150 + 100}.{low + 100}"


# Fields


def _is_text(wanted: Any) -> bool:
    if get_origin(wanted) in (Union, UnionType):
        return any(_is_text(each) for each in get_args(wanted) if each is not NoneType)
    return wanted is str or str in get_args(wanted)[:1]


_FIELDS = {field.encode_name: _is_text(field.type) for field in msgspec.structs.fields(RawEvent)}
_ADDRESSES = frozenset({"url", "referrer"})
# A crowd differs by its address and its ids, so those cannot be the same in it.
_COUNTED = frozenset(_FIELDS) - {"ip", "event_id", "site", "timestamp", "consent", "type"}


def _places(site: str, rules: SitePolicy) -> Iterator[tuple[str, str]]:
    home = f"https://{site}"
    of_text = ["{}", "red shoes {} size 8", "{} ada", "https://a.example/?to={}"]
    of_address = [
        home + "/{}",
        home + "/?ref={}",
        home + "/products/{}",
        home + "/a-{}-b/c",
        home + "/help;who={}",
        home + "/#{}",
        home + ":{}/",
        "https://{}/",
        "https://{}@" + site,
        "https://{}." + site,
        "//{}/x",
        *(home + path + "/{}" for path in rules.search_pages),
        *(home + _filled(rule) for rule in rules.path_rules),
        *(home + f"/?{name}={{}}" for name in rules.parameters),
        *(home + f"/?{name}={{}}" for name in _CAMPAIGN),
        *(
            home + f"{path}?{name}={typed}"
            for name in rules.search_parameters
            for path in rules.search_pages or ("/",)
            for typed in ("{}", "https://a.example/?to={}")
        ),
    ]
    for field, is_text in _FIELDS.items():
        for place in of_text if is_text else ["{}"]:
            yield field, place
        if field in _ADDRESSES:
            for place in of_address:
                yield field, place
    for host, paths in PATHS.items():  # these are looked at beyond their origin
        yield "referrer", f"https://{host}{paths[0][0]}/{{}}"
    for field in (UNLISTED, RECORD):
        yield field, "{}"


def _filled(rule: str) -> str:
    """A path rule with the canary wherever a visitor's own words may stand."""
    parts = rule.split("/")
    return "/".join("{}" if part[:1] in ("*", ":") else part for part in parts)


def _base(site: str, rules: SitePolicy, hour: int, visitor: tuple[int, int]) -> dict[str, Any]:
    number, n = visitor
    return {
        "event_id": f"{number}-{n}",
        "site": site,
        "timestamp": text(START + hour * MILLISECONDS_PER_HOUR),
        # What is typed counts on a search page only.
        "url": f"https://{site}{rules.search_pages[0] if rules.search_pages else '/'}",
        "ip": f"2001:db8:{number:x}:{n:x}::1",  # of IPv6 a visitor is a /64
        "user_agent": _BROWSER,
        "consent": {"analytics": True, "partners": True},
    }


def _record(event: dict[str, Any], field: str, put: str) -> bytes:
    if field == RECORD:
        return put.encode()
    if field == UNLISTED:
        return _encode({**event, put: 1, "note": {put: [put]}})
    return _encode({**event, field: put})
