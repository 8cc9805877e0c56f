"""What the pipeline's functions may be given, and the functions that are not called, with reasons.

A type or a name that is in no table here fails tests/leaks/test_steps.py.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Any

from msgspec import Raw
from ua_parser import Domain

from quietclicks.pipeline.anonymise.steps import ADMIT, COMMIT, DECIDE
from quietclicks.pipeline.collect.view import Cookies, Hit, View
from quietclicks.pipeline.consent.rules import Signals
from quietclicks.pipeline.encodings import Encoding, encodings_of
from quietclicks.pipeline.fields.campaign import listed
from quietclicks.pipeline.fields.forwarded import TrustedProxies
from quietclicks.pipeline.fields.page import PageRules
from quietclicks.pipeline.logs.events import Timeline, reader
from quietclicks.pipeline.logs.formats import Format
from quietclicks.pipeline.logs.generation import Generation, moved
from quietclicks.pipeline.logs.request import Reading, Request
from quietclicks.pipeline.policy import Policy
from quietclicks.pipeline.policy.consent_source import ConsentSource, consent_source
from quietclicks.pipeline.policy.model import TcfPolicy
from quietclicks.pipeline.processor import Record
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys, DayPseudonymisers
from quietclicks.pipeline.release import Cell, Params, Released, Remainder
from quietclicks.pipeline.release.cells import Cells, HourCells
from quietclicks.pipeline.rights.answers import Found
from quietclicks.pipeline.rights.matching import Match, Target
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.pipeline.scrub import Scrubber
from quietclicks.pipeline.scrub.identity import identities
from quietclicks.pipeline.scrub.phones import is_mobile, phones
from quietclicks.pipeline.scrub.postcodes import postcodes
from quietclicks.pipeline.scrub.products import product_codes
from quietclicks.pipeline.scrub.url.path_rules import SiteRules
from quietclicks.pipeline.sketch import Sample
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import Source
from quietclicks.schemas.raw import Consent, RawEvent
from quietclicks.schemas.rights import Answer, DayAnswer, Part, Why
from quietclicks.schemas.rights import Request as Asked
from quietclicks.schemas.trend import Dimension
from tests.pipeline_tools import DAY, NOW, SITE, Rec, day_key, policy

RULES = policy()
SCRUBBER = Scrubber(RULES.regions)
READING = Reading(SITE, Consent(True, True))
KEYS = DayKeys()
KEYS.put(DAY, day_key(DAY))
# What a function may be given besides text, by its annotation.
OTHERS: dict[Any, Any] = {
    int: 7,
    bool: True,
    Policy: RULES,
    Scrubber: SCRUBBER,
    PageRules: PageRules(SITE, RULES.sites[SITE], SCRUBBER.scrub),
    SiteRules: SiteRules(("/user/:name",)),
    Consent: Consent(True, True),
    Domain: Domain.ALL,
    tuple[str, ...]: ("GB", "DE"),
    tuple[Encoding, ...]: encodings_of(("windows-1252",)),
    list[str]: ["a", "b"],
    Collection[str]: frozenset({SITE}),
    list[tuple[int, int]]: [(0, 4), (5, 9)],
    tuple[int, int]: (5, 9),
    frozenset[int]: frozenset({1}),
    Callable[[str], str]: SCRUBBER.scrub,
    dict[str, Cell]: {},
    Mapping[str, Source]: listed(("Letter",)),
    Cell: Cell(20, Sample(range(12))),
    NoneType: None,
    Format: "combined",
    TrustedProxies: TrustedProxies.of("10.0.0.0/8"),
    ConsentSource: consent_source("cookie statistics=yes"),
    Cookies: Cookies.LEFT_OUT,
    TcfPolicy: TcfPolicy(),
    Reading: READING,
    Generation: moved(Generation("00" * 16, 1, 2), 5, b"begin"),
    Why: "other",
    DayPseudonymisers: KEYS.of(DAY, SITE, ["adreach"]),
}


def _match(text: str) -> Match:
    return Match(topics.PSEUDONYMISED, text.encode(), text.encode())


def _found(text: str) -> Found:
    return Found(DAY, "living", True, text.encode(), matches=[_match(text)], number=1)


# What may hold a visitor's text, by its annotation, and how it is made of one.
TEXTS: dict[Any, Callable[[str], Any]] = {
    str: str,
    bytes: str.encode,
    object: lambda text: {"country": {"iso_code": text}, "country_code": text},
    Iterable[str]: lambda text: [text, "x", text],
    Iterable[object]: lambda text: [text, None, text],
    Iterable[bytes]: lambda text: [text.encode(), b"{}", text.encode()],
    Sequence[bytes]: lambda text: [text.encode(), b"{}", text.encode()],
    Sequence[str]: lambda text: [text, "10.0.0.1", text],
    Request: lambda text: Request(
        peer=text,
        forwarded=(text,),
        at=datetime(2026, 9, 22, tzinfo=UTC),
        method="GET",
        target=f"/{text}",
        status=200,
        host=text,
        has_agent=True,
        user_agent=text,
        referrer=text,
    ),
    Hit: lambda text: Hit(
        method="POST", path=text, query=text, headers={"referer": text}, body=text.encode()
    ),
    View: lambda text: View(url=text, referrer=text, search_terms=text, tcf=text, dnt=text),
    RawEvent: lambda text: RawEvent(
        event_id=text, site=text, timestamp=datetime(2026, 9, 22, tzinfo=UTC), url=text, ip=text
    ),
    Signals: lambda text: Signals(text, text, text, None, text, text),
    Sequence[Record]: lambda text: [Rec(n, NOW, None, text.encode()) for n in range(2)],
    Record: lambda text: Rec(0, NOW, text.encode(), text.encode()),
    Iterable[Record]: lambda text: [Rec(n, NOW, text.encode(), text.encode()) for n in range(2)],
    Identity: lambda text: Identity(text, text),
    Target: lambda text: Target(topics.PSEUDONYMISED, text),
    Match: _match,
    Found: _found,
    Sequence[Found]: lambda text: [_found(text)],
    Iterable[Found]: lambda text: [_found(text)],
    Asked: lambda text: Asked(
        id="request-1", verb="erase", site=SITE, days=("2026-09-22",), event=text, words=text
    ),
    Iterable[Part]: lambda text: [Part(topic=topics.PSEUDONYMISED, records=(Raw(text.encode()),))],
    Sequence[Mapping[str, Any]]: lambda text: [{"page": text, "source": {"host": text}}],
    Mapping[str, bytes]: lambda text: {"events.ndjson": text.encode()},
    DayAnswer: lambda text: DayAnswer(day="2026-09-22", state="open", receipt=text),
    Answer: lambda text: Answer(id="request-1", state="open", at="", words=text),
}
# Nothing of these is what a visitor wrote: a function that takes no other tells nothing.
NO_TEXT = frozenset(
    {int, bool, NoneType, datetime, array, Timeline, Dimension, Policy, Params, Sample, Cell}
    | {Generation}
)
# Nor are the values that cells are counted by, which are clean.
CLEAN = (Cells, HourCells, Remainder, Released)

# Functions that another function makes: by the maker's name, and what is made.
MADE: dict[str, Callable[[str], Any]] = {
    "logs.events.reader": lambda text: reader("combined", READING)(text.encode(), b"1"),
    "scrub.identity.identities": identities(RULES.regions),
    "scrub.phones.is_mobile": is_mobile(RULES.regions),
    "scrub.phones.phones": phones(RULES.regions),
    "scrub.postcodes.postcodes": postcodes(RULES.regions),
    "scrub.products.product_codes": product_codes(is_mobile(RULES.regions)),
}

# What is not about visitors: whole rooms, and why.
ROOMS_WITHOUT_VISITORS = {
    "policy": "an operator's words, told to the operator by name and value",
    "statement": "the same, told to the public",
    "topology": "topics' names and numbers",
    "access": "the names of roles, users and topics",
    "attack": "published numbers, and counted events under numbers for visitors",
    "dashboard": "published records",
    "audit": "findings about records, and none of a record: tests/pipeline/audit sees to it",
    "evidence": "hashes, signatures, and entries that take no free text (its own tests see to it)",
}
WAY = "a step of the way: tests/leaks/test_pipeline.py sends whole events through all of them"
# Functions that this suite does not call, and why that is no loss.
LISTED = {
    **{
        f"{each.__module__.removeprefix('quietclicks.pipeline.')}.{each.__name__}": WAY
        for each in (*ADMIT, *DECIDE, *COMMIT)
    },
    "anonymise.drop.drop": WAY,
    "anonymise.repeats.repeats": WAY,
    "anonymise.lookups.labelled": "takes a source, which is clean",
    "anonymise.steps.walk": WAY,
    "anonymise.batch.by_site": WAY,
    "anonymise.batch.by_day": WAY,
    "anonymise.views.columns_of": "takes the names of fields",
    "anonymise.views.pseudonymised": WAY,
    "anonymise.views.analyst_view": "takes pseudonymised events",
    "anonymise.views.partner_view": "takes an operator's entry; what it makes, pseudonymised ones",
    "collect.reading.decoded": "called with each reader's own types, by each of them",
    "dry_run.utility.advise": "takes shares of what is published",
    "dry_run.utility.mean": "takes shares of what is published",
    "fields.browser.browser_label": "takes our own words for browsers, systems and devices",
    "release.day.close_day": "takes the clean values of cells, and the name of a day",
    "release.hour.close_hour": "takes the clean values of cells, and the name of an hour",
    "release.day.needs_complementary_suppression": "takes the clean values of cells",
    "release.hour.order": "takes the clean value of a cell",
    "release.withheld.rounded": "takes a number of views, samples of hashes and a site's name",
    "release.withheld.by_day": "takes days and numbers",
    "rights.rows.answer_row": "an answer, which names nobody",
    "rights.sealing.published": "takes our own signing keys",
    "rights.spread.hours": "takes pseudonymised events",
    "rights.spread.signs": "takes pseudonymised events",
    "scrub.labelled.labelled": "compiles our own words",
    "scrub.spans.pattern": "compiles our own expressions",
    "scrub.url.noise.is_noise": "takes only the letters and digits that `chunks` found",
}
