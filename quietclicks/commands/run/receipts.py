"""The receipts of a run's keys: made of its audit log, and verified as anybody would."""

from datetime import date

from quietclicks.agents.evidence.audit_log import Stored
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence import folder, receipts
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.entries import EntryError, decode
from quietclicks.pipeline.evidence.kinds import KeyDestroyed
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey
from quietclicks.pipeline.evidence.receipts import Receipt


def receipts_of(stored: Stored, key: VerifierKey) -> dict[date, bytes]:
    """Of the days whose end is signed. Raises `Failure` where a checkpoint is of another log."""
    if not stored.notes:
        return {}
    try:
        files = folder.write(stored.entries, stored.notes, [key], b"")
    except folder.FolderError as error:
        raise Failure(f"the audit log: {error}") from None
    return {
        date.fromisoformat(name.removeprefix(folder.RECEIPTS).removesuffix(receipts.ENDING)): file
        for name, file in files.items()
        if name.startswith(folder.RECEIPTS)
    }


def verified(file: bytes, key: VerifierKey, day: date) -> tuple[Receipt, Checkpoint]:
    """What a receipt says, and of which log. Raises `Failure` where it does not show that day."""
    try:
        receipt = receipts.read(file)
        checkpoint = receipt.check([key])
        body = decode(receipt.entry).body
    except (NoteError, EntryError) as error:
        raise Failure(f"the receipt of {day} does not hold: {error}") from None
    if not (isinstance(body, KeyDestroyed) and body.day == day):
        raise Failure(f"the receipt of {day} does not hold: it is of something else")
    return receipt, checkpoint
