"""The audit log as the audit sees it: whole, as others have seen it, with its policy and audits."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.checks.audits import Earlier, audits_come
from quietclicks.pipeline.audit.checks.log import Stored, log_is_whole
from quietclicks.pipeline.audit.checks.policy import policy_in_force
from quietclicks.pipeline.audit.entries import Told, told
from quietclicks.pipeline.audit.findings import Finding, Outcome
from quietclicks.pipeline.evidence.kinds import PolicyInForce
from quietclicks.pipeline.evidence.notes import VerifierKey
from quietclicks.pipeline.policy import Duration, Policy, policy_hash
from tests.pipeline.audit.made import POLICY
from tests.pipeline.evidence import made

HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVERY = Duration(7 * 86_400)
KEYS = [made.OLD.verifier]


def a_log(number: int = 12) -> made.Made:
    """With nothing overdue, signed up to its end."""
    entries = made.written([made.policy(None), *made.life(made.FIRST_DAY, 3)])[:number]
    return made.Made(entries, [3, len(entries)], [[made.OLD]] * 2, [made.OLD]).signed()


def judged(
    log: made.Made, *, keys: list[VerifierKey] = KEYS, fresh: int = 0
) -> tuple[Finding, Finding]:
    """`fresh` entries at the end were written a moment ago."""
    old = len(log.entries) - fresh
    times = [NOW - DAY] * old + [NOW - timedelta(minutes=5)] * fresh
    return log_is_whole(Stored(log.entries, times, log.notes, keys, log.anchors), NOW)


def test_a_log_that_is_whole() -> None:
    log = a_log()
    anchored = replace(log, anchors=[("the anchor file", log.notes[0])])
    whole, seen = judged(anchored)
    assert (whole.outcome, seen.outcome) == (HELD, HELD)
    assert "the anchor file" in seen.says


def test_without_anchors_or_keys_nothing_is_shown() -> None:
    whole, seen = judged(a_log())
    assert (whole.outcome, seen.outcome) == (HELD, NOT)
    whole, _ = judged(a_log(), keys=[])
    assert whole.outcome is NOT
    assert "no --key was given" in whole.says
    empty = made.Made([], [], [], [made.OLD])
    assert [each.outcome for each in judged(empty)] == [NOT, NOT]


def test_what_was_written_a_moment_ago_need_not_be_signed_yet() -> None:
    log = a_log()
    more = made.written([*made.spoken(log.entries), made.life(made.FIRST_DAY + DAY, 50)[0]])
    longer = replace(log, entries=more)
    assert judged(longer, fresh=1)[0].outcome is HELD
    assert judged(longer)[0].outcome is NOT
    assert "nobody has signed" in judged(longer)[0].says


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: [*e[:3], e[3].replace(b"2026", b"2025"), *e[4:]], "entry 4 does not follow"),
        (lambda e: e[:3] + e[4:], "where entry 3 should be"),
        (lambda e: [*e[:3], e[4], e[3], *e[5:]], "where entry 3 should be"),
        (lambda e: e[:-1], "the end is cut off"),
        (lambda e: [b"{}", *e[1:]], "entry 0"),
        (lambda e: [], "the end is cut off"),
    ],
    ids=["altered", "dropped", "reordered", "cut", "no entry", "emptied"],
)
def test_a_log_that_was_tampered_with(change: object, says: str) -> None:
    log = a_log()
    tampered = replace(log, entries=change(log.entries))  # type: ignore[operator]
    whole, _ = judged(tampered)
    assert whole.outcome is BROKEN
    assert any(says in each for each in whole.problems), whole.problems


def test_a_log_made_anew_by_who_has_its_key_is_found_by_an_anchor() -> None:
    log = a_log()
    bodies = made.spoken(log.entries)
    other = made.remade(log, [bodies[0], *((at + DAY, body) for at, body in bodies[1:])])
    whole, seen = judged(replace(other, anchors=[("the anchor file", log.notes[-1])]))
    assert whole.outcome is HELD
    assert seen.outcome is BROKEN
    assert "the anchor file knew other entries" in seen.problems[0]


def test_whose_a_checkpoint_is() -> None:
    log, forged = a_log(), replace(a_log(), signers=[[made.THIEF]] * 2).signed()

    def stored(*keys: VerifierKey) -> Stored:
        return Stored([], [], log.notes, keys, [])

    earlier = replace(a_log(2), sizes=[1, 2]).signed()  # of a log that was begun anew
    assert stored(*KEYS).has_made(log.notes[0])
    assert stored(*KEYS).has_made(earlier.notes[0])
    assert not stored(*KEYS).has_made(forged.notes[0])
    assert not stored(*KEYS).has_made(b"198.51.100.7")
    assert stored().has_made(log.notes[0])
    assert not stored().has_made(log.notes[0] + b"\xe2\x80\x94 198.51.100.7 AAAA\n")
    assert not stored(*KEYS).has_made(log.notes[0] + b"\xe2\x80\x94 ada@mail.example AAAA\n")


def test_any_log_gives_an_answer() -> None:
    for seed in range(30):
        log = made.made(random.Random(seed))
        entries = list(log.entries)
        random.Random(seed).shuffle(entries)
        whole, _ = judged(replace(log, entries=entries))
        assert whole.outcome in {BROKEN, NOT}


def in_force(revision: str, hash_: str, at: datetime) -> tuple[datetime, PolicyInForce]:
    day = datetime.fromisoformat(revision).date()
    return at, PolicyInForce(revision=day, hash=hash_, key_due_seconds=100)


OWN = policy_hash(POLICY)
LAST = POLICY.revision
A, B = "a" * 32, "b" * 32


def policy_judged(*policies: tuple[datetime, PolicyInForce], policy: Policy = POLICY) -> Finding:
    return policy_in_force(policy, Told(policies=list(policies)), NOW - 7 * DAY)


def test_the_policy_that_is_in_force() -> None:
    assert policy_judged().outcome is NOT
    assert policy_judged(in_force(LAST, OWN, NOW - DAY)).outcome is HELD
    before = in_force("2026-01-01", A, NOW - 30 * DAY)
    assert policy_judged(before, in_force(LAST, OWN, NOW - DAY)).outcome is HELD
    again = in_force(LAST, OWN, NOW - DAY)
    assert policy_judged(again, again).outcome is HELD


@pytest.mark.parametrize(
    ("policies", "says"),
    [
        ([(LAST, A, 1)], "it was changed without a new revision date"),
        ([("2026-01-01", A, 1)], "that is of revision 2026-01-01, the file of"),
        ([(LAST, A, 40), (LAST, OWN, 30)], "was changed on"),
        ([("2026-01-01", A, 5), ("2026-01-01", B, 4), (LAST, OWN, 3)], "revision 2026-01-01 was"),
        ([(LAST, A, 5), ("2026-12-01", B, 4), (LAST, OWN, 3)], "without a new revision date"),
    ],
)
def test_a_policy_that_was_changed(policies: list[tuple[str, str, int]], says: str) -> None:
    found = policy_judged(*(in_force(date, h, NOW - days * DAY) for date, h, days in policies))
    assert found.outcome is BROKEN
    assert any(says in each for each in found.problems), found.problems


def test_what_was_changed_long_ago_is_over() -> None:
    old = [("2026-01-01", A, 50), ("2026-01-01", B, 40), (LAST, OWN, 30)]
    found = policy_judged(*(in_force(date, h, NOW - days * DAY) for date, h, days in old))
    assert found.outcome is HELD


def audits(*ages: float, known: int = 99, every: Duration | None = EVERY) -> Finding:
    """Reports so many days old, of which the log knows the first `known`."""
    reports = [Earlier(f"{{{age}}}".encode(), NOW - age * DAY) for age in ages]
    entries = [made.audit() for _ in reports[:known]]
    hashes = [sha256(each.value).hexdigest() for each in reports]
    log = Told(
        audits=[
            (each.at, msgspec.structs.replace(entry, report=digest))  # type: ignore[misc]
            for each, entry, digest in zip(reports, entries, hashes, strict=False)
        ]
    )
    return audits_come(reports, log, every, NOW, NOW - 7 * DAY)


def test_audits_that_come() -> None:
    assert audits(14, 7.5, 0.5).outcome is HELD
    assert audits(7.9).outcome is HELD
    assert audits().outcome is NOT
    assert audits(1, every=None).outcome is NOT
    assert audits(7, 0.001, known=1).outcome is HELD  # the log has not looked yet


@pytest.mark.parametrize(
    ("ages", "known", "says"),
    [
        ((8.5,), 9, "none came in the 8 days after"),
        ((20, 5, 1), 9, "none came in the 15 days after"),
        ((7, 1), 1, "the audit log does not know the report"),
    ],
)
def test_audits_that_are_missing(ages: tuple[float, ...], known: int, says: str) -> None:
    found = audits(*ages, known=known)
    assert found.outcome is BROKEN
    assert says in found.problems[0]


def test_a_report_that_was_taken_away() -> None:
    log = Told(audits=[(NOW - DAY, made.audit())])  # type: ignore[list-item]
    found = audits_come([Earlier(b"{}", NOW)], log, EVERY, NOW, NOW - 7 * DAY)
    assert found.check is Check.AUDITS
    assert "is not there" in found.problems[0]


def test_what_the_log_tells() -> None:
    log = made.written([made.policy(7), *made.life(made.FIRST_DAY, 3), (NOW, made.audit())])
    found = told([*log, b"no entry"])
    day = (made.FIRST_DAY - datetime(1970, 1, 1).date()).days
    assert (found.size, len(found.policies), len(found.audits)) == (len(log) + 1, 1, 1)
    assert set(found.made) == set(found.tombstoned) == set(found.destroyed) == {day}
    assert list(found.versions) == ["0.1.0"]


def test_since_when_the_policy_is() -> None:
    first, second = in_force("2026-01-01", A, NOW), in_force(LAST, B, NOW + DAY)
    assert Told(policies=[first]).changed_at is None
    assert Told(policies=[first, first]).changed_at is None
    assert Told(policies=[first, second]).changed_at == NOW + DAY
    again = in_force(LAST, B, NOW + 2 * DAY)
    assert Told(policies=[first, second, again]).changed_at == NOW + DAY
    assert Told(policies=[second, first, again]).changed_at == NOW + 2 * DAY
    assert Told().changed_at is None


def test_what_else_it_tells() -> None:
    said = [(at, body) for at, body in made.others(made.FIRST_DAY)]
    found = told(made.written([made.policy(7), *said]))
    assert [each.of for _, each in found.drifts] == ["topics"]
    assert list(found.versions) == ["0.1.0"]
