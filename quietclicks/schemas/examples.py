"""Examples of every contract, for the JSON Schemas. Nobody is in them: names and addresses are
those reserved for documentation.
"""

from typing import Any

from msgspec import Struct, to_builtins

from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Browser, Pseudonymised, Source
from quietclicks.schemas.rejection import Reason, Rejection
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary
from quietclicks.schemas.trend import BOTH, OTHER, Dimension, Stream, Trend, TrendKey, stream_name

Example = dict[str, Any]

SITE = "shop.example"
_SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)

RAW_EVENTS: list[Example] = [
    {
        "event_id": "2f0c6a52-1",
        "site": SITE,
        "timestamp": "2026-11-22T10:00:00Z",
        "url": "https://shop.example/products/7",
        "ip": "203.0.113.77",
        "user_agent": _SAFARI,
        "accept_language": "de-DE,de;q=0.9,en;q=0.8",
        "referrer": "https://www.google.com/",
        "consent": {"analytics": True, "partners": False},
    },
    {
        "event_id": "2f0c6a52-2",
        "site": SITE,
        "timestamp": "2026-11-22T11:00:01.250+01:00",
        "type": "pageview",
        "url": "https://shop.example/search?q=garden+chair",
        "ip": "2001:db8:1:2:3:4:5:6",
        "user_agent": _CHROME,
        "accept_language": "en-GB",
        "referrer": "https://shop.example/",
        "sec_ch_ua": '"Google Chrome";v="140", "Chromium";v="140", "Not)A;Brand";v="24"',
        "sec_ch_ua_mobile": "?0",
        "sec_ch_ua_platform": '"Windows"',
        "search_terms": "garden chair",
        "dnt": "0",
        "gpc": "0",
        "consent": {"analytics": True, "partners": True},
        "tcf": "CP1R2oAP1R2oAAKABBENDIEgAP___wAAAAYn__wAYAA__-AAAAA",
    },
    {
        # Null is absent; what is not listed is dropped.
        "event_id": "2f0c6a52-3",
        "site": SITE,
        "timestamp": "2026-11-22T10:00:02Z",
        "url": "/products/7?utm_source=letter",
        "ip": "203.0.113.78",
        "user_agent": _SAFARI,
        "referrer": None,
        "dnt": None,
        "consent": {"analytics": True, "partners": None},
        "customer": {"name": "Jane Doe", "orders": [12, 13]},
    },
    {
        # All that is needed. Without a user agent it counts as a bot.
        "event_id": "2f0c6a52-4",
        "site": SITE,
        "timestamp": "2026-11-22T10:00:03Z",
        "url": "/",
        "ip": "203.0.113.79",
    },
]

TICKS: list[Example] = [{"type": "tick", "timestamp": "2026-11-22T10:00:05Z"}]

_EVENTS = [
    Pseudonymised(
        id="8wu1vmzfyD9aXm58",
        site=SITE,
        timestamp="2026-11-22T10:00:00Z",
        visitor="cSZn1o_UDDMCd3F_",
        country="DE",
        page="/products/7",
        source=Source("search", "google.com"),
        search=None,
        browser=Browser("Safari"),
        device="mobile",
        language="de",
    ),
    Pseudonymised(  # with every field that can be listed
        id="5xPp6i-RhAXal6wF",
        site=SITE,
        timestamp="2026-11-22T10:00:01Z",
        visitor="2O5JKgP9RDHfz8ur",
        network=None,
        country=None,
        page="/search",
        source=Source("none", None),
        search="garden chair",
        browser=Browser("Other", None),
        os="Other",
        device="other",
        language=None,
    ),
]

_TRENDS = [
    Trend(
        SITE,
        "P1D",
        "2026-11-22T00:00:00Z",
        Dimension.PAGE,
        "/products/7",
        412,
        180,
        complete=False,
        policy="2026-11-22",
    ),
    Trend(
        SITE,
        "PT1H",
        "2026-11-22T10:00:00Z",
        Dimension.TOTAL,
        "",
        31,
        30,
        complete=True,
        policy="2026-11-22",
    ),
    Trend(
        SITE,
        "PT1H",
        "2026-11-22T10:00:00Z",
        Dimension.BROWSER,
        OTHER,
        16,
        10,
        complete=True,
        policy="2026-11-22",
    ),
    Trend(
        stream_name(SITE, Stream.OPTED_OUT),
        "P1D",
        "2026-11-22T00:00:00Z",
        Dimension.CHOICE,
        BOTH,
        52,
        40,
        complete=True,
        policy="2026-11-22",
    ),
]

_REJECTIONS = [
    Rejection(Reason.NO_CONSENT, topics.RAW, 0, 1207, "2026-11-22T10:00:00.412Z"),
    Rejection(Reason.INVALID, topics.RAW, 3, 0, "2026-11-22T10:00:01.000Z"),
]

_SUMMARIES = [
    Summary(
        "2026-11-22",
        10,
        DestroyedThrough("2026-11-20", "2026-11-22T03:15:00Z"),
        LastAudit("2026-11-22T09:00:00Z", "held", 41, 0, 32),
        "2026-11-29T09:00:00Z",
        "log.example/audit\n8\n6TJHhOLNeXvamW3TtJaPDvXG1MCL8GixAKeGA/1+028=\n\n"
        "\u2014 log.example/audit XwL/bV9Ix/KyTUHBYohCfL3WxFgyBXQTryCLjvM1HyddGhWuQSwlP90Tvs1n8kni"
        "EgG0igLouYDZ9HqksMSuOnToQgc=\n",
    ),
    Summary("2026-11-22", 10),
]


def _written(records: list[Any]) -> list[Example]:
    return [to_builtins(record) for record in records]


def _key(trend: Trend) -> Struct:
    return TrendKey(*[getattr(trend, name) for name in TrendKey.__struct_fields__])


PSEUDONYMISED = _written(_EVENTS)
PARTNERS = [{name: event[name] for name in ("id", "visitor", "page")} for event in PSEUDONYMISED]
TRENDS = _written(_TRENDS)
TREND_KEYS = _written([_key(trend) for trend in _TRENDS])
REJECTIONS = _written(_REJECTIONS)
SUMMARIES = _written(_SUMMARIES)
