"""What may be wrong with an exported folder: each fault is made by chance from a log that is right.

A fault gives the folder, the keys and the anchors that a verifier has.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from quietclicks.pipeline.evidence import checkpoints, folder
from quietclicks.pipeline.evidence.folder import CHECKPOINTS, ENTRIES, RECEIPTS, SUMS
from quietclicks.pipeline.evidence.kinds import Audit, KeyMade, WindowReleased
from quietclicks.pipeline.evidence.notes import SigningKey
from tests.pipeline.evidence.made import THIEF, WITNESS, Made, by_kind, remade, spoken

Anchors = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Given:
    """What a verifier has."""

    files: dict[str, bytes]
    keys: list[SigningKey]
    anchors: Anchors

    def with_file(self, name: str, data: bytes | None, summed: bool = True) -> "Given":
        files = {**self.files, name: data} if data is not None else {**self.files}
        if data is None:
            del files[name]
        if summed and SUMS in files:
            del files[SUMS]
            files[SUMS] = folder.sums(files)
        return replace(self, files=files)


def given(log: Made) -> Given:
    """A log that is right."""
    return Given(log.files(), log.known, log.anchors)


Fault = Callable[[random.Random, Made], Given]


def nothing(rng: random.Random, log: Made) -> Given:
    return given(log)


def a_bit(rng: random.Random, log: Made) -> Given:
    right = given(log)
    name = rng.choice(sorted(right.files))
    return right.with_file(name, _flipped(rng, right.files[name]), summed=False)


def a_bit_of_evidence_and_its_sum(rng: random.Random, log: Made) -> Given:
    right = given(log)
    name = rng.choice([each for each in sorted(right.files) if _is_evidence(each)])
    return right.with_file(name, _flipped(rng, right.files[name]))


def a_byte_more_or_less(rng: random.Random, log: Made) -> Given:
    right = given(log)
    name = rng.choice([each for each in sorted(right.files) if _is_evidence(each)])
    data, at = right.files[name], rng.randrange(len(right.files[name]))
    more = bytes([rng.choice(b"\n \r0aZ\\\x80")])
    return right.with_file(
        name, data[:at] + rng.choice([b"", more + data[at : at + 1]]) + data[at + 1 :]
    )


def entries_in_another_order(rng: random.Random, log: Made) -> Given:
    entries = [*log.entries]
    first, second = rng.sample(range(len(entries)), 2)
    entries[first], entries[second] = entries[second], entries[first]
    return _with_entries(log, entries)


def an_entry_dropped(rng: random.Random, log: Made) -> Given:
    entries = [*log.entries]
    del entries[rng.randrange(len(entries))]
    return _with_entries(log, entries)


def an_entry_twice(rng: random.Random, log: Made) -> Given:
    at = rng.randrange(len(log.entries))
    return _with_entries(log, [*log.entries[:at], *log.entries[at:][:1], *log.entries[at:]])


def the_end_cut(rng: random.Random, log: Made) -> Given:
    return _with_entries(log, log.entries[: rng.randrange(len(log.entries))])


def the_end_cut_with_its_checkpoints(rng: random.Random, log: Made) -> Given:
    keep = rng.randrange(1, len(log.sizes)) if len(log.sizes) > 1 else 1
    short = replace(
        log,
        entries=log.entries[: log.sizes[keep - 1]],
        sizes=log.sizes[:keep],
        signers=log.signers[:keep],
        notes=log.notes[:keep],
    )
    return replace(given(short), anchors=[("a letter", log.notes[-1])])


def another_log_by_the_same_key(rng: random.Random, log: Made) -> Given:
    return replace(given(_forged(rng, log)), anchors=[("a letter", log.notes[-1])])


def another_log_by_a_thief(rng: random.Random, log: Made) -> Given:
    return given(remade(log, spoken(log.entries), THIEF))


def a_fork(rng: random.Random, log: Made) -> Given:
    notes = [*log.notes[:-1], _forged(rng, log).notes[-1]]
    return given(log).with_file(CHECKPOINTS, checkpoints.joined(notes))


def a_kind_left_out(rng: random.Random, log: Made) -> Given:
    kind = rng.choice([KeyMade, WindowReleased, Audit])
    where = by_kind(log, lambda body: isinstance(body, kind))
    bodies = spoken(log.entries)
    for index in sorted(rng.sample(where, rng.randint(0, len(where))), reverse=True):
        del bodies[index]
    forged = remade(log, bodies)
    return given(replace(forged, anchors=[("a letter", forged.notes[-1])]))


def an_entry_left_out_or_moved(rng: random.Random, log: Made) -> Given:
    bodies = spoken(log.entries)
    moved = bodies.pop(rng.randrange(len(bodies)))
    if rng.random() < 0.5:
        bodies.insert(rng.randint(0, len(bodies)), moved)
    if not bodies or not bodies[0][1].__class__.__name__.startswith("Policy"):
        bodies.insert(0, spoken(log.entries)[0])
    forged = remade(log, bodies)
    return given(replace(forged, anchors=[("a letter", forged.notes[-1])]))


def checkpoints_changed(rng: random.Random, log: Made) -> Given:
    notes = [*log.notes]
    if rng.random() < 0.5:
        rng.shuffle(notes)
    else:
        del notes[rng.randrange(len(notes))]
    return given(log).with_file(CHECKPOINTS, checkpoints.joined(notes))


def a_file_missing(rng: random.Random, log: Made) -> Given:
    right = given(log)
    return right.with_file(rng.choice(sorted(right.files)), None, rng.random() < 0.5)


def receipts_changed(rng: random.Random, log: Made) -> Given:
    right = given(log)
    receipts = [name for name in sorted(right.files) if name.startswith(RECEIPTS)] or [ENTRIES]
    name, other = rng.choice(receipts), rng.choice(receipts)
    stray = f"{RECEIPTS}2020-01-01.tlog-proof"
    changed = [
        right.with_file(name, right.files[other]),
        right.with_file(stray, right.files[name]),
        right.with_file(name, right.files[name].replace(b"index ", b"index 0")),
        right.with_file(name, None) if name != ENTRIES else right,
    ]
    return rng.choice(changed)


def no_key_or_another(rng: random.Random, log: Made) -> Given:
    keys = rng.choice([[], [THIEF], [WITNESS], log.known[:1], log.known[1:]])
    return replace(given(log), keys=keys)


def no_anchor_or_a_bad_one(rng: random.Random, log: Made) -> Given:
    thief = remade(log, spoken(log.entries), THIEF).notes[-1]
    note = log.notes[0]
    anchors = rng.choice(
        [[], [("x", b"smudged")], [("x", thief)], [("x", _flipped(rng, note))], [("x", b"")]]
    )
    return replace(given(log), anchors=anchors)


FAULTS: list[Fault] = [
    nothing,
    a_bit,
    a_bit_of_evidence_and_its_sum,
    a_byte_more_or_less,
    entries_in_another_order,
    an_entry_dropped,
    an_entry_twice,
    the_end_cut,
    the_end_cut_with_its_checkpoints,
    another_log_by_the_same_key,
    another_log_by_a_thief,
    a_fork,
    a_kind_left_out,
    an_entry_left_out_or_moved,
    checkpoints_changed,
    a_file_missing,
    receipts_changed,
    no_key_or_another,
    no_anchor_or_a_bad_one,
]


def _forged(rng: random.Random, log: Made) -> Made:
    bodies = spoken(log.entries)
    at = rng.randrange(len(bodies))
    later = timedelta(days=1) if bodies[at][0] < bodies[-1][0] else -timedelta(days=1)
    bodies[at] = (bodies[at][0] + later, bodies[at][1])
    return remade(log, bodies)


def _with_entries(log: Made, entries: list[bytes]) -> Given:
    return given(log).with_file(ENTRIES, b"".join(entry + b"\n" for entry in entries))


def _is_evidence(name: str) -> bool:
    return name in {ENTRIES, CHECKPOINTS} or name.startswith(RECEIPTS)


def _flipped(rng: random.Random, data: bytes) -> bytes:
    changed, bit = bytearray(data), rng.randrange(8 * len(data))
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
