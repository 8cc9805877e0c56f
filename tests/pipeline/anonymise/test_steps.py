"""One event's way: what is kept of it, what cannot be linked, and what it costs at the worst."""

import json
import time
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise import outcome as outcomes
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.batch import Batch
from quietclicks.pipeline.anonymise.decode import decode
from quietclicks.pipeline.anonymise.recent import RecentIds
from quietclicks.pipeline.anonymise.site import Context, Sites
from quietclicks.pipeline.anonymise.steps import DECIDE, walk
from quietclicks.pipeline.clock import (
    MILLISECONDS_PER_DAY,
    MILLISECONDS_PER_HOUR,
    milliseconds,
    precise_text,
)
from quietclicks.pipeline.counting.cells import DIMENSIONS
from quietclicks.pipeline.processor import Listed
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics
from quietclicks.schemas.pseudonymised import ALWAYS, Pseudonymised
from quietclicks.schemas.raw import MAX_RECORD_BYTES, RawEvent
from quietclicks.schemas.rejection import Reason
from quietclicks.schemas.trend import Dimension
from tests.pipeline_tools import (
    DAY,
    EVERY_FIELD,
    FIREFOX,
    MIDNIGHT,
    Row,
    country,
    day_key,
    event,
    policy,
    rows_of,
)

SEARCH = DIMENSIONS.index(Dimension.SEARCH)
LARGEST = 4096  # bytes of a pseudonymised event
KEYS = DayKeys()
for _day in range(DAY - 1, DAY + 3):
    KEYS.put(_day, day_key(_day))


def anonymiser(*changes: tuple[str, str]) -> Anonymiser:
    return Anonymiser(policy(*changes), country, KEYS)


ONE = anonymiser().sites


class Outcome(NamedTuple):
    """What becomes of one event."""

    event: Pseudonymised | None = None
    reason: Reason | None = None
    counted: Row | None = None
    partners: tuple[dict[str, Any], ...] = ()


class Together(NamedTuple):
    """What becomes of several, as it would be written."""

    events: list[Pseudonymised]
    rejected: list[tuple[int, Reason]]  # by offset
    counted: list[Row]
    partners: list[dict[str, Any]]


def read(value: bytes) -> RawEvent:
    raw = decode(value)
    assert isinstance(raw, RawEvent)
    return raw


def walked(raw: Sequence[RawEvent], sites: Sites) -> outcomes.Outcome:
    """Of one day and site, at offsets from 0 on."""
    times = [milliseconds(each.timestamp) for each in raw]
    site = raw[0].site
    batch = Batch(range(len(raw)), times, raw, [each.event_id for each in raw], times)
    keys = KEYS.of(times[0] // MILLISECONDS_PER_DAY, site, policy().partners)
    found = outcomes.Outcome()
    walk(
        DECIDE,
        batch,
        Context(sites.by_name[site], RecentIds(), None, 0, 0, found, pseudonymisers=keys),
    )
    return found


def together(raw: Sequence[RawEvent], sites: Sites = ONE) -> Together:
    found = walked(raw, sites)
    found.write(written := Listed(), 0, {at: precise_text(at) for _, at, _ in found.rejected})
    partners = [written.by_topic[topics.PARTNERS + name] for name in policy().partners]
    return Together(
        [
            msgspec.json.decode(value or b"", type=Pseudonymised)
            for _, _, value in written.by_topic[topics.PSEUDONYMISED]
        ],
        [(offset, reason) for offset, _, reason in sorted(found.rejected)],
        [row for name, its in found.counted for row in rows_of(name, its)],
        [msgspec.json.decode(value or b"") for rows in partners for _, _, value in rows],
    )


def outcome(at_ms: int = MIDNIGHT, sites: Sites = ONE, **fields: Any) -> Outcome:
    found = together([read(event(1, at_ms, **fields))], sites)
    reasons = [reason for _, reason in found.rejected]
    assert (len(found.events) + len(reasons), len(found.counted)) in {(1, 0), (1, 1)}
    return Outcome(
        next(iter(found.events), None),
        next(iter(reasons), None),
        next(iter(found.counted), None),
        tuple(found.partners),
    )


def kept(at_ms: int = MIDNIGHT, **fields: Any) -> Pseudonymised:
    found = outcome(at_ms, **fields).event
    assert found is not None
    return found


def test_everything_that_is_kept() -> None:
    found = outcome(
        MIDNIGHT + 10 * MILLISECONDS_PER_HOUR,
        timestamp="2026-09-22T12:00:00.987+02:00",
        url="https://ada:pw@shop.example:8443/search?q=Red%20Shoes&topic=spring&id=7#x",
        ip="8.8.8.8",
        accept_language="de-AT,de;q=0.9,en;q=0.8",
        referrer="https://www.google.co.uk/search?q=secret",
        sec_ch_ua='"Chromium";v="126", "Google Chrome";v="126"',
        sec_ch_ua_mobile="?1",
        sec_ch_ua_platform='"Android"',
    )
    assert found.reason is None
    assert found.event is not None
    fields = msgspec.to_builtins(found.event)
    assert len(fields.pop("id")) == len(fields.pop("visitor")) == 16
    assert fields == {
        "site": "shop.example",
        "timestamp": "2026-09-22T10:00:00Z",
        "country": "US",
        "page": "/search?topic=spring",
        "source": {"class": "search", "host": "google.co.uk"},
        "search": "red shoes",
        "browser": {"family": "Chrome"},
        "device": "mobile",
        "language": "de",
    }
    assert found.counted is not None
    assert found.counted[:2] == ("shop.example", MIDNIGHT // MILLISECONDS_PER_HOUR + 10)
    assert found.counted[3:] == (
        "(none)",
        "(search)",
        "search · google.co.uk",
        "red shoes",
        "Chrome · mobile",
        "de",
        "US",
    )


def test_the_least_that_is_kept() -> None:
    fields = msgspec.to_builtins(kept(ip="777.2", user_agent=FIREFOX))
    unknown = [name for name, value in fields.items() if value is None]
    assert unknown == ["country", "search", "language"]
    assert fields["source"] == {"class": "none", "host": None}


def test_what_the_policy_lists_is_all_that_analysts_get() -> None:
    sites = anonymiser(EVERY_FIELD).sites
    every = outcome(sites=sites, ip="8.8.8.8", user_agent=FIREFOX).event
    found = msgspec.to_builtins(every)
    assert tuple(found) == Pseudonymised.__struct_fields__
    assert found["network"] == "8.8.8.0/24"
    assert found["browser"] == {"family": "Firefox", "major": "128"}
    few = [*ALWAYS, "browser"]
    only = (EVERY_FIELD[0], f"[events]\nfields = {few}\n\n{EVERY_FIELD[0]}")
    partner = ('fields = ["id", "visitor", "page"]', 'fields = ["browser"]')
    one = outcome(sites=anonymiser(partner, only).sites, ip="8.8.8.8", user_agent=FIREFOX)
    assert tuple(msgspec.to_builtins(one.event)) == tuple(few)
    assert one.partners == ({"browser": {"family": "Firefox"}},)


def test_a_partner_gets_the_version_where_it_is_listed() -> None:
    partner = ('fields = ["id", "visitor", "page"]', 'fields = ["browser", "browser.major"]')
    found = outcome(sites=anonymiser(partner, EVERY_FIELD).sites, user_agent=FIREFOX)
    assert found.partners == ({"browser": {"family": "Firefox", "major": "128"}},)


def test_a_term_counts_on_search_pages_only() -> None:
    elsewhere = outcome(search_terms="shoes")
    assert elsewhere.event is not None
    assert elsewhere.event.search == "shoes"
    assert elsewhere.counted is not None
    assert elsewhere.counted[3:][SEARCH] == "(none)"
    without = outcome(url="/search")
    assert without.counted is not None
    assert without.counted[3:][SEARCH] not in {"(none)", ""}, "a search page without a term is told"


@pytest.mark.parametrize(
    ("change", "same_visitor"),
    [
        pytest.param({}, True, id="the same"),
        pytest.param({"event_id": "other"}, True, id="another event"),
        pytest.param({"url": "/other", "referrer": "https://a.example/"}, True, id="another page"),
        pytest.param({"accept_language": "de"}, True, id="another language"),
        pytest.param({"at_ms": MIDNIGHT + MILLISECONDS_PER_DAY - 1000}, True, id="later that day"),
        pytest.param({"at_ms": MIDNIGHT + MILLISECONDS_PER_DAY}, False, id="the next day"),
        pytest.param({"site": "blog.example"}, False, id="another site"),
        pytest.param({"ip": "198.51.0.3"}, False, id="another address"),
        pytest.param({"user_agent": FIREFOX + "."}, False, id="another browser"),
    ],
)
def test_what_links_two_events(change: dict[str, Any], same_visitor: bool) -> None:
    first, second = outcome(), outcome(**change)
    assert first.event
    assert second.event
    assert first.counted
    assert second.counted
    assert (first.event.visitor == second.event.visitor) is same_visitor
    assert (first.counted[2] == second.counted[2]) is same_visitor


def test_no_two_uses_have_a_pseudonym_in_common() -> None:
    found = outcome(event_id="198.51.0.2")
    assert found.event
    names = [found.event.id, found.event.visitor]
    for theirs in found.partners:
        names += [theirs["id"], theirs["visitor"]]
    assert len(names) == 4
    assert len(set(names)) == 4


def test_what_is_no_page_is_no_event() -> None:
    assert outcome(url="/a.css") == Outcome(reason=Reason.NOT_A_PAGE)


def test_referrer_spam_is_counted_nowhere() -> None:
    """Nor with those who refuse or object, nor as a program; what calls itself one is a bot."""
    semalt = "http://semalt.com/"
    refused, unknown = {"analytics": False}, ...
    found = together(
        [
            read(event(1, referrer=semalt, consent=refused)),
            read(event(2, referrer=semalt, consent=unknown, dnt="1")),
            read(event(3, referrer=semalt, user_agent="curl/8.0")),
            read(event(4, referrer=semalt)),
        ]
    )
    assert [why for _, why in found.rejected] == [
        *(Reason.REFERRER_SPAM, Reason.REFERRER_SPAM, Reason.BOT, Reason.REFERRER_SPAM)
    ]
    assert [row[0] for row in found.counted] == ["shop.example (bots)"]
    assert not found.events + found.partners


def test_a_site_is_no_spam_to_itself() -> None:
    sites = Sites(policy(), country, {"shop.example", "a.test"})
    assert outcome(sites=sites, referrer="https://www.shop.example/").reason is None
    assert outcome(sites=sites, referrer="https://www.a.test/").reason is Reason.REFERRER_SPAM
    assert outcome(sites=sites, referrer="https://semalt.com/").reason is None


def test_nothing_is_left_of_who_has_not_chosen() -> None:
    assert outcome(consent=...) == Outcome(reason=Reason.NO_CONSENT)


def test_together_events_become_what_they_become_alone() -> None:
    raw = [
        read(event(number, MIDNIGHT + number * 2 * MILLISECONDS_PER_HOUR, **fields))
        for number, fields in enumerate(
            list[dict[str, Any]](
                [
                    {"url": "https://shop.example/search?q=shoes&utm_source=letter&topic=a"},
                    {"search_terms": "hats", "ip": "8.8.8.8"},
                    {"consent": {"analytics": False, "partners": True}},
                    {"dnt": "1", "user_agent": FIREFOX + "."},
                    {"consent": {"analytics": True}, "referrer": "https://www.google.com/"},
                    {"user_agent": "curl/8.0"},
                    {"accept_language": "de", "ip": "777.2"},
                    {"url": "/a.css"},
                ]
            )
        )
    ]
    alone = [together([each]) for each in raw]
    found = together(raw)
    assert found.events == [each for one in alone for each in one.events]
    assert found.partners == sorted(
        [each for one in alone for each in one.partners], key=itemgetter("id")
    )
    assert found.rejected == [(at, why) for at, one in enumerate(alone) for _, why in one.rejected]
    assert sorted(found.counted) == sorted(row for one in alone for row in one.counted)
    assert {row[0] for row in found.counted} == {
        *("shop.example", "shop.example (opted out)", "shop.example (bots)"),
    }
    hours = [row[1] for row in found.counted if row[0] == "shop.example"]
    assert hours == sorted(hours)
    assert [why for _, why in found.rejected] == [
        *(Reason.NO_CONSENT, Reason.COUNTED_ONLY, Reason.BOT, Reason.NOT_A_PAGE),
    ]
    assert len(found.events) == len(raw) - 4


# For any input

long_text = st.one_of(
    st.text(max_size=40),
    st.builds(
        lambda piece, times: piece * times,
        st.sampled_from(
            ["a", "%41", "%25", "/a", "@", "1 ", "é", "𝔞", "٣", "\u0301", "a@b.c ", ":"]
        ),
        st.integers(1, 5000),
    ),
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    url=long_text
    | long_text.map("https://shop.example/search?q={0}&utm_source={0}&topic={0}".format),
    user_agent=long_text.map((FIREFOX + " ").__add__),
    referrer=long_text,
    accept_language=long_text,
    search_terms=long_text,
    ip=long_text,
)
def test_an_answer_is_bounded_and_the_same_again(**fields: Any) -> None:
    value = event(1, **fields)
    if len(value) > MAX_RECORD_BYTES:
        return
    answers = [outcome(sites=by, **fields) for by in (ONE, ONE, anonymiser().uncached)]
    assert answers[0] == answers[1] == answers[2]
    if answers[0].event:
        assert len(msgspec.json.encode(answers[0].event)) <= LARGEST
        assert json.loads(msgspec.json.encode(answers[0].event))


SHAPES = {
    "letters": "a",
    "digits": "7",
    "digits with spaces": "1 2-",
    "escapes": "%25",
    "broken escapes": "%2",
    "slashes": "/",
    "segments": "/ab12",
    "dots": ".",
    "at signs": "a@",
    "addresses": "a.b@c.de ",
    "colons": "a1:",
    "brackets": "(((",
    "parameters": "q=1&",
    "commas": "de;q=0.5,",
    "accents": "e\u0301",
    "full-width": "１",
    "quotes": '"a";v="1", ',
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_ten_times_the_input_takes_no_more_than_fifteen_times_as_long(shape: str) -> None:
    """Processor time, the least of several: what else the machine does is not in it."""

    def cost(length: int) -> float:
        text = (shape * length)[:length]
        values = [
            event(1, url="https://shop.example/" + text),
            event(1, url="https://shop.example/search?utm_source=x&q=" + text),
            event(1, url="https://shop.example/?utm_source=" + text),
            event(1, url="https://shop.example/?topic=" + text),
            event(1, user_agent=FIREFOX + text),
            event(1, referrer="https://a.example/" + text),
            event(1, accept_language=text, sec_ch_ua=text, search_terms=text, tcf=text),
        ]
        events = [msgspec.json.decode(value, type=RawEvent) for value in values]
        least = float("inf")
        for _ in range(5):
            sites = anonymiser().sites
            started = time.process_time()
            for each in events:
                walked([each], sites)
            least = min(least, time.process_time() - started)
        return least

    cost(100)  # what is compiled once
    shorter, longer = cost(500), cost(5000)
    # Below two milliseconds the clock's own grain would be measured.
    assert longer <= 15 * max(shorter, 0.002)
