"""The four verdicts on a log: what each sees, what it does not, and where it says it broke."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.commands.audit.standalone import verify as standalone
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.entries import Entry, encode
from quietclicks.pipeline.evidence.kinds import (
    Audit,
    Body,
    KeyDestroyed,
    KeyMade,
    Place,
    PolicyInForce,
    WindowReleased,
)
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import SigningKey
from quietclicks.pipeline.evidence.tree import leaf_hash
from quietclicks.pipeline.evidence.verdicts import Report, Verdict
from quietclicks.pipeline.evidence.verify import verify
from tests.pipeline.evidence.made import (
    FIRST_DAY,
    NEW,
    OLD,
    ORIGIN,
    THIEF,
    WITNESS,
    Made,
    Said,
    audit,
    by_kind,
    life,
    made,
    midnight,
    remade,
    spoken,
    window,
    written,
)
from tests.rows import each_row

HOLDS, UNKNOWN, BROKEN = Verdict.HOLDS, Verdict.UNKNOWN, Verdict.BROKEN
KEYS = [OLD.verifier, NEW.verifier]
LOG = made(random.Random(5))
OTHER = SigningKey("other.example", bytes(32))


def report(log: Made) -> Report:
    return verify(log.entries, log.notes, KEYS, log.anchors)


def verdicts(found: Report) -> tuple[Verdict, ...]:
    return tuple(
        each.verdict for each in (found.intact, found.consistent, found.anchored, found.complete)
    )


@each_row("seed", range(40))
def test_what_is_as_it_should_be(seed: int) -> None:
    found = report(made(random.Random(seed)))
    assert verdicts(found) == (HOLDS,) * 4, found


def test_nothing_shows_nothing() -> None:
    assert verdicts(verify([], [], KEYS)) == (UNKNOWN,) * 4


@given(st.data())
def test_every_changed_bit_is_found_where_it_is(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(LOG.entries) - 1))
    changed = bytearray(LOG.entries[at])
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    found = report(
        replace(LOG, entries=[*LOG.entries[:at], bytes(changed), *LOG.entries[at + 1 :]])
    )
    assert found.consistent.verdict is BROKEN
    signed = [0, *LOG.sizes]
    assert found.consistent.at == max(size for size in signed if size <= at)
    if at < len(LOG.entries) - 1:
        assert found.intact.verdict is BROKEN
        assert found.intact.at in {at, at + 1}


@given(st.data())
def test_what_is_dropped_swapped_or_doubled_is_found(data: st.DataObject) -> None:
    first, second = sorted(
        data.draw(
            st.lists(st.integers(0, len(LOG.entries) - 1), min_size=2, max_size=2, unique=True)
        )
    )
    whole = LOG.entries
    swapped = [*whole]
    swapped[first], swapped[second] = swapped[second], swapped[first]
    for entries in (
        whole[:first] + whole[first + 1 :],
        swapped,
        [*whole[: first + 1], *whole[first:]],
    ):
        found = report(replace(LOG, entries=entries))
        assert (found.intact.verdict, found.intact.at) in {(BROKEN, first), (BROKEN, first + 1)}
        assert found.consistent.verdict is BROKEN


@given(st.integers(0, len(LOG.entries) - 1))
def test_a_cut_end_is_intact_and_not_consistent(size: int) -> None:
    found = report(replace(LOG, entries=LOG.entries[:size]))
    assert found.intact.verdict is (HOLDS if size else UNKNOWN)
    assert (found.consistent.verdict, found.consistent.at) == (BROKEN, size)


def test_a_log_that_is_cut_with_its_checkpoints_is_found_by_what_was_kept_elsewhere() -> None:
    short = replace(LOG, entries=LOG.entries[: LOG.sizes[0]], notes=LOG.notes[:1])
    unaware = report(replace(short, anchors=[("a letter", LOG.notes[0])]))
    assert verdicts(unaware)[:3] == (HOLDS, HOLDS, HOLDS)
    aware = report(replace(short, anchors=[("a letter", LOG.notes[-1])]))
    assert verdicts(aware)[:3] == (HOLDS, HOLDS, BROKEN)
    assert aware.anchored.at == LOG.sizes[0]


def test_a_log_that_is_made_anew_is_found_by_its_anchor_alone() -> None:
    bodies = spoken(LOG.entries)
    bodies[1] = (bodies[1][0] + timedelta(seconds=1), bodies[1][1])
    forged = remade(replace(LOG, anchors=[("a letter", LOG.notes[-1])]), bodies)
    assert verdicts(report(forged)) == (HOLDS, HOLDS, BROKEN, HOLDS)
    assert verdicts(report(replace(forged, anchors=[]))) == (HOLDS, HOLDS, UNKNOWN, HOLDS)


def test_a_fork_beside_the_log_is_found() -> None:
    bodies = spoken(LOG.entries)
    bodies[-1] = (bodies[-1][0] + timedelta(seconds=1), bodies[-1][1])
    fork = remade(LOG, bodies)
    found = report(replace(LOG, notes=[*LOG.notes, fork.notes[-1]]))
    assert found.consistent.verdict is BROKEN
    assert f"checkpoint {len(LOG.notes)} " in found.consistent.says


def test_the_thief_s_checkpoints_are_nobody_s() -> None:
    forged = remade(LOG, spoken(LOG.entries), THIEF)
    assert report(forged).consistent.verdict is UNKNOWN
    assert verify(LOG.entries, LOG.notes, []).consistent.verdict is UNKNOWN


def test_what_is_not_signed_yet_is_said() -> None:
    more = [*spoken(LOG.entries), (spoken(LOG.entries)[-1][0], audit())]
    found = report(replace(LOG, entries=written(more)))
    assert (found.consistent.verdict, found.consistent.at) == (UNKNOWN, len(LOG.entries))


def test_checkpoints_never_go_back_and_are_of_one_log() -> None:
    back = report(replace(LOG, notes=[LOG.notes[-1], LOG.notes[0]]))
    assert back.consistent.verdict is BROKEN
    root = checkpoints.read(LOG.notes[-1], KEYS).root  # of the very same entries
    other = Checkpoint("other.example", LOG.sizes[-1], root)
    note = checkpoints.signed(other, [OTHER])
    keys = [*KEYS, OTHER.verifier]
    assert verify(LOG.entries, [*LOG.notes, note], keys).consistent.verdict is BROKEN
    assert verify(LOG.entries, LOG.notes, keys, [("x", note)]).anchored.verdict is BROKEN


def test_keys_follow_one_another() -> None:
    signers = [[OLD], [OLD, NEW], [NEW, WITNESS]]
    sizes = [1, 2, len(LOG.entries)]
    log = replace(LOG, sizes=sizes, signers=signers).signed()
    assert verify(log.entries, log.notes, KEYS).consistent.verdict is HOLDS
    # Who has only the new key cannot tell about what only the old one signed.
    assert verify(log.entries, log.notes, [NEW.verifier]).consistent.verdict is UNKNOWN
    assert verify(log.entries, log.notes[1:], [NEW.verifier]).consistent.verdict is HOLDS


def test_an_entry_bears_its_own_number() -> None:
    first = LOG.entries[0]
    second = encode(Entry(2, leaf_hash(first).hex(), BEGIN, "0.1.0", audit()))
    found = verify([first, second], [], KEYS).intact
    assert (found.verdict, found.at) == (BROKEN, 1)
    assert standalone.intact([first, second])[0] == BROKEN


def test_an_anchor_that_cannot_be_read() -> None:
    assert report(replace(LOG, anchors=[("a letter", b"smudged")])).anchored.verdict is BROKEN
    stranger = remade(LOG, spoken(LOG.entries), THIEF).notes[-1]
    assert report(replace(LOG, anchors=[("a letter", stranger)])).anchored.verdict is UNKNOWN


def test_an_anchor_says_how_far_it_goes() -> None:
    anchors = [("an old letter", LOG.notes[0]), ("the site", LOG.notes[1])]
    said = report(replace(LOG, anchors=anchors)).anchored.says
    assert said == f"up to {LOG.sizes[1]} of {len(LOG.entries)} entries, by the site"


BEGIN = midnight(FIRST_DAY)
LONG = life(FIRST_DAY, 0)
POLICY = PolicyInForce(
    revision=FIRST_DAY, hash="0" * 32, key_due_seconds=48 * 3600 + 900, audit_every_days=2
)
DAY = timedelta(days=1)
HOURS = [(BEGIN, window(BEGIN + timedelta(hours=each), days=False)) for each in range(25)]
WHOLE_DAY = (BEGIN, window(BEGIN, days=True))
AGAIN = (BEGIN, LONG[0][1])
RECEIPT = LONG[5][1]
assert isinstance(RECEIPT, KeyDestroyed)
WRONG = KeyDestroyed(
    day=RECEIPT.day,
    commitment="1" * 64,
    made=RECEIPT.made,
    cut=RECEIPT.cut,
    tombstoned=RECEIPT.tombstoned,
    absent=RECEIPT.absent,
    method=RECEIPT.method,
    limits=(),
)
LATER = life(FIRST_DAY + DAY, 50)
OFF = PolicyInForce(revision=FIRST_DAY, hash="0" * 32, key_due_seconds=48 * 3600 + 900)
UNCHECKED = Audit(
    name="differencing",
    outcome="not-checked",
    report="0" * 64,
    offset=7,
    held=3,
    broken=0,
    not_checked=1,
)


def at(days: int, body: Body) -> Said:
    return (BEGIN + days * DAY, body)


@pytest.mark.parametrize(
    ("bodies", "where", "says"),
    [
        ([AGAIN, *LONG], 2, "key-due should come, not key-made"),
        ([*LONG[:2], *LONG[3:]], 3, "key-cut should come, not key-tombstoned"),
        (LONG[1:], 1, "key-made should come"),
        ([*LONG, LONG[5]], 7, "nothing more should come"),
        ([*LONG[:5], (BEGIN, WRONG)], 6, "says otherwise"),
        ([*LATER, *LONG], 7, "a key was made for 2026-11-01 after that of 2026-11-02"),
        ([*LONG[:5], at(3, audit()), at(6, audit())], None, "no key-destroyed"),
        ([LONG[0], at(2, audit()), at(4, audit()), at(6, audit())], None, "no key-due"),
        ([*HOURS[:3], *HOURS[4:]], 4, "the PT1H of 2026-11-01T03:00:00Z should come"),
        ([*HOURS[:3], HOURS[2]], 4, "the PT1H of"),
        ([*HOURS[:23], WHOLE_DAY], 24, "before its hours"),
        ([WHOLE_DAY], 1, "before its hours"),
        ([at(4, audit())], 1, "an audit should have come by 2026-11-04"),
        ([at(2, audit()), at(3, UNCHECKED), at(6, UNCHECKED)], None, "by 2026-11-06"),
        ([at(1, OFF), at(2, POLICY), at(6, UNCHECKED)], None, "by 2026-11-06"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_missing_is_found(bodies: list[Said], where: int | None, says: str) -> None:
    entries = written([(BEGIN, POLICY), *bodies])
    found = verify(entries, [], KEYS).complete
    assert (found.verdict, found.at) == (BROKEN, where)
    assert says in found.says
    verdict, _, at = standalone.complete(entries)
    assert (verdict, at) == (BROKEN, where)


def test_a_time_that_no_calendar_has() -> None:
    made = KeyMade(day=date.max, commitment="0" * 64, made=Place(offset=0, time=BEGIN))
    last = datetime.combine(date.max, time(23), UTC)
    for body in (made, window(last, days=False)):
        found = verify(written([(BEGIN, POLICY), (BEGIN, body)]), [], KEYS).complete
        assert (found.verdict, found.at) == (BROKEN, 1)
    # And one that it just has.
    found = verify(written([(BEGIN, POLICY), (last, UNCHECKED)]), [], KEYS).complete
    assert "by 2026-11-04" in found.says


@pytest.mark.parametrize(
    "bodies",
    [
        [*HOURS[:24], WHOLE_DAY, HOURS[24]],
        HOURS[5:],
        [*LONG, at(3, audit()), *LATER[:1]],
        [LONG[0], at(2, audit()), at(3, audit())],
        [at(1, OFF), at(30, UNCHECKED)],
        [at(3, audit()), at(6, audit())],
    ],
    ids=["a day", "from five on", "a life", "a key that is not due", "no promise", "in time"],
)
def test_what_is_not_missing(bodies: list[Said]) -> None:
    entries = written(sorted([(BEGIN, POLICY), *bodies], key=lambda each: each[0]))
    found = verify(entries, [], KEYS)
    assert found.complete.verdict is HOLDS, found.complete
    assert standalone.complete(entries)[0] == HOLDS


def test_a_log_begins_with_its_policy() -> None:
    entries = [entry for entry in LOG.entries if b'"kind":"policy"' not in entry]
    found = verify(entries, [], KEYS).complete
    assert (found.verdict, found.at) == (BROKEN, 0)


@pytest.mark.parametrize("kind", [KeyMade, KeyDestroyed, WindowReleased])
def test_an_entry_left_out_of_a_log_that_is_written_anew(kind: type) -> None:
    log = next(
        each
        for seed in range(100)
        if len(by_kind(each := made(random.Random(seed)), lambda body: isinstance(body, kind))) > 2
    )
    bodies = spoken(log.entries)
    del bodies[by_kind(log, lambda body: isinstance(body, kind))[1]]
    forged = remade(replace(log, anchors=[]), bodies)
    assert verdicts(report(forged))[:2] == (HOLDS, HOLDS)
    assert report(forged).complete.verdict is BROKEN


def test_a_writer_goes_on_where_the_log_ends() -> None:
    log = Log()
    for entry in LOG.entries[:-1]:
        log.replay(entry)
    time, body = spoken(LOG.entries)[-1]
    assert log.append(body, time, "0.1.0") == LOG.entries[-1]
    assert log.checkpoint(ORIGIN) == checkpoints.read(LOG.notes[-1], KEYS)
    with pytest.raises(ValueError, match="does not follow"):
        log.replay(LOG.entries[3])
    with pytest.raises(ValueError, match="begins with the policy"):
        Log().append(body, time, "0.1.0")
