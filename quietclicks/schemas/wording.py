"""What the JSON Schemas say beyond the structs: words, patterns and bounds for every field.

What is said of a raw event is what decoding checks, no less and no more. What is said of a record
that we write is a promise to who reads it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Browser, Pseudonymised, Source
from quietclicks.schemas.raw import Consent, RawEvent, Tick
from quietclicks.schemas.rejection import Rejection
from quietclicks.schemas.summary import DestroyedThrough, LastAudit, Summary
from quietclicks.schemas.trend import NONE, OTHER, SEARCH_PAGES, Trend, TrendKey

Keywords = Mapping[str, Any]

# Plain expressions, which every dialect reads alike. `[0-9]`, since `\d` has more digits in some.
_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
INSTANT = rf"^{_DATE}[Tt ]{_CLOCK}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])$"
_SECONDS = f"^{_DATE}T{_CLOCK}Z$"
_MILLISECONDS = rf"^{_DATE}T{_CLOCK}\.[0-9]{{3}}Z$"
_HOUR = f"^{_DATE}T([01][0-9]|2[0-3]):00:00Z$"
_MIDNIGHT = "T00:00:00Z$"
_PSEUDONYM = "^[A-Za-z0-9_-]{16,}$"
_IPV4 = r"[0-9]{1,3}(\.[0-9]{1,3}){3}/([0-9]|1[0-9]|2[0-4])"
_IPV6 = "[0-9a-f:]{2,39}/([0-9]|[1-3][0-9]|4[0-8])"
FEWEST = 5  # visitors of a number that is published: the floor of every policy


class Wording(NamedTuple):
    """Of one struct. A pattern or bound is for the text or number: null stays allowed."""

    title: str
    description: str
    fields: Mapping[str, Keywords]


def _of(description: str, **keywords: Any) -> Keywords:
    return {"description": description, **keywords}


def _instant(description: str) -> Keywords:
    return _of(description, pattern=INSTANT)


_KEY = {
    "site": _of("A website, or a stream of one: `shop.example (bots)`.", minLength=1),
    "window": _of("PT1H is an hour, P1D a day, both UTC."),
    "start": _of("When the window begins, UTC; a day begins at midnight.", pattern=_HOUR),
    "dimension": _of("What is counted by."),
    "value": _of(
        f"A page, `Safari · mobile`, `de`, …; {OTHER} is all that may not be named, {NONE} that "
        f"there was no such thing, {SEARCH_PAGES} all search pages; the empty string is the total."
    ),
}

WORDINGS: Mapping[type[Struct], Wording] = {
    RawEvent: Wording(
        "Raw event",
        "One page view, as a collector sends it to `clickstream.raw`. null is the same as absent. "
        "Any other field is dropped on reading, whatever is in it. A record has 64 KiB at most.",
        {
            "event_id": _of("Unique, chosen by the collector."),
            "site": _of("Host name of the website, as the policy lists it."),
            "timestamp": _instant("RFC 3339 with an offset: when the request arrived."),
            "url": _of(
                "The page visited: a URL of http or https on a host of the site, or a path.",
                pattern="^[^?]",
            ),
            "ip": _of("The client's address, IPv4 or IPv6; of garbage no network is told."),
            "type": _of(
                "`pageview`: a page, whatever its path is called. Absent is the same, but for an "
                "asset's path.",
                const="pageview",
            ),
            "user_agent": _of("As the browser sent it; without one it counts as a bot."),
            "accept_language": _of("As the browser sent it."),
            "referrer": _of("As the browser sent it."),
            "sec_ch_ua": _of("`Sec-CH-UA` as sent."),
            "sec_ch_ua_mobile": _of("`Sec-CH-UA-Mobile` as sent."),
            "sec_ch_ua_platform": _of("`Sec-CH-UA-Platform` as sent."),
            "search_terms": _of("Else taken from the URL by the site's search parameters."),
            "purpose": _of(
                "`Sec-Purpose` as sent: with anything in it this is no view, but fetched ahead of "
                "one. Leave it out where the page was shown all the same."
            ),
            "dnt": _of(
                "The value of `DNT`, or what it says as JSON. No objection is: absent, null, an "
                "empty text, 0, false, `null`, `undefined`, `unspecified`; all else objects."
            ),
            "gpc": _of("The same of `Sec-GPC`."),
            "consent": _of("What the visitor chose; absent is unknown."),
            "tcf": _of("An IAB TC string."),
        },
    ),
    Consent: Wording(
        "Consent",
        "What the visitor chose; absent or null is unknown, and unknown is no consent.",
        {
            "analytics": _of("Whether the event may be counted, and passed on to analysts."),
            "partners": _of("Whether partners may have their copy of it."),
        },
    ),
    Tick: Wording(
        "Tick",
        "The time and nothing else, in `clickstream.raw`: what closes hours when nobody comes.",
        {
            "timestamp": _instant("RFC 3339 with an offset."),
            "type": _of("What tells it from an event.", const="tick"),
        },
    ),
    Pseudonymised: Wording(
        "Pseudonymised event",
        "One page view under a pseudonym, in `clickstream.pseudonymised`. These are all fields "
        "there are; those that are not required are there if the policy lists them.",
        {
            "id": _of("The event's id under the day's key.", pattern=_PSEUDONYM),
            "site": _of("The website.", minLength=1),
            "timestamp": _of("Whole seconds, UTC.", pattern=_SECONDS),
            "visitor": _of(
                "A pseudonym: the same within a day and site, never beyond.", pattern=_PSEUDONYM
            ),
            "network": _of(
                "The address cut to /24 or /48 at most; null where it was none. Not by default.",
                pattern=f"^({_IPV4}|{_IPV6})$",
            ),
            "country": _of("ISO 3166-1 alpha-2; null where unknown.", pattern="^[A-Z]{2}$"),
            "page": _of(
                "The path, with what parameters the policy says are the page.", pattern="^/"
            ),
            "source": _of("Where the visitor came from."),
            "search": _of("What was searched for, scrubbed; null where nothing was.", minLength=1),
            "browser": _of("Which browser."),
            "os": _of("The operating system's family. Not by default.", minLength=1),
            "device": _of("What kind of device."),
            "language": _of(
                "The language asked for first, as ISO 639 has it.", pattern="^[a-z]{2,3}$"
            ),
        },
    ),
    Source: Wording(
        "Source",
        "The kind of place and its registrable domain, never a path; or a campaign.",
        {
            "class": _of(
                "The kind of place; `campaign` where the link bears a `utm_source` that is none; "
                "`none` where there was nothing, or garbage."
            ),
            "host": _of(
                "The registrable domain, or the campaign's name as the policy lists it; null where "
                "there is none to name.",
                minLength=1,
            ),
        },
    ),
    Browser: Wording(
        "Browser",
        "Its family, and its major version where the policy lists `browser.major`.",
        {
            "family": _of("From a closed list; `Other` where it is not on it.", minLength=1),
            "major": _of("The major version; null where unknown.", pattern="^[0-9]{1,4}$"),
        },
    ),
    TrendKey: Wording(
        "Trend's key", "Which number it is: the key of a record in `trends.*`.", _KEY
    ),
    Trend: Wording(
        "Trend",
        "One number about a crowd, in `trends.*`: the key's fields again, and the numbers. Final.",
        {
            **_KEY,
            "views": _of("Page views; of one visitor up to the policy's caps.", minimum=FEWEST),
            "visitors": _of(
                "About so many: chance is added, and the sum given as the nearest multiple of the "
                "policy's threshold. Never add visitors up.",
                minimum=FEWEST,
            ),
            "complete": _of("false: at least so many views; the rest is in the day's (other)."),
            "policy": _of(
                "The revision of the policy it was released under.", pattern=f"^{_DATE}$"
            ),
        },
    ),
    Rejection: Wording(
        "Rejection",
        "An event that was not passed on, in `clickstream.rejected`: why, and where it stands in "
        "the raw topic. Never a value of it.",
        {
            "reason": _of("Of a closed list."),
            "topic": _of("Where the event is.", const=topics.RAW),
            "partition": _of("Where the event is.", minimum=0),
            "offset": _of("Where the event is.", minimum=0),
            "timestamp": _of("The broker's append time, UTC.", pattern=_MILLISECONDS),
        },
    ),
    Summary: Wording(
        "Public summary",
        "What everybody may know of how data is protected: the newest record of `privacy.summary`, "
        "under the key `summary`.",
        {
            "policy": _of("The revision of the policy in force.", pattern=f"^{_DATE}$"),
            "k": _of("How many visitors a number has at the least.", minimum=FEWEST),
            "keys_destroyed": _of("null: no day's key is destroyed yet."),
            "last_audit": _of("null: there was none yet."),
            "next_audit": _of(
                "By when the policy wants the next one, UTC; null: it wants none.",
                pattern=_SECONDS,
            ),
            "checkpoint": _of(
                "The newest of the audit log, as it was signed; null: nothing is signed.",
                minLength=1,
            ),
        },
    ),
    DestroyedThrough: Wording(
        "Destroyed",
        "Up to which day the keys are destroyed.",
        {
            "day": _of("The newest such day, UTC.", pattern=f"^{_DATE}$"),
            "at": _of("When that was told in the audit log, UTC.", pattern=_SECONDS),
        },
    ),
    LastAudit: Wording(
        "Last audit",
        "How many of the promises to the public it found as promised.",
        {
            "at": _of("When it was recorded, UTC.", pattern=_SECONDS),
            "outcome": _of("broken: at least one check found something broken."),
            "held": _of("So many promises were held.", minimum=0),
            "broken": _of("So many were broken.", minimum=0),
            "not_checked": _of("So many were not checked.", minimum=0),
        },
    ),
}

ENUMERATIONS: Mapping[str, str] = {
    "Dimension": "What a trend counts by.",
    "Reason": "Why an event was not passed on.",
}

TREND_RULES: list[Keywords] = [
    {
        "if": {"properties": {"dimension": {"const": "total"}}},
        "then": {"properties": {"value": {"const": ""}}},
        "else": {"properties": {"value": {"minLength": 1}}},
    },
    {
        "if": {"properties": {"window": {"const": "P1D"}}},
        "then": {"properties": {"start": {"pattern": _MIDNIGHT}}},
    },
]
