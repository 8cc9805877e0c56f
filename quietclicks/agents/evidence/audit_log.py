"""`privacy.audit` and `privacy.checkpoints`: read whole, and written by who alone may.

Entries in one transaction, and a checkpoint of what is committed in a later one: so an attempt that
was given up leaves no signed root.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from quietclicks import __version__
from quietclicks.agents.evidence.look import look
from quietclicks.agents.kafka import clients
from quietclicks.agents.kafka.only_writer import only_writer
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.notes import NoteError, SigningKey, VerifierKey, signing_key
from quietclicks.pipeline.evidence.observe import Known
from quietclicks.pipeline.evidence.verdicts import Verdict
from quietclicks.pipeline.evidence.verify import verify
from quietclicks.pipeline.policy import Policy
from quietclicks.schemas import topics

ANCHOR = "the anchor file"


class Stored(Struct):
    """All that is committed, as bytes."""

    entries: list[bytes]
    notes: list[bytes]


async def read_log(settings: Settings, *, pending: bool = False) -> Stored:
    """`pending` as `read_keys` has it. Raises `Failure`."""

    async def values(topic: str) -> list[bytes]:
        read = read_to_end(settings, topic, 0, pending=pending)
        return [each.value or b"" async for each in read]

    return Stored(await values(topics.AUDIT), await values(topics.CHECKPOINTS))


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
    settings: Settings, policy: Policy, wrapping: Wrapping, keys: Sequence[SigningKey]
) -> int:
    """What is news, then its checkpoint; how many entries it was.

    Raises `Rival`, `Failure` where the log is not the one that was signed, and as `look` does.
    """
    for topic in (topics.AUDIT, topics.CHECKPOINTS):
        await clients.partitions(settings, topic)
    async with only_writer(settings, "audit", [topics.AUDIT, topics.CHECKPOINTS]) as writer:
        now = await _look(settings, policy, wrapping, keys)
        if now.entries:
            await writer.write(topics.AUDIT, [(None, entry) for entry in now.entries])
        if keys and len(now.log) > now.signed:
            note = checkpoints.signed(now.log.checkpoint(keys[0].verifier.name), keys)
            await writer.write(topics.CHECKPOINTS, [(None, note)])
            _anchor(settings, note)
        return len(now.entries)


class _Now(Struct):
    """The log with `entries` at its end, which are not written yet, and how much is `signed`."""

    log: Log
    entries: list[bytes]
    signed: int


async def _look(
    settings: Settings, policy: Policy, wrapping: Wrapping, keys: Sequence[SigningKey]
) -> _Now:
    stored = await read_log(settings, pending=True)
    anchors = _anchors(settings)
    # It takes long when the log is long, and nothing is to wait for it.
    log, known, signed = await asyncio.to_thread(_read, stored, keys, anchors)
    seen = await look(settings, policy, wrapping, known)
    entries = [log.append(body, at, __version__) for body, at in known.missing(seen)]
    return _Now(log, entries, signed)


def _read(
    stored: Stored, keys: Sequence[SigningKey], anchors: Sequence[tuple[str, bytes]]
) -> tuple[Log, Known, int]:
    """Also how many entries the newest checkpoint is of."""
    _refuse_another(stored, [key.verifier for key in keys], anchors)
    log, known = Log(), Known()
    for entry in stored.entries:
        log.replay(entry)
        known.take(entry)
    newest = _newest(stored, keys)
    if newest is not None and newest.origin != keys[0].verifier.name:
        raise Failure(
            "the signing key has another name than the audit log: make one with the name that is "
            "in its checkpoints"
        )
    return log, known, 0 if newest is None else newest.size


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


def _newest(stored: Stored, keys: Sequence[SigningKey]) -> Checkpoint | None:
    """The last checkpoint that one of these keys has signed."""
    for note in reversed(stored.notes):
        try:
            return checkpoints.read(note, [key.verifier for key in keys])
        except NoteError:
            continue
    return None


def _anchors(settings: Settings) -> list[tuple[str, bytes]]:
    if settings.audit_anchor_file is None:
        return []
    try:
        return [(ANCHOR, Path(settings.audit_anchor_file).read_bytes())]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Failure(f"{ANCHOR} cannot be read: {error.strerror}") from None


def _anchor(settings: Settings, note: bytes) -> None:
    """Replaced at once: whoever copies it away gets a whole one."""
    if settings.audit_anchor_file is None:
        return
    path = Path(settings.audit_anchor_file)
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError as error:
        raise Failure(f"{ANCHOR} cannot be written: {error.strerror}") from None
