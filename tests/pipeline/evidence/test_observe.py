"""What the log says next: each step of a key's life once, in order, whenever it was seen."""

import copy
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from quietclicks.pipeline.evidence.completeness import Completeness
from quietclicks.pipeline.evidence.entries import Entry, EntryError, encode
from quietclicks.pipeline.evidence.kinds import (
    NAMES,
    Body,
    KeyDue,
    KeyMade,
    Place,
    PolicyInForce,
)
from quietclicks.pipeline.evidence.lives import SeenKeys
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.observe import Known, Seen
from quietclicks.pipeline.evidence.tree import FIRST_PREV
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from tests.pipeline.evidence.made import audit

DAY = 20_780
HOUR = 3_600_000
START = (DAY + 1) * 24 * HOUR
POLICY = PolicyInForce(revision=date(2026, 11, 22), hash="0" * 32, key_due_seconds=48 * 3600)


def instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def made(day: int) -> KeyMade:
    place = Place(offset=day - DAY, time=instant(day * 24 * HOUR))
    named = date(1970, 1, 1) + timedelta(days=day)
    return KeyMade(day=named, commitment=f"{day:064x}", made=place)


def world(step: int, first: int = DAY) -> Seen:
    """Two days' keys, one a step behind the other: what is there to be seen after so many steps."""

    def through(steps: int) -> int:
        return first + 1 if step > steps else first if step >= steps else -1

    now = START + step * 20 * HOUR
    cut, gone = through(3), through(4)
    return Seen(
        POLICY,
        SeenKeys(
            now_ms=now,
            living={day: made(day) for day in (first, first + 1) if day > gone},
            due=through(2),
            watermark_ms=now - HOUR,
            cut=cut,
            topics=("clickstream.pseudonymised",),
            cut_gone_ms=now - HOUR,
            tombstoned={
                day: Place(offset=90 + day - first, time=instant(now))
                for day in range(first, gone + 1)
            },
            lingering=frozenset(range(through(5) + 1, gone + 1)) if gone >= 0 else frozenset(),
            first=50,
            end=100,
            gone_after_ms=HOUR,
        ),
    )


LAST = 9
LIFE = ["key-made", "key-due", "key-cut", "key-tombstoned", "key-absent", "key-destroyed"]


def written(steps: list[int]) -> list[tuple[Body, datetime]]:
    known = Known()
    return [told for step in steps for told in known.missing(world(step))]


def kinds(told: list[tuple[Body, datetime]]) -> list[str]:
    return [NAMES[type(body)] for body, _ in told]


def test_a_life_step_by_step() -> None:
    told = written(list(range(LAST)))
    assert kinds(told)[0] == "policy"
    for day in (DAY, DAY + 1):
        of_day = [each for each in told if getattr(each[0], "day", None) == made(day).day]
        assert kinds(of_day) == LIFE
    assert len(told) == 1 + 2 * len(LIFE)


@given(st.lists(st.integers(min_value=0, max_value=LAST), min_size=1, max_size=12).map(sorted))
def test_whenever_it_looks_each_step_is_told_once_and_the_log_is_whole(steps: list[int]) -> None:
    """Whatever was missed while nobody looked, as long as the key was seen while it lived."""
    told = written([0, *steps, LAST, LAST + 1])
    assert sorted(kinds(told)) == sorted(["policy", *LIFE, *LIFE])
    log, whole = Log(), Completeness()
    for body, at in told:
        whole.add(log.append(body, at, "0.1.0"))
    assert whole.finding().verdict is Verdict.HOLDS, whole.finding().says


@given(st.lists(st.integers(min_value=0, max_value=LAST), min_size=1, max_size=12).map(sorted))
def test_who_reads_the_log_goes_on_where_the_last_one_was(steps: list[int]) -> None:
    """As after each crash: nothing is remembered but the log."""
    log = Log()
    entries: list[bytes] = []
    for step in [0, *steps]:
        known = Known()
        for entry in entries:
            known.take(entry)
        entries += [log.append(body, at, "0.1.0") for body, at in known.missing(world(step))]
        assert not list(known.missing(world(step)))
    told = written([0, *steps])
    assert len(entries) == len(told)


def test_a_key_that_was_never_seen_has_no_life() -> None:
    """It is gone, and with it what it could have been committed to."""
    assert kinds(written([LAST])) == ["policy"]


@pytest.mark.parametrize("field", ["revision", "hash", "key_due_seconds"])
def test_a_policy_is_told_when_it_changes(field: str) -> None:
    known = Known()
    assert kinds(list(known.missing(world(0)))) == ["policy", "key-made", "key-made"]
    other = {"revision": date(2026, 11, 23), "hash": "1" * 32, "key_due_seconds": 1}[field]
    changed = structs.replace(world(0), policy=structs.replace(POLICY, **{field: other}))
    assert kinds(list(known.missing(changed))) == ["policy"]
    assert not list(known.missing(changed))


def test_nothing_is_cut_before_its_bytes_are_off_the_disk() -> None:
    known = Known()
    list(known.missing(world(0)))
    keys = world(3).keys
    early = Seen(POLICY, structs.replace(keys, cut_gone_ms=keys.now_ms + 1))
    assert kinds(list(known.missing(early))) == ["key-due"] * 2


def test_a_step_without_a_key_that_was_made_is_no_log() -> None:
    log, known = Log(), Known()
    told = [body for body, _ in written(list(range(LAST)))]
    due = next(body for body in told if isinstance(body, KeyDue))
    known.take(log.append(POLICY, instant(START), "0.1.0"))
    with pytest.raises(EntryError, match="comes before the key was made"):
        known.take(log.append(due, instant(START), "0.1.0"))


def test_a_key_is_overdue_when_a_verifier_would_say_so() -> None:
    """Both go by the same: the day's end, what the policy gives, and a day."""
    known, log = Known(), Log()
    world_then = world(0)
    entries = [log.append(body, at, "0.1.0") for body, at in known.missing(world_then)]
    due_s = POLICY.key_due_seconds
    ends_ms = (DAY + 1) * 24 * HOUR + due_s * 1000 + 24 * HOUR
    for now_ms, number in ((ends_ms, 0), (ends_ms + 1000, 1), (ends_ms + 24 * HOUR + 1000, 2)):
        assert known.status(now_ms, 3, 0).overdue == number
        later = structs.replace(POLICY, hash="f" * 32)
        told = [*entries, copy.deepcopy(log).append(later, instant(now_ms), "0.1.0")]
        verdict = verify(told, [], []).complete.verdict
        assert verdict is (Verdict.BROKEN if number else Verdict.HOLDS)


def test_the_status_is_the_logs() -> None:
    known = Known()
    list(known.missing(world(0)))
    status = known.status(START, 5, 4)
    assert (status.entries, status.signed, status.drift, status.audit) == (5, 4, 0, None)
    known.take(encode(Entry(0, FIRST_PREV, instant(START), "0.1.0", audit())))
    assert known.status(START, 5, 4).audit == ("held", START / 1000)
