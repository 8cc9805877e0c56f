"""What becomes of requests, step by step; a worker that dies at any step changes nothing of it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from quietclicks.pipeline.clock import day_text
from quietclicks.pipeline.policy import Duration
from quietclicks.pipeline.processor import Listed
from quietclicks.pipeline.rights.inbox import Inbox
from quietclicks.pipeline.rights.queue import MAX_OPEN
from quietclicks.pipeline.rights.report import day_words
from quietclicks.pipeline.rights.restrictions import erased_key
from quietclicks.pipeline.rights.sealing import Identity
from quietclicks.schemas import topics
from quietclicks.schemas.rights import SEARCHED
from tests.pipeline.rights.desk import PASSED, TODAY, WHO, Desk, events_of, request
from tests.pipeline_tools import DAY, MIDNIGHT, SITE, policy

ID = "request-1"
ASKED = ("pages", "shared")
NOTICES = topics.NOTICES
PARTNER = topics.notices_of(topics.PARTNERS + "adreach")
RESPONSES, REQUESTS, RESTRICTIONS = topics.RESPONSES, topics.REQUESTS, topics.RESTRICTIONS
DEAD = day_text(DAY - 9)
SOMEBODY_ELSE = Identity("203.0.113.9", "Other")


def desk(count: int = 3) -> Desk:
    return Desk(records=[*events_of(WHO, count), *events_of(SOMEBODY_ELSE, 5)])


def asked(verb: str, here: Desk | None = None, name: str = ID, **more: Any) -> Desk:
    here = here or desk()
    here.ask(name, request(name, verb, **more))
    return here.run()


def test_a_dry_run_tells_what_there_is_and_changes_nothing() -> None:
    here = asked("erase")
    [day] = here.answer(ID).days
    assert (day.state, day.events, day.hours) == ("open", 10, (10,))
    assert here.answer(ID).findable_until == day.findable_until != None  # noqa: E711
    assert {topic for topic, log in here.logs.items() if log} == {REQUESTS, RESPONSES}


@pytest.mark.parametrize("verb", ["access", "portability", "erase", "restrict", "object", "lift"])
def test_no_topic_keeps_what_identifies_somebody(verb: str) -> None:
    here = asked(verb, act=True, asked=ASKED)
    known = (WHO.address.encode(), b"Firefox")
    everything = [each for name, log in here.logs.items() for each in log if name != RESPONSES]
    assert not any(part in (each.value or b"") for each in everything for part in known)
    assert b"boxes" not in here.compacted(REQUESTS)[ID.encode()]
    assert not any(part in here.compacted(RESPONSES)[ID.encode()] for part in known)


def test_access_gives_out_theirs_and_nobody_elses_until_it_is_fetched() -> None:
    here = asked("access", act=True, asked=ASKED)
    assert (here.answer(ID).state, here.answer(ID).parts) == ("fulfilled", 2)
    parts = [json.loads(v) for k, v in here.compacted(RESPONSES).items() if b"/" in (k or b"")]
    assert {each["topic"] for each in parts} == {
        topics.PSEUDONYMISED,
        topics.PARTNERS + "adreach",
    }
    given = {json.dumps(r, separators=(",", ":")) for each in parts for r in each["records"]}
    assert given == {each.value.decode() for each in events_of(WHO, 3)}
    here.ask(ID, b'{"id":"request-1","done":"fetched"}')
    here.run()
    assert not [k for k in here.compacted(RESPONSES) if b"/" in (k or b"")]
    assert here.answer(ID).state == "fulfilled"


def test_an_archive_that_nobody_fetches_ends_with_the_key() -> None:
    here = asked("access", act=True, asked=ASKED)
    here.keep_house(destroyed_through=DAY)
    assert not [k for k in here.compacted(RESPONSES) if b"/" in (k or b"")]


@pytest.mark.parametrize("verb", ["access", "portability", "rectify"])
@pytest.mark.parametrize("said", [(), ("pages",), ("shared",)])
def test_nothing_is_given_out_before_the_questions_are_put(verb: str, said: object) -> None:
    here = asked(verb, act=True, asked=said, shared_checked=True)
    assert (here.answer(ID).state, here.answer(ID).reason) == ("denied", "insuf_verification")
    assert {topic for topic, log in here.logs.items() if log} == {REQUESTS, RESPONSES}


def test_what_looks_like_several_people_needs_the_officers_word() -> None:
    crowd = Desk(records=events_of(WHO, 300))
    assert asked("erase", crowd, act=True).answer(ID).reason == "shared_identity"
    assert not crowd.logs[NOTICES]
    checked = Desk(records=events_of(WHO, 300))
    assert asked("erase", checked, act=True, shared_checked=True).answer(ID).step == "noticed"
    # Who gets a restriction back needs none: nothing is done to anybody by it.
    assert asked("lift", Desk(records=events_of(WHO, 300)), act=True).answer(ID).reason is None


def test_a_partner_may_have_several_peoples_visits_that_analysts_have_not() -> None:
    theirs = [each for each in events_of(WHO, 300) if each.topic != topics.PSEUDONYMISED]
    answer = asked("access", Desk(records=theirs), act=True, asked=ASKED).answer(ID)
    assert (answer.reason, answer.days[0].hours) == ("shared_identity", (10,))


def test_an_erasure_is_done_when_the_cut_is_off_the_disk() -> None:
    here = asked("erase", act=True)
    assert (here.answer(ID).state, here.answer(ID).step) == ("in_progress", "noticed")
    mine = {each.key for each in events_of(WHO, 3)}
    for topic in (NOTICES, PARTNER):
        assert {k for k, _ in here.written(topic)} < mine
        assert {json.loads(v or b"")["reason"] for _, v in here.written(topic)} == {"erased"}
    assert len(here.written(NOTICES) + here.written(PARTNER)) == 6
    here.keep_house(cut=DAY - 1, gone_ms=MIDNIGHT)
    assert here.answer(ID).state == "in_progress"
    here.keep_house(cut=DAY, gone_ms=MIDNIGHT + 1)
    assert here.answer(ID).state == "in_progress"
    here.now_ms = MIDNIGHT + 1
    here.keep_house()
    assert (here.answer(ID).state, here.answer(ID).days[0].state) == ("fulfilled", "fulfilled")
    assert here.compacted(RESTRICTIONS)
    here.keep_house(destroyed_through=DAY)
    assert not here.compacted(RESTRICTIONS)


def test_what_lags_in_raw_is_restricted_though_nothing_is_found() -> None:
    here = asked("erase", Desk(), act=True)
    assert here.answer(ID).step == "noticed"
    assert here.answer(ID).days[0].reason == "no_match"
    assert here.restrictions.entry("shop.example", WHO.address, WHO.user_agent)


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("dies_at", [-1, 2, 3])
def test_after_an_erasure_is_asked_for_nothing_is_given_out_any_more(
    together: int, dies_at: int
) -> None:
    here = desk()
    here.together, here.crash_at = together, dies_at
    here.ask(ID, request(ID, "erase", act=True))
    here.ask("request-2", request("request-2", "access", act=True, asked=ASKED))
    answer = here.run().answer("request-2")
    assert (answer.state, answer.reason, answer.parts) == ("denied", "other", 0)
    assert "are erased" in answer.words


def test_who_asked_first_is_answered_first() -> None:
    here = desk()
    here.ask("request-2", request("request-2", "access", act=True, asked=ASKED))
    here.ask(ID, request(ID, "erase", act=True))
    here.run()
    assert here.answer("request-2").state == "fulfilled"
    assert here.answer(ID).step == "noticed"


@pytest.mark.parametrize("verb", ["restrict", "object", "lift", "erase"])
def test_it_is_said_from_which_offset_on_it_holds(verb: str) -> None:
    here = asked(verb, act=True)
    assert here.answer(ID).holds_from == PASSED
    assert here.keep_house(cut=DAY).answer(ID).holds_from == PASSED


def test_a_restriction_ends_when_the_policy_says_or_sooner() -> None:
    most = asked("restrict", act=True, until="2999-01-01")
    assert most.answer(ID).until == "2027-09-22"
    here = asked("object", act=True, until="2026-10-01")
    assert (here.answer(ID).state, here.answer(ID).until) == ("fulfilled", "2026-10-01")
    here.now_ms += 9 * 86_400_000
    assert here.keep_house().compacted(RESTRICTIONS)
    here.now_ms += 86_400_000
    assert not here.keep_house().compacted(RESTRICTIONS)


@pytest.mark.parametrize("until", ["2026-09-21", "1960-01-01"])
def test_what_would_be_over_already_undoes_no_restriction(until: str) -> None:
    here = desk()
    here.ask("request-2", request("request-2", "restrict", act=True))
    listed = here.run().compacted(RESTRICTIONS)
    answer = asked("object", here, act=True, until=until).answer(ID)
    assert (answer.state, answer.reason) == ("denied", "other")
    assert answer.words == f"{until} is over already"
    assert here.compacted(RESTRICTIONS) == listed


def test_until_when_is_as_the_list_has_it_though_midnight_was_meanwhile() -> None:
    here = desk()
    here.ask(ID, request(ID, "restrict", act=True))
    here.turn()
    here.turn()
    here.now_ms += 86_400_000
    here.ask("nudge", None)
    until = here.run().answer(ID).until
    [value] = here.compacted(RESTRICTIONS).values()
    assert json.loads(value) == {"until": until}


@pytest.mark.parametrize("verb", ["access", "erase", "object"])
def test_what_was_asked_and_answered_is_gone_after_its_time(verb: str) -> None:
    here = asked(verb, act=True, asked=ASKED).keep_house(cut=DAY)
    here.now_ms += 30 * 86_400_000
    assert ID.encode() in here.keep_house().compacted(RESPONSES)
    here.now_ms += 1000
    here.keep_house(destroyed_through=DAY)
    assert here.compacted(RESPONSES) == {}
    assert here.compacted(REQUESTS) == {}


def test_no_archive_outlives_its_answer() -> None:
    rules = policy()
    short = msgspec.structs.replace(rules.retention, requests=Duration(86_400))
    rules = msgspec.structs.replace(rules, retention=short)
    here = asked("access", Desk(rules, events_of(WHO, 3)), act=True, asked=ASKED)
    here.now_ms += 86_400_000 + 1000
    assert here.keep_house().compacted(RESPONSES) == {}


def test_a_day_far_ahead_gets_no_entry_that_stays_until_then() -> None:
    here = asked("erase", act=True, days=(TODAY, "2999-01-01"))
    assert [key for key, _ in here.written(RESTRICTIONS)] == [erased_name(here)]


@pytest.mark.parametrize(
    ("verb", "act", "ended"),
    [("erase", True, "fulfilled"), ("access", True, "fulfilled"), ("access", False, "expired")],
)
def test_a_day_far_ahead_keeps_nothing_that_is_over(verb: str, act: bool, ended: str) -> None:
    here = asked(verb, act=act, asked=ASKED, days=(TODAY, "2999-01-01"))
    here.keep_house(cut=DAY, destroyed_through=DAY)
    assert here.answer(ID).state == ended
    assert {*here.compacted(RESPONSES)} == {ID.encode()}, "no archive outlives the key"


def erased_name(here: Desk) -> bytes:
    name = here.restrictions.name(SITE, WHO.address, WHO.user_agent)
    return erased_key(name, DAY)


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("verb", ["restrict", "object", "lift", "erase"])
def test_whom_the_list_names_is_not_denied_for_what_was_found_since(verb: str, dies: bool) -> None:
    here = desk()
    here.ask(ID, request(ID, verb, act=True))
    here.turn()  # it is taken in
    here.turn()  # the list is told
    assert here.answer(ID).step == "restricted"
    if dies:
        here.restart()
    here.records += events_of(WHO, 300)  # as many as nobody opens
    assert here.run().answer(ID).state != "denied"


def test_what_nobody_went_on_with_in_time_has_expired_and_is_urgent_no_more() -> None:
    here = asked("access")
    assert here.keep_house().answer(ID).state == "open"
    answer = here.keep_house(destroyed_through=DAY).answer(ID)
    assert (answer.state, answer.reason) == ("expired", "key_destroyed")
    number = len(here.written(RESPONSES))
    assert len(here.keep_house().written(RESPONSES)) == number, "each state is told once"
    again = asked("access", here).answer(ID)  # now it is answered, with that day's receipt
    assert (again.state, again.days[0].reason) == ("denied", "key_destroyed")


def test_who_closes_what_no_worker_has_answered_leaves_nothing_for_ever() -> None:
    here = desk()
    here.ask(ID, request(ID, "erase", act=True))
    here.turn()
    here.turn()
    here.tell([ID], 40)
    here.ask(ID, json.dumps({"id": ID, "done": "closed", "through": 99}).encode())
    assert here.run().answer(ID).step == "restricted"
    assert {*here.compacted(RESPONSES)} == {ID.encode()}
    assert asked("erase", here, act=True).answer(ID).step == "noticed", "asked again, it goes on"


def test_what_was_left_half_way_expires_with_the_key() -> None:
    here = desk()
    here.ask(ID, request(ID, "erase", act=True))
    here.turn()
    here.turn()
    here.ask(ID, json.dumps({"id": ID, "done": "closed", "through": 99}).encode())
    answer = here.run().keep_house(destroyed_through=DAY).answer(ID)
    assert (answer.state, answer.step) == ("expired", None)


def test_a_page_is_not_corrected_to_nothing() -> None:
    wrong = events_of(WHO, 3)[0].key.decode()
    here = asked("rectify", act=True, asked=ASKED, event=wrong, changes={"page": None})
    assert (here.answer(ID).state, here.answer(ID).reason) == ("denied", "other")
    assert not here.written(NOTICES)


@pytest.mark.parametrize("dies", [False, True])
@pytest.mark.parametrize("verb", ["restrict", "lift"])
def test_whom_the_list_names_is_told_so_though_the_key_died_meanwhile(
    verb: str, dies: bool
) -> None:
    here = desk()
    here.ask(ID, request(ID, verb, act=True))
    here.turn()
    here.turn()
    if dies:
        here.restart()
    here.seen = msgspec.structs.replace(here.seen, destroyed_through=DAY)
    answer = here.run().answer(ID)
    assert (answer.state, answer.reason) == ("fulfilled", None)


def test_a_lift_undoes_it() -> None:
    here = asked("restrict", act=True)
    here.ask("request-2", request("request-2", "lift", act=True))
    assert here.run().answer("request-2").state == "fulfilled"
    assert not here.compacted(RESTRICTIONS)


def test_a_correction_goes_to_each_who_has_the_event() -> None:
    wrong, theirs = (each for each in events_of(WHO, 3) if b'"page":"/1"' in each.value)
    here = asked(
        "rectify",
        act=True,
        asked=ASKED,
        event=wrong.key.decode(),
        changes={"page": "/right", "search": "not there before"},
    )
    assert here.answer(ID).state == "fulfilled"
    for topic, match in ((NOTICES, wrong), (PARTNER, theirs)):
        [(key, value)] = here.written(topic)
        assert key == match.key
        expected = {**json.loads(match.value), "page": "/right"}
        assert json.loads(value or b"") == {
            "reason": "corrected",
            "day": TODAY,
            "event": expected,
        }


@pytest.mark.parametrize("first", [0, 3], ids=["as analysts name it", "as the partner does"])
def test_of_visits_that_are_alike_each_is_corrected_everywhere(first: int) -> None:
    alike = events_of(WHO, 3, timestamp=f"{TODAY}T10:00:00Z", page="/")
    here = Desk(records=alike)
    for number in range(3):
        name, right = f"request-{number}", {"page": f"/right/{number}"}
        wrong = alike[first + number].key.decode()
        here.ask(name, request(name, "rectify", act=True, asked=ASKED, event=wrong, changes=right))
    here.run()
    for topic in (NOTICES, PARTNER):
        told = [json.loads(value)["event"]["page"] for value in here.compacted(topic).values()]
        assert told == ["/right/0", "/right/1", "/right/2"]


def test_nobody_corrects_what_is_not_theirs() -> None:
    other = events_of(SOMEBODY_ELSE, 1)[0].key.decode()
    here = asked("rectify", act=True, asked=ASKED, event=other, changes={"page": "/x"})
    assert (here.answer(ID).reason, here.logs[NOTICES]) == ("no_match", [])


def test_after_the_keys_death_there_is_a_reason() -> None:
    here = desk()
    here.keep_house(destroyed_through=DAY)
    answer = asked("access", here, act=True, asked=ASKED).answer(ID)
    assert (answer.state, answer.reason) == ("denied", "key_destroyed")


@pytest.mark.parametrize("verb", ["access", "erase", "restrict", "lift"])
def test_a_box_that_does_not_open_changes_nothing(verb: str) -> None:
    here = desk()
    here.opens = False
    answer = asked(verb, here, act=True, asked=ASKED).answer(ID)
    assert (answer.state, answer.reason) == ("denied", "other")
    assert answer.words.endswith("ask again under another --id")
    assert not here.logs[RESTRICTIONS]
    assert not here.logs[NOTICES]


def test_a_website_that_is_none_of_ours_is_called_so() -> None:
    here = desk()
    here.opens = False
    answer = asked("access", here, site="www.shop.example").answer(ID)
    assert (answer.state, answer.reason) == ("denied", "other")
    assert answer.words.startswith("the policy has no such website")


def test_a_day_without_any_key_is_not_called_searched() -> None:
    [_, day] = asked("access", days=(TODAY, "2999-01-01")).answer(ID).days
    assert day_words(day) == "2999-01-01: nothing was ever kept of that day, of anybody"


def test_a_refusal_is_recorded_with_its_ground() -> None:
    here = asked("access", ground="manifestly_unfounded", words="the tenth this week")
    answer = here.answer(ID)
    assert (answer.state, answer.ground, answer.words) == (
        "denied",
        "manifestly_unfounded",
        "the tenth this week",
    )


def test_what_is_refused_is_not_done_by_who_asks_at_once() -> None:
    here = desk()
    here.ask(ID, request(ID, "erase", ground="law"))
    here.ask(ID, request(ID, "erase", act=True))
    assert here.run().answer(ID).ground == "law"
    assert not here.logs[RESTRICTIONS]


def test_what_is_refused_is_not_done_though_a_receipt_is_still_to_come() -> None:
    here = desk()
    asked("access", here, days=(DEAD, TODAY))
    asked("access", here, days=(DEAD, TODAY), ground="law")
    answer = asked("access", here, days=(DEAD, TODAY), act=True, asked=ASKED).answer(ID)
    assert (answer.state, answer.ground, answer.parts) == ("denied", "law", 0)


def test_a_crowd_beyond_all_bounds_is_left_alone() -> None:
    here = desk()
    here.whole = False
    answer = asked("erase", here, act=True, shared_checked=True).answer(ID)
    assert (answer.state, answer.reason) == ("denied", "other")
    assert not here.logs[RESTRICTIONS]
    assert asked("lift", here, name="request-2", act=True).answer("request-2").state == "fulfilled"


def test_a_long_search_says_how_far_it_is_until_it_ends() -> None:
    here = desk()
    here.ask(ID, request(ID, "access"))
    here.turn()  # it is taken in
    here.tell([ID, "request-2"], 40)
    told = f"{ID}{SEARCHED}".encode()
    assert here.compacted(RESPONSES) == {told: b'{"percent":40}'}
    inbox = Inbox()
    for record in here.logs[RESPONSES]:
        inbox.take(record)
    assert inbox.searched == {ID: 40}
    here.restart()  # who takes over has it in mind, too
    assert {*here.run().compacted(RESPONSES)} == {ID.encode()}
    for record in here.logs[RESPONSES]:
        inbox.take(record)
    assert inbox.searched == {}
    assert not inbox.parts(ID)


def test_what_was_found_for_another_request_than_stands_now_is_for_nothing() -> None:
    here = desk()
    here.ask(ID, request(ID, "erase"))
    here.turn()
    looked = here.searched(here.worker.open[0])
    here.ask(ID, request(ID, "erase", act=True))
    here.turn()
    here.worker.found([looked])
    assert here.worker.drain(Listed()) is None
    assert here.run().answer(ID).step == "noticed"


def test_a_day_whose_first_hours_are_cut_says_so() -> None:
    here = desk()
    here.since_ms = MIDNIGHT
    [day] = asked("access", here, act=True, asked=ASKED).answer(ID).days
    assert (day.state, day.since) == ("fulfilled", f"{TODAY}T00:00:00Z")
    assert "what was written before" in day_words(day)
    empty = Desk()
    empty.since_ms = MIDNIGHT
    [day] = asked("access", empty).answer(ID).days
    assert (day.reason, day.since) == ("no_match", f"{TODAY}T00:00:00Z")
    assert "what was written before" in day_words(day)


def test_a_receipt_that_comes_late_is_given_to_who_asks_again() -> None:
    here = desk()
    here.keep_house(destroyed_through=DAY)
    assert asked("access", here).answer(ID).days[0].receipt is None
    here.receipt = "a receipt"
    assert asked("access", here).answer(ID).days[0].receipt == "a receipt"
    assert asked("access", here).answer(ID).retold


def test_a_doubled_request_has_one_result() -> None:
    here = asked("erase", act=True)
    before = here.compacted(NOTICES), here.answer(ID), here.compacted(RESTRICTIONS)
    number = len(here.logs[NOTICES])
    here.ask(ID, request(ID, "erase", act=True))
    here.run()
    again = msgspec.structs.replace(here.answer(ID), retold=False)
    assert (here.compacted(NOTICES), again, here.compacted(RESTRICTIONS)) == before
    assert here.answer(ID).retold, "who asks again hears it again, and the audit log tells it once"
    assert len(here.logs[NOTICES]) == number
    assert b"boxes" not in here.compacted(REQUESTS)[ID.encode()]


def test_another_request_under_the_same_id_does_nothing() -> None:
    here = asked("access", act=True, asked=ASKED)
    before = here.answer(ID)
    for other in (
        request(ID, "erase", act=True),
        request(ID, "access", act=True, asked=ASKED, site="blog.example"),
        request(ID, "access", act=True, asked=ASKED, days=("2026-09-21", TODAY)),
    ):
        here.ask(ID, other)
        after = msgspec.structs.replace(here.run().answer(ID), retold=False)
        assert after == before
    assert not here.logs[RESTRICTIONS]


def test_what_is_asked_while_it_is_looked_at_is_not_lost() -> None:
    here = desk()
    here.ask(ID, request(ID, "erase"))
    here.ask(ID, request(ID, "erase", act=True))
    assert here.run().answer(ID).step == "noticed"


MALFORMED = {
    "no JSON": b"x",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "another id": request("request-2", "access"),
    "no days": request(ID, "access", days=()),
    "no day": request(ID, "access", days=("2026-02-30",)),
    "a day twice": request(ID, "access", days=(TODAY, TODAY)),
    "until no day": request(ID, "restrict", until="2026-13-01"),
    "no verb": request(ID, "sell"),
    "a field too many": msgspec.json.encode({**json.loads(request(ID, "access")), "ip": "8.8.8.8"}),
    "large": request(ID, "access", words="x" * 600_000),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_cannot_be_read_is_answered_and_overwritten(name: str) -> None:
    here = desk()
    here.ask(ID, MALFORMED[name])
    answer = here.run().answer(ID)
    assert (answer.state, answer.reason, answer.verb) == ("denied", "other", None)
    assert json.loads(here.compacted(REQUESTS)[ID.encode()])["done"] == "closed"


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_what_cannot_be_read_ends_nothing_that_is_under_way(turns: int) -> None:
    here = desk()
    here.ask(ID, request(ID, "erase", act=True))
    for _ in range(turns):
        here.turn()
    here.ask(ID, MALFORMED["a field too many"])
    assert here.run().answer(ID).step == "noticed"
    assert json.loads(here.compacted(REQUESTS)[ID.encode()])["done"] == "closed"


@pytest.mark.parametrize("key", ["", "short", "198.51.100.7", "x" * 65, "é" * 8, "request 1"])
def test_what_has_no_id_is_gone(key: str) -> None:
    here = desk()
    here.ask(key, request(ID, "access"))
    assert here.run().compacted(REQUESTS) == {}
    assert not here.logs[RESPONSES]


def test_a_flood_is_bounded_and_whoever_was_first_is_served() -> None:
    here = desk()
    names = [f"request-{number}" for number in range(MAX_OPEN + 20)]
    for name in names:
        here.ask(name, request(name, "erase"))
    here.run()
    assert here.answer(names[-1]).words == ""
    states = [here.answer(name).reason for name in names]
    assert states == [None] * MAX_OPEN + ["too_many_requests"] * 20
    assert not any(b"boxes" in value for value in here.compacted(REQUESTS).values())


def several(here: Desk) -> Desk:
    """Asked at once, looked for together."""
    here.together = 3
    for number, verb in enumerate(("object", "erase", "restrict")):
        here.ask(f"request-{number}", request(f"request-{number}", verb, act=True))
    return here.run()


WAYS: dict[str, Callable[[Desk], Desk]] = {
    "several": several,
    "access": lambda here: asked("access", here, act=True, asked=ASKED),
    "erase": lambda here: asked("erase", here, act=True).keep_house(cut=DAY),
    "object": lambda here: asked("object", here, act=True),
    "refused": lambda here: asked("access", here, ground="law"),
    "dry, then erased": lambda here: asked("erase", asked("erase", here), act=True),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_dies_at_any_step_changes_nothing(way: str) -> None:
    whole = WAYS[way](desk())
    assert whole.transactions > 2
    for step in range(1, whole.transactions + 1):
        here = desk()
        here.crash_at = step
        WAYS[way](here).run()
        for topic in (RESPONSES, RESTRICTIONS, NOTICES, PARTNER):
            assert here.compacted(topic) == whole.compacted(topic), (way, step, topic)
        assert not any(b"boxes" in value for value in here.compacted(REQUESTS).values())


def test_the_boxes_keys_are_published_and_die_with_the_days() -> None:
    here = desk().keep_house(boxes={DAY: b"note"})
    name = f"box.{TODAY}".encode()
    assert here.compacted(RESPONSES)[name] == b"note"
    number = len(here.written(RESPONSES))
    here.keep_house(boxes={DAY: b"note"})
    assert len(here.written(RESPONSES)) == number
    here.keep_house(boxes={DAY: b"signed anew"})
    assert here.compacted(RESPONSES)[name] == b"signed anew"
    here.keep_house(boxes={DAY: b"note"}, destroyed_through=DAY)
    assert name not in here.compacted(RESPONSES)


def test_a_partner_whose_records_bear_no_pseudonym_is_named() -> None:
    rules = policy(('"id", "visitor", "page"', '"id", "page"'))
    assert asked("erase", Desk(rules)).answer(ID).unreached == ("adreach",)


def test_what_is_found_is_told_coarsely_before_an_act() -> None:
    told = [asked("erase", desk(count)).answer(ID).days[0].events for count in (1, 7, 10, 11, 99)]
    assert told == [10, 10, 10, 50, 100]
    assert base64.b64encode(WHO.address.encode()) not in here_bytes(asked("erase"))


def here_bytes(here: Desk) -> bytes:
    return b"".join(each.value or b"" for log in here.logs.values() for each in log)
