"""Logs as a worker will write them, made from a seed; and such as nobody should believe."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from quietclicks.pipeline.evidence import checkpoints, folder
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.kinds import (
    Audit,
    Body,
    Difference,
    Drift,
    KeyAbsent,
    KeyCut,
    KeyDestroyed,
    KeyDue,
    KeyMade,
    KeysRewrapped,
    KeyTombstoned,
    Place,
    PolicyInForce,
    Refusal,
    Request,
    WindowReleased,
    Withheld,
    Workers,
)
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import SigningKey

FIRST_DAY = date(2026, 11, 1)
HOUR = timedelta(hours=1)
DUE = 48 * 3600 + 900
ORIGIN = "log.example/audit"
OLD, NEW = (SigningKey(ORIGIN, bytes([each]) * 32) for each in (1, 2))
THIEF = SigningKey(ORIGIN, bytes([3]) * 32)
WITNESS = SigningKey("witness.example", bytes([4]) * 32)
VERIFIER = b"# a program\n"

Said = tuple[datetime, Body]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def life(day: date, offset: int) -> list[Said]:
    """A key's, as it should be; it is due 48 hours and a quarter after the day."""
    begins = midnight(day)
    due = begins + 24 * HOUR + timedelta(seconds=DUE)
    made, tombstoned = Place(offset=offset, time=begins), Place(offset=offset + 9, time=due + HOUR)
    commitment = sha256(f"key of {day}")
    cut = ("clickstream.pseudonymised",)
    return [
        (begins, KeyMade(day=day, commitment=commitment, made=made)),
        (due, KeyDue(day=day, watermark=due, clock=due)),
        (due + HOUR, KeyCut(day=day, topics=cut, gone=due + HOUR)),
        (due + HOUR, KeyTombstoned(day=day, tombstoned=tombstoned)),
        (due + 2 * HOUR, KeyAbsent(day=day, first=0, end=offset + 20, gone=due + 3 * HOUR)),
        (
            due + 3 * HOUR,
            KeyDestroyed(
                day=day,
                commitment=commitment,
                made=made,
                cut=due + HOUR,
                tombstoned=tombstoned,
                absent=due + 3 * HOUR,
                method="tombstoned-and-compacted",
                limits=("broker-backups", "mirrors"),
            ),
        ),
    ]


def window(start: datetime, days: bool) -> Body:
    kind = "P1D" if days else "PT1H"
    return WindowReleased(
        window="P1D" if days else "PT1H",
        start=start,
        records=7,
        hash=sha256(f"{kind} {start}"),
        later={"trends.totals": (0,)},
    )


def said(rng: random.Random, days: int) -> list[Said]:
    """What a log of some days says, in order; seldom every kind of it."""
    found: list[Said] = []
    with_hours = rng.random() < 0.3
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        begins = midnight(day)
        if number < days - 3 or rng.random() < 0.5:
            found += life(day, 100 * number)[: 6 if number < days - 3 else 1]
        if with_hours:
            hours = [begins + each * HOUR for each in range(24)]
            found += [(each + HOUR, window(each, days=False)) for each in hours]
            found.append((begins + 24 * HOUR, window(begins, days=True)))
        found.append((begins + 24 * HOUR, audit()))
        found += rng.sample(others(day), rng.randint(0, 3))
    end = midnight(FIRST_DAY + timedelta(days=days))
    found = [each for each in sorted(found, key=lambda each: each[0]) if each[0] <= end]
    return [policy(rng.choice([None, 1, 7])), *found]


def policy(audit_every_days: int | None) -> Said:
    return midnight(FIRST_DAY), PolicyInForce(
        revision=FIRST_DAY,
        hash=sha256("policy")[:32],
        key_due_seconds=DUE,
        audit_every_days=audit_every_days,
    )


def audit() -> Body:
    return Audit(
        name="differencing",
        outcome="held",
        report=sha256("report"),
        offset=7,
        held=3,
        broken=0,
        not_checked=1,
    )


def others(day: date) -> list[Said]:
    """Kinds that nothing follows from."""
    at = midnight(day)
    differs = Difference(topic="trends.pages", what="retention.ms")
    rewrapped = Place(offset=3, time=at)
    return [
        (at, Request(verb="erase", state="fulfilled")),
        (at, Refusal(verb="access", reason="no_match")),
        (at + HOUR, Workers(hour=at, starts=2, stops=1, versions=("0.1.0",), end=3)),
        (at + HOUR, Drift(of="topics", differences=(differs,))),
        (at + HOUR, Withheld(day=day, views_about=40, nearest=10)),
        (at + HOUR, KeysRewrapped(keys=2, rewrapped=rewrapped)),
    ]


def written(bodies: Sequence[Said]) -> list[bytes]:
    log = Log()
    return [log.append(body, time, "0.1.0") for time, body in bodies]


def spoken(entries: Sequence[bytes]) -> list[Said]:
    """And back."""
    return [(entry.time, entry.body) for entry in map(decode, entries)]


@dataclass(frozen=True)
class Made:
    """A log, what was signed of it, and what somebody kept elsewhere."""

    entries: list[bytes]
    sizes: list[int]
    signers: list[list[SigningKey]]  # of each checkpoint
    known: list[SigningKey]  # whose public halves the verifier has
    notes: list[bytes] = field(default_factory=list)
    anchors: list[tuple[str, bytes]] = field(default_factory=list)

    def signed(self) -> "Made":
        """With its checkpoints."""
        notes = []
        for size, keys in zip(self.sizes, self.signers, strict=True):
            log = Log()
            for entry in self.entries[:size]:
                log.replay(entry)
            notes.append(checkpoints.signed(log.checkpoint(ORIGIN), keys))
        return replace(self, notes=notes)

    def files(self) -> dict[str, bytes]:
        known = [key.verifier for key in self.signers[-1]]
        return folder.write(self.entries, self.notes, known, VERIFIER, {"report.html": b"<p>"})


def made(rng: random.Random) -> Made:
    """A log that is as it should be, with an anchor, and seldom a key that follows another."""
    entries = written(said(rng, rng.randint(4, 8)))
    middle = sorted(rng.sample(range(1, len(entries)), min(3, len(entries) - 1)))
    sizes = [*middle, len(entries)]
    signers = [[OLD]] * len(sizes)
    if rng.random() < 0.3:
        signers = [[OLD], [OLD, NEW], [NEW], [NEW, WITNESS]][-len(sizes) :]
    log = Made(entries, sizes, signers, [OLD, NEW]).signed()
    return replace(log, anchors=[("a letter", rng.choice(log.notes))])


def remade(log: Made, bodies: Sequence[Said], key: SigningKey | None = None) -> Made:
    """The same sizes, as far as there are so many, of other entries, signed by whoever can."""
    entries = written(bodies)
    sizes = sorted({min(size, len(entries)) for size in [*log.sizes[:-1], len(entries)]})
    signers = [[key]] * len(sizes) if key else log.signers[-len(sizes) :]
    return replace(log, entries=entries, sizes=sizes, signers=signers).signed()


def by_kind(log: Made, kind: Callable[[Body], bool]) -> list[int]:
    """The entries of a kind."""
    return [index for index, (_, body) in enumerate(spoken(log.entries)) if kind(body)]
