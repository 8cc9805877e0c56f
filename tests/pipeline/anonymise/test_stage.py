"""The anonymise stage: every way out, the log's order and clock, missing keys."""

import json
from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise import recent
from quietclicks.pipeline.anonymise.anonymiser import Anonymiser
from quietclicks.pipeline.anonymise.decoded import BATCH_RECORDS
from quietclicks.pipeline.anonymise.outcome import UNREADABLE_ADDRESS
from quietclicks.pipeline.anonymise.recent import RECENT_EVENTS
from quietclicks.pipeline.anonymise.stage import AnonymiseProcessor
from quietclicks.pipeline.fields.forwarded import packed_address
from quietclicks.pipeline.fields.page import Page, PageRules, page_of
from quietclicks.pipeline.fields.query import relevant
from quietclicks.pipeline.logs.events import tick
from quietclicks.pipeline.processor import Listed
from quietclicks.pipeline.pseudonyms.key_ring import DayKeys
from quietclicks.schemas import topics
from quietclicks.schemas.rejection import Reason
from tests.pipeline_tools import (
    APPENDED,
    DAY,
    HOUR,
    MIDNIGHT,
    MINUTE,
    NOW,
    RESTRICTED,
    Rec,
    World,
    caches_of,
    closing,
    compare,
    country,
    day_key,
    event,
    feed,
    policy,
)

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def reasons(*values: bytes | None, appended_ms: int = APPENDED, **options: Any) -> list[str]:
    """Why records are rejected; the first is preceded by a tick that closes what is before NOW."""
    world = World(**options)
    world.put(feed([closing(NOW), *values], appended_ms))
    return world.run().reasons()


# Every reason: one test with its name; the last test fails when one has none.


def test_empty() -> None:
    assert reasons(None, b"") == ["empty", "empty"]


def test_too_large() -> None:
    assert reasons(event(1, NOW, url="/" + "x" * 2**20)) == ["too_large"]


def test_not_utf8() -> None:
    assert reasons(event(1, NOW).replace(b"Mozilla", b"\xff\xfe")) == ["not_utf8"]


def test_not_json() -> None:
    assert reasons(b"\x00\x01", b"GET / HTTP/1.1", event(1, NOW)[:-1]) == ["not_json"] * 3


def test_too_deep() -> None:
    deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    assert reasons(deep) == ["too_deep"]


def test_invalid() -> None:
    assert reasons(event(1, NOW, ip=7), event(1, NOW, url=...)) == ["invalid"] * 2


def test_unclear_signal() -> None:
    agreed = {"analytics": True, "partners": True}
    spelt_otherwise = [event(1, NOW, DNT="1"), event(2, NOW, consent={**agreed, "Partners": False})]
    assert reasons(*spelt_otherwise) == ["unclear_signal"] * 2


def test_repeated_signal() -> None:
    twice = event(1, NOW, dnt="0").replace(b'"dnt": "0"', b'"dnt": "1", "dnt": "0"')
    assert reasons(twice, event(2, NOW, dnt="0")) == ["repeated_signal"]


def test_bad_timestamp() -> None:
    assert reasons(event(1, timestamp="2026-09-22T02:00:00")) == ["bad_timestamp"]


def test_from_the_future() -> None:
    latest = APPENDED + 5 * MINUTE
    assert reasons(event(1, latest + 1000), event(2, latest)) == ["from_the_future"]


def test_unknown_site() -> None:
    assert reasons(event(1, NOW, site="SHOP.example")) == ["unknown_site"]


def test_late() -> None:
    assert reasons(event(1, NOW - 1000), event(2, NOW)) == ["late"]


def test_duplicate() -> None:
    others = event(3, NOW), event(1, NOW, site="blog.example")
    assert reasons(event(1, NOW), *others, event(1, NOW, ip="8.8.8.8")) == ["duplicate"]


def test_unreadable_line() -> None:
    line, said = b'{"type":"unreadable_line"}', event(2, NOW, type="unreadable_line")
    assert reasons(line, said) == ["unreadable_line"] * 2


@pytest.mark.parametrize("ip", ["", "a.example", "8.8.0.4, 10.0.0.1", "8.8.0.4:x", "8.8.0.400"])
def test_addresses_that_cannot_be_read_are_counted(ip: str) -> None:
    values = [event(n, NOW, ip=ip) for n in range(3)] + [event(3, NOW), event(4, NOW, url="/a.css")]
    world = World(batch=2)
    world.put(feed([*values, event(5, NOW, ip=ip, url="/a.css")], APPENDED))
    assert world.run().tally[UNREADABLE_ADDRESS] == 3
    assert len(world.events()) == 4


def test_not_a_page() -> None:
    style, error = event(1, NOW, url="/style.css"), event(2, NOW, type="error")
    assert reasons(style, error, event(3, NOW, type="pageview")) == ["not_a_page"] * 2


def test_a_page_that_the_collector_declares_is_one_whatever_it_is_called() -> None:
    urls = ("/package/three.js", "/horses/feed", "/.well-known/x", "/gate.exe?f=x", "/user/a.png")
    declared = [event(n, NOW, url=url, type="pageview") for n, url in enumerate(urls)]
    world = World()
    world.put(feed([closing(NOW), *declared], APPENDED))
    found = [each["page"] for each in world.run().events()]
    names = ["/package/three.js", "/horses/feed", "/.well-known/x", "/gate.exe", "/user/:name"]
    assert found == names
    assert reasons(*[event(n, NOW, url=url) for n, url in enumerate(urls)]) == ["not_a_page"] * 5


def test_other_host() -> None:
    probe = event(1, NOW, url="http://www.google.com/search?q=john+doe", search_terms="john doe")
    local = event(2, NOW, url="http://localhost/", type="pageview")
    assert reasons(probe, local, event(3, NOW, url="/a")) == ["other_host"] * 2


def test_nobody_reads_the_query_of_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noted(query: str, rules: PageRules) -> str:
        asked.append(query)
        return relevant(query, rules)

    monkeypatch.setattr("quietclicks.pipeline.anonymise.lookups.relevant", noted)
    own = event(1, NOW, url="https://shop.example/search?q=hats")
    assert reasons(own, event(2, NOW, url="http://www.google.com/search?q=red")) == ["other_host"]
    assert asked == ["q=hats"]


@pytest.mark.parametrize(
    "purpose",
    [
        *("prefetch", "prefetch;prerender", "Prefetch;anonymous-client-ip", "prerender"),
        *("x, prefetch", "preview", "é", ' ";', "0"),
    ],
)
def test_whatever_a_purpose_says_it_is_no_view(purpose: str) -> None:
    assert reasons(event(1, NOW, purpose=purpose), event(2, NOW)) == ["prefetch"]


def test_restricted() -> None:
    """Nothing of them is written, counted or passed on; in no stream either, whatever they say."""
    sent: dict[str, Any] = dict(zip(("ip", "user_agent"), RESTRICTED, strict=True))
    theirs = [
        event(number, NOW, **{**sent, **more})
        for number, more in enumerate(
            list[dict[str, Any]](
                [
                    {},
                    {"ip": f"{RESTRICTED[0]}:8080"},
                    {"dnt": "1"},
                    {"consent": {"analytics": False}},
                    {"consent": ...},
                    {"accept_language": "de", "sec_ch_ua_platform": '"Linux"'},
                ]
            )
        )
    ]
    world = World()
    world.put(feed([closing(NOW), *theirs, closing(NOW + HOUR)], APPENDED + HOUR))
    assert world.run().reasons() == ["restricted"] * len(theirs)
    assert not world.events()
    assert not world.topics[topics.PARTNERS + "adreach"]
    assert not world.closed_cells()
    others = [{"ip": "203.0.113.251"}, {"user_agent": "Other/1.0"}, {"site": "blog.example"}]
    values = [event(number, NOW, **{**sent, **other}) for number, other in enumerate(others)]
    assert "restricted" not in reasons(*values)
    assert reasons(event(1, NOW + 3 * 24 * HOUR, **sent)) != ["restricted"], "the entry has ended"


def test_prefetch() -> None:
    ahead = event(1, NOW, purpose="prefetch", type="pageview", dnt="1", user_agent=GOOGLEBOT)
    views = [event(2 + n, NOW, purpose=none) for n, none in enumerate([None, "", " \t"])]
    assert reasons(ahead, *views) == ["prefetch"]


def test_referrer_spam() -> None:
    spam = ["http://semalt.com/crawler.php?u=x", "https://www.SEMALT.com", "http://x.semalt.com./"]
    honest = ["https://notsemalt.com/", "https://semalt.com.test/", "https://a.test/semalt.com"]
    values = [event(n, NOW, referrer=each) for n, each in enumerate([*spam, *honest])]
    assert reasons(*values) == ["referrer_spam"] * 3


def test_bot() -> None:
    bot, nobody = event(1, NOW, user_agent=GOOGLEBOT), event(2, NOW, user_agent=...)
    assert reasons(bot, nobody) == ["bot"] * 2


def test_no_consent() -> None:
    refused = event(2, NOW, consent={"analytics": False})
    assert reasons(event(1, NOW, consent=...), refused) == ["no_consent"] * 2


def test_counted_only() -> None:
    assert reasons(event(1, NOW, dnt="1"), event(2, NOW, gpc="1")) == ["counted_only"] * 2


def test_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> object:
        raise ZeroDivisionError("198.51.100.7")

    monkeypatch.setattr("quietclicks.pipeline.anonymise.visitor.packed_address", fail)
    assert reasons(event(1, NOW), b"{}") == ["error", "invalid"]


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
def test_an_error_costs_no_event_but_its_own(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever and however many of a batch fail: as if each event had come alone."""

    def fail(text: str) -> bytes | None:
        if text.startswith("66."):
            raise ZeroDivisionError
        return packed_address(text)

    monkeypatch.setattr("quietclicks.pipeline.anonymise.visitor.packed_address", fail)
    random = Random(3)
    values = [
        event(
            n,
            NOW,
            ip=f"{66 if random.random() < share else 9}.0.{n // 250}.{n % 250}",
            site=random.choice(["shop.example", "blog.example"]),
            referrer="https://a.test/?" + "x" * random.choice([1, 1, 1, 3000]),
        )
        for n in range(700)
    ]
    alone, together = World(batch=1), World(batch=1000)
    for world in (alone, together):
        world.put(feed([closing(NOW), *values, closing(NOW + HOUR)], APPENDED + HOUR))
        world.run()
    compare(together, alone)
    poisoned = sum(b'"66.' in value for value in values)
    assert together.reasons() == ["error"] * poisoned
    assert len(together.events()) == len(values) - poisoned


@pytest.mark.parametrize(
    "fields",
    [{}, {"dnt": "1"}, {"consent": {"analytics": False, "partners": True}}],
    ids=["analysts", "counted only", "partners only"],
)
def test_a_text_that_cannot_be_written_is_an_error(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step lets one through; if one ever did, the worker must not end over it each time."""

    def broken(base: str, rules: PageRules) -> Page:
        return Page("/\ud800", False) if "poison" in base else page_of(base, rules)

    monkeypatch.setattr("quietclicks.pipeline.anonymise.lookups.page_of", broken)
    poison = event(2, NOW, url="https://shop.example/poison", **fields)
    values = [event(1, NOW), poison, event(3, NOW), closing(NOW + HOUR)]
    world = World()
    world.put(feed([closing(NOW), *values], APPENDED + HOUR))
    assert world.run().reasons() == ["error"]
    assert len(world.events()) == 2


def test_every_reason_has_its_test() -> None:
    named = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {reason.value for reason in Reason} <= named


def test_the_order_of_the_drops() -> None:
    """Each row would be rejected for the reasons after its own as well."""
    first = event(1, NOW)
    everything: dict[str, Any] = {
        "user_agent": GOOGLEBOT,
        "consent": ...,
        "url": "/a.css",
        "referrer": "http://semalt.com/",
    }
    restricted = dict(zip(("ip", "user_agent"), RESTRICTED, strict=True))
    rows = [
        (event(1, NOW - HOUR, site="x.example", **everything), "unknown_site"),
        (event(1, NOW + 2 * HOUR, **everything), "from_the_future"),
        (event(1, NOW - HOUR, **everything), "late"),
        (event(1, NOW, **everything), "duplicate"),
        (event(8, NOW, **{**everything, **restricted}, purpose="prefetch"), "restricted"),
        (event(2, NOW, **everything, purpose="prefetch"), "prefetch"),
        (event(5, NOW, **{**everything, "url": "http://a.example/a.css"}), "other_host"),
        (event(6, NOW, **everything), "not_a_page"),
        (event(3, NOW, **{**everything, "url": "/"}), "bot"),
        (event(7, NOW, consent=..., referrer="http://semalt.com/"), "referrer_spam"),
        (event(4, NOW, consent=...), "no_consent"),
    ]
    assert reasons(first, *[value for value, _ in rows]) == [reason for _, reason in rows]


def test_a_rejection_names_the_position_and_nothing_else() -> None:
    world = World(partitions=3)
    world.put([(closing(NOW), APPENDED), (event(1, NOW, consent=...), APPENDED + 17)], partition=2)
    ((key, value),) = world.run().topics[topics.REJECTED]
    assert key is None
    assert json.loads(value or b"") == {
        "reason": "no_consent",
        "topic": "clickstream.raw",
        "partition": 2,
        "offset": 1,
        "timestamp": "2026-09-22T02:15:00.017Z",
    }


# Consent, through the whole stage


@pytest.mark.parametrize(
    ("fields", "counted", "analysts", "partner"),
    [
        pytest.param({"consent": {"analytics": True}}, 1, 1, 0, id="analytics"),
        pytest.param({"consent": {"analytics": True, "partners": True}}, 1, 1, 1, id="both"),
        pytest.param({"consent": {"partners": True}}, 0, 0, 1, id="partners only"),
        pytest.param({"consent": {"partners": True}, "ip": "8.8.8.8"}, 1, 0, 1, id="US partners"),
        pytest.param(
            {"consent": {"analytics": False, "partners": True}}, 0, 0, 1, id="no analytics"
        ),
        pytest.param(
            {"consent": {"analytics": True, "partners": False}}, 1, 1, 0, id="no partners"
        ),
        pytest.param({"consent": ...}, 0, 0, 0, id="unknown"),
        pytest.param({"consent": ..., "ip": "8.8.8.8"}, 1, 0, 0, id="unknown in the US"),
        pytest.param({"consent": ..., "ip": "5.5.5.5"}, 0, 0, 0, id="unknown in Germany"),
        pytest.param({"consent": None}, 0, 0, 0, id="null"),
        pytest.param({"consent": {"analytics": None}}, 0, 0, 0, id="null inside"),
        pytest.param({"dnt": "1"}, 1, 0, 0, id="DNT"),
        pytest.param({"gpc": "1"}, 1, 0, 0, id="GPC"),
        pytest.param({"dnt": "0", "gpc": "0"}, 1, 1, 1, id="no objection"),
        pytest.param({"site": "blog.example"}, 1, 1, 0, id="a site without the partner"),
    ],
)
def test_consent(fields: dict[str, Any], counted: int, analysts: int, partner: int) -> None:
    world = World()
    world.put(feed([closing(NOW), event(1, NOW, **fields), closing(NOW + HOUR)], APPENDED + HOUR))
    world.run()
    assert len(world.topics[topics.PSEUDONYMISED]) == analysts
    assert len(world.topics[topics.PARTNERS + "adreach"]) == partner
    sites = Counter(msgspec.msgpack.decode(key)[2] for key in world.closed_cells())
    assert sites["shop.example"] + sites["blog.example"] == counted * 8  # the total and 7 more
    assert len(world.reasons()) == 1 - analysts
    assert set(world.reasons()) <= {"counted_only" if counted else "no_consent"}


def test_a_partner_shares_no_pseudonym_with_analysts() -> None:
    world = World()
    world.put(feed([closing(NOW), event(1, NOW)], APPENDED))
    ours, theirs = (
        world.run().topics[topics.PSEUDONYMISED],
        world.topics["clickstream.partners.adreach"],
    )
    analyst, partner = json.loads(ours[0][1] or b""), json.loads(theirs[0][1] or b"")
    assert partner.keys() == {"id", "visitor", "page"}
    assert {analyst["id"], analyst["visitor"]}.isdisjoint({partner["id"], partner["visitor"]})
    assert ours[0][0] == f"{analyst['visitor']}:{analyst['id']}".encode()
    assert theirs[0][0] == f"{partner['visitor']}:{partner['id']}".encode()


# The log's clock


def test_each_record_has_the_brokers_time_of_its_own() -> None:
    """Before the first tick, and in its rejection, whatever else is in the batch."""
    early = NOW - HOUR
    world = World()
    world.put([(event(1, early), NOW), (event(2, early), NOW + 16 * MINUTE)])
    world.put([(event(3, early), NOW + 14 * MINUTE), (event(4, NOW, consent=...), NOW + MINUTE)])
    assert world.run().reasons() == ["late", "no_consent"]
    told = [json.loads(value or b"") for _, value in world.topics[topics.REJECTED]]
    assert [(each["offset"], each["timestamp"]) for each in told] == [
        (1, "2026-09-22T02:16:00.000Z"),
        (3, "2026-09-22T02:01:00.000Z"),
    ]


def test_before_the_first_tick_the_brokers_clock_stands_in() -> None:
    world = World()
    world.put(
        feed([event(1, NOW - HOUR - 1), event(2, NOW), event(3, NOW - HOUR)], APPENDED - MINUTE)
    )
    assert world.run().reasons() == ["late"]


def test_at_the_beginning_of_time_nothing_breaks() -> None:
    world = World()
    world.put(feed([event(1, -1000), event(2, 0), tick(-HOUR), event(3, -1)], 0))
    assert world.run().reasons() == ["late", "late"]


@pytest.mark.parametrize(
    ("ticks", "closed_until"),
    [
        pytest.param([NOW + 75 * MINUTE], NOW + HOUR, id="a tick less the allowed lateness"),
        pytest.param([NOW + 75 * MINUTE - 1], NOW, id="a moment before"),
        pytest.param([NOW + 75 * MINUTE, NOW], NOW + HOUR, id="time does not go back"),
        pytest.param([NOW + 200 * MINUTE], NOW, id="a tick from the future is none"),
    ],
)
def test_ticks(ticks: list[int], closed_until: int) -> None:
    world = World()
    appended = NOW + 75 * MINUTE
    values = [closing(NOW), *map(tick, ticks)]
    values += [event(1, closed_until - 1), event(2, closed_until)]
    world.put(feed(values, appended))
    assert [each for each in world.run().reasons() if each != "from_the_future"] == ["late"]
    assert world.tally["tick"] == len(values) - 2 - (ticks[0] > appended + 5 * MINUTE)


@pytest.mark.parametrize("partials", [1, 3])
def test_an_idle_partition_still_tells_its_time(partials: int) -> None:
    world = World(partitions=2, partials=partials)
    world.put(feed([closing(NOW)], APPENDED), 1)
    world.run()
    for log in world.handed:
        marks = [msgspec.msgpack.decode(record.value or b"") for record in log]
        assert marks == [[2, NOW // HOUR]]


def test_a_mark_comes_after_the_cells_and_once() -> None:
    world = World()
    values = [closing(NOW), event(1, NOW), closing(NOW + HOUR), closing(NOW + HOUR)]
    world.put(feed(values, APPENDED + HOUR))
    kinds = [msgspec.msgpack.decode(r.key or b"")[0] for r in world.run().handed[0]]
    assert kinds == ["day", *["cell"] * 8, "mark"]  # the first tick came in the same batch


# Repeated ids


def test_an_id_may_be_used_again_after_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "RECENT_EVENTS", 10)
    near = [event(1, NOW), *(event(n, NOW) for n in range(2, 11)), event(1, NOW)]
    far = [event(1, NOW), *(event(n, NOW) for n in range(2, 12)), event(1, NOW)]
    assert reasons(*near) == ["duplicate"]
    assert reasons(*far) == []


def test_what_is_remembered_is_bounded() -> None:
    processor = AnonymiseProcessor(policy(), Anonymiser(policy(), country, DayKeys()), 0, 1, 1)
    processor.resume(0, "")
    # Late ones do as well, and are quicker.
    values = [closing(NOW), *(event(n) for n in range(4 * RECENT_EVENTS))]
    processor.process([Rec(n, APPENDED, None, value) for n, value in enumerate(values)], Listed())
    recent_ids = processor._partition_anonymiser._recent["shop.example"]
    assert RECENT_EVENTS <= len(recent_ids) <= 2 * (RECENT_EVENTS + BATCH_RECORDS)


def test_what_was_rejected_counts_as_seen_with_and_without_a_restart() -> None:
    early, due = event(1, NOW + 2 * HOUR), event(1, NOW)
    for restart in (False, True):
        found = reasons(early, due, batch=1, restart=lambda step, now=restart: now)
        assert found == ["from_the_future", "duplicate"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(0, 8), max_size=60),
    st.sets(st.integers(1, 60)),
    st.integers(1, 7),
)
def test_repeats_are_found_alike_after_a_restart(
    ids: list[int], cuts: set[int], batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent, "RECENT_EVENTS", 5)
        # Some are late or of the future, some have an unlisted field: an id is seen all the same.
        values = [
            event(n, NOW + (n % 3 - 1) * HOUR, **({"email": "x"} if n % 2 else {})) for n in ids
        ]
        whole = World(batch=1000)
        cut = World(batch=batch, restart=cuts.__contains__)
        for world in (whole, cut):
            world.put(feed([closing(NOW), *values], APPENDED))
            world.run()
        assert cut.reasons() == whole.reasons()
        assert cut.tally == whole.tally


# A missing key


@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_a_missing_key_splits_a_batch_and_changes_nothing(batch: int) -> None:
    values = [closing(MIDNIGHT + 23 * HOUR)]
    for n in range(12):  # two days in turn
        values.append(event(n, MIDNIGHT + (23 + n % 2) * HOUR, email="x@example.com"))
    asked, given = World(batch=batch), World(batch=batch)
    for day in (DAY, DAY + 1):
        given._workers[0].keys.put(day, day_key(day))
    for world in (asked, given):
        world.put(feed(values))
        world.run()
    assert asked.public() == given.public()
    assert asked.tally == given.tally
    assert asked.tally["unlisted_fields"] == 12


def test_what_waited_for_a_key_repeats_nothing() -> None:
    """The batch comes again, and its ids are not taken for seen, nor those before for unseen."""
    last, first = MIDNIGHT + 23 * HOUR, MIDNIGHT + 24 * HOUR
    values = [closing(last), event(1, last), closing(last), event(1, last), event(2, first)]
    world = World()
    world.put(feed(values))
    assert world.run().reasons() == ["duplicate"]
    assert len(world.events()) == 2


def test_what_is_rejected_asks_for_no_key() -> None:
    processor = AnonymiseProcessor(policy(), Anonymiser(policy(), country, DayKeys()), 0, 1, 1)
    processor.resume(0, "")
    rejected = [
        closing(NOW),
        event(1, 0),
        event(2, NOW + 400 * 24 * HOUR),
        event(3, NOW, site="x.example"),
    ]
    records = [Rec(n, NOW, None, value) for n, value in enumerate(rejected)]
    step = processor.process(records, Listed())
    assert step.waits_for is None
    assert step.position == len(rejected)
    records = [Rec(4, NOW, None, event(6, NOW)), Rec(5, NOW, None, event(7, NOW))]
    step = processor.process(records, Listed())
    assert (step.waits_for, step.position, step.commit) == (DAY, 4, 4)


# The books

hostile = st.one_of(
    st.binary(max_size=60),
    st.none(),
    st.builds(
        lambda fields: event(1, NOW, **fields),
        st.dictionaries(
            st.sampled_from(
                "event_id site timestamp url ip user_agent referrer consent dnt type x".split()
            ),
            st.one_of(
                st.text(max_size=20),
                st.none(),
                st.integers(),
                st.booleans(),
                st.just("tick"),
                st.sampled_from(["2026-09-22T02:00:00Z", "0001-01-01T00:00:00+23:59", "/a"]),
                st.dictionaries(st.text(max_size=3), st.booleans(), max_size=2),
            ),
            max_size=4,
        ),
    ),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(hostile, max_size=12), st.integers(1, 5))
def test_the_books_balance(values: list[bytes | None], batch: int) -> None:
    """Each record is pseudonymised, rejected, or a tick: once."""
    world = World(batch=batch)
    world.put(feed([closing(NOW), *values], APPENDED))
    world.run()
    records = len(world.events()) + len(world.reasons()) + world.tally["tick"] - 1
    assert records == len(values)
    offsets = [json.loads(v or b"")["offset"] for _, v in world.topics[topics.REJECTED]]
    assert offsets == sorted(set(offsets))


def test_when_a_day_has_ended_no_raw_value_is_in_memory() -> None:
    keys = DayKeys()
    keys.put(DAY, day_key(DAY))
    anonymiser = Anonymiser(policy(), country, keys)
    processor = AnonymiseProcessor(policy(), anonymiser, 0, 1, 1)
    processor.resume(0, "")
    both = anonymiser.sites, anonymiser.uncached  # the other one is for long records
    caches = [cache for one in both for _, _, cache in caches_of(one)]

    def held() -> int:
        return sum("ever" in key for cache in caches for key in map(repr, cache))

    def step(offset: int, value: bytes) -> None:
        processor.process([Rec(offset, MIDNIGHT + 25 * HOUR, None, value)], Listed())
        while processor.drain(Listed()):
            pass

    raw = {"url": "https://shop.example/where/ever", "accept_language": "de, ever;q=0"}
    step(0, closing(NOW))
    step(1, event(1, NOW, **raw))
    step(2, event(2, NOW, **raw, referrer="https://a.test/?" + "x" * 4000))
    step(3, closing(NOW + HOUR))
    assert held() == 4, (
        "the page, a piece of it, the visitor and the language; none of the long one"
    )
    step(4, closing(MIDNIGHT + 24 * HOUR))
    assert held() == 0
