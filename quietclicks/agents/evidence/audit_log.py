"""`privacy.audit` and `privacy.checkpoints`: read whole, and written by who alone may.

Entries in one transaction, and a checkpoint of what is committed in a later one: so an attempt that
was given up leaves no signed root.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import KafkaError
from msgspec import Struct

from quietclicks import __version__
from quietclicks.agents.evidence.anchor import Anchor
from quietclicks.agents.evidence.look import look
from quietclicks.agents.evidence.look_at_answers import ANSWERS, reader_of
from quietclicks.agents.evidence.say import Say, warn
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.only_writer import OnlyWriter, only_writer
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.kafka.refusals import refusal
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import NoteError, SigningKey, VerifierKey, signing_key
from quietclicks.pipeline.evidence.observe import Known
from quietclicks.pipeline.evidence.public import encode
from quietclicks.pipeline.evidence.status import Status
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics
from quietclicks.schemas.summary import SUMMARY_KEY, Summary


class Stored(Struct):
    """All that is committed, as bytes."""

    entries: list[bytes]
    notes: list[bytes]


class Written(Struct, frozen=True):
    """After a round: how many entries are `new`, the newest checkpoint, and how the log stands."""

    new: int
    newest: bytes | None
    status: Status


async def read_log(settings: Settings, *, pending: bool = False) -> Stored:
    """`pending` as `read_keys` has it. Raises `Failure`."""

    async def values(topic: str) -> list[bytes]:
        read = read_to_end(settings, topic, 0, pending=pending)
        return [each.value or b"" async for each in read]

    # In this order, so that each checkpoint that is read is of entries that are, too.
    notes = await values(topics.CHECKPOINTS)
    return Stored(await values(topics.AUDIT), notes)


def signing_keys(settings: Settings) -> list[SigningKey]:
    """Whose signatures a checkpoint gets, a line each; none where none is set. `UsageError`."""
    if settings.signing_key_file is None:
        return []
    try:
        lines = Path(settings.signing_key_file).read_text("utf-8").split()
        return [signing_key(line) for line in lines]
    except (OSError, UnicodeDecodeError, NoteError):
        raise UsageError(
            "cannot read a signing key from QUIETCLICKS_SIGNING_KEY_FILE: make one with "
            "`quietclicks keys new-signing-key`"
        ) from None


async def write_on(
    settings: Settings,
    policy: Policy,
    wrapping: Wrapping,
    keys: Sequence[SigningKey],
    anchor: Anchor | None = None,
    say: Say = warn,
) -> Written:
    """What is news, then its checkpoint. `anchor`: a running worker's.

    Raises `Rival`, `Failure` where the log is not the one that was signed, and as `look` does.
    """
    anchor = anchor or Anchor(settings)
    for topic in (topics.AUDIT, topics.CHECKPOINTS):
        await clients.partitions(settings, topic)
    async with only_writer(settings, "audit", [topics.AUDIT, topics.CHECKPOINTS]) as writer:
        now, known = await _read(settings, keys, anchor)
        before = len(now.log)
        while True:
            seen = await look(settings, policy, wrapping, known, say)
            entries = [now.log.append(body, at, __version__) for body, at in known.missing(seen)]
            if entries:
                rows = [(None, entry) for entry in entries]
                told = {ANSWERS: seen.answers.next} if seen.answers else {}
                await writer.write(topics.AUDIT, rows, reader_of(settings), told)
            if not seen.more:
                break
        if keys and len(now.log) > now.signed:
            now.newest = checkpoints.signed(now.log.checkpoint(keys[0].verifier.name), keys)
            await writer.write(topics.CHECKPOINTS, [(None, now.newest)])
            now.signed = len(now.log)
        if now.newest is not None:  # one that was there, too: who signed it may have died before
            anchor.keep(now.newest, [key.verifier for key in keys])
        await _tell_everybody(
            settings, writer, known.public.summary(policy.release.k, now.newest), say
        )
        status = known.status(seen.keys.now_ms, len(now.log), now.signed)
        return Written(len(now.log) - before, now.newest, status)


async def _tell_everybody(
    settings: Settings, writer: OnlyWriter, summary: Summary, say: Say
) -> None:
    """The public summary, where it is another than the one that is there."""
    try:
        await clients.partitions(settings, topics.SUMMARY)
        told = [each async for each in read_to_end(settings, topics.SUMMARY, 0, pending=True)]
    except (KafkaError, Failure) as error:
        say(f"{topics.SUMMARY} is not brought up to date: {refusal(error) or error}")
        return
    value = encode(summary)
    if not told or told[-1].value != value:
        await writer.write(topics.SUMMARY, [(SUMMARY_KEY, value)])


class _Now(Struct):
    """The log, its last checkpoint's note, if there is one, and how much is `signed` with it."""

    log: Log
    newest: bytes | None = None
    signed: int = 0


async def _read(
    settings: Settings, keys: Sequence[SigningKey], anchor: Anchor
) -> tuple[_Now, Known]:
    stored = await read_log(settings, pending=True)
    # It takes long when the log is long, and nothing is to wait for it.
    return await asyncio.to_thread(_replayed, stored, keys, anchor.notes())


def _replayed(
    stored: Stored, keys: Sequence[SigningKey], anchors: Sequence[tuple[str, bytes]]
) -> tuple[_Now, Known]:
    """What there is, and what it says. Raises `Failure` for a log that must not be signed."""
    _refuse_another(stored, [key.verifier for key in keys], anchors)
    now, known = _Now(Log()), Known()
    for entry in stored.entries:
        now.log.replay(entry)
        known.take(entry)
    if newest := _newest(stored.notes, keys):
        now.newest, checkpoint = newest
        now.signed = checkpoint.size
        if checkpoint.origin != keys[0].verifier.name:
            raise Failure(
                "the signing key has another name than the audit log: make one with the name that "
                "is in its checkpoints"
            )
    outside = [(by, [note]) for by, note in anchors]
    for by, notes in ((topics.CHECKPOINTS, stored.notes), *outside):
        if notes and not keys:  # who cannot tell whether it is the log makes a fork of another
            raise Failure(
                f"{by} has signed checkpoints of the audit log, and this worker no signing key: "
                "give it QUIETCLICKS_SIGNING_KEY_FILE; until then it writes nothing to the log"
            )
        if notes and not _newest(notes, keys):
            raise Failure(
                f"none of the signing keys has signed what {by} has: give the former one, too, in "
                "a line of its own behind the new one, until both have signed"
            )
    return now, known


def _refuse_another(
    stored: Stored, keys: Sequence[VerifierKey], anchors: Sequence[tuple[str, bytes]]
) -> None:
    """A log that was changed, cut off, or made anew gets neither an entry nor a signature."""
    report = verify(stored.entries, stored.notes, keys, anchors)
    for finding in (report.intact, report.consistent, report.anchored):
        if finding.verdict is Verdict.BROKEN:
            raise Failure(
                f"the audit log is not the one that was signed, and nothing is written to it: "
                f"{finding.says}; see 'The audit log' in docs/operating.md"
            )


def _newest(notes: Sequence[bytes], keys: Sequence[SigningKey]) -> tuple[bytes, Checkpoint] | None:
    """The last checkpoint that one of these keys has signed."""
    for note in reversed(notes):
        try:
            return note, checkpoints.read(note, [key.verifier for key in keys])
        except NoteError:
            continue
    return None
