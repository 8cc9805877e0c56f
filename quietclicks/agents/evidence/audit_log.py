"""`privacy.audit` and `privacy.checkpoints`: read whole, and written by who alone may.

Entries in one transaction, and a checkpoint of what is committed in a later one: so an attempt that
was given up leaves no signed root.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from quietclicks import __version__
from quietclicks.agents.evidence.look import look
from quietclicks.agents.kafka.only_writer import only_writer
from quietclicks.agents.kafka.reading import read_to_end
from quietclicks.agents.keys.wrapping import Wrapping
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.evidence import checkpoints
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


async def read_log(settings: Settings) -> Stored:
    """Raises `Failure`."""
    return Stored(
        [each.value or b"" async for each in read_to_end(settings, topics.AUDIT, 0)],
        [each.value or b"" async for each in read_to_end(settings, topics.CHECKPOINTS, 0)],
    )


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
    async with only_writer(settings, "audit", [topics.AUDIT, topics.CHECKPOINTS]) as writer:
        stored = await read_log(settings)
        _refuse_another(stored, [key.verifier for key in keys], _anchors(settings))
        log, known = Log(), Known()
        for entry in stored.entries:
            log.replay(entry)
            known.take(entry)
        seen = await look(settings, policy, wrapping, known)
        entries = [log.append(body, at, __version__) for body, at in known.missing(seen)]
        if entries:
            await writer.write(topics.AUDIT, [(None, entry) for entry in entries])
        if keys and len(log) > _signed(stored, keys):
            note = checkpoints.signed(log.checkpoint(keys[0].verifier.name), keys)
            await writer.write(topics.CHECKPOINTS, [(None, note)])
            _anchor(settings, note)
        return len(entries)


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


def _signed(stored: Stored, keys: Sequence[SigningKey]) -> int:
    """How many entries the newest checkpoint is of, that one of these keys has signed."""
    for note in reversed(stored.notes):
        try:
            return checkpoints.read(note, [key.verifier for key in keys]).size
        except NoteError:
            continue
    return 0


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
        new.write_bytes(note)
        os.replace(new, path)
    except OSError as error:
        raise Failure(f"{ANCHOR} cannot be written: {error.strerror}") from None
