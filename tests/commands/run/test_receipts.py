"""A run's receipts: only of what is signed, and none that does not hold passes."""

from datetime import timedelta

import pytest
from msgspec import structs

from quietclicks.agents.evidence.audit_log import Stored
from quietclicks.commands.run.receipts import receipts_of, verified
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence import checkpoints, receipts
from quietclicks.pipeline.evidence.log import Log
from quietclicks.pipeline.evidence.tree import Tree, leaf_hash
from tests.pipeline.evidence.made import FIRST_DAY, NEW, OLD, ORIGIN, THIEF, life, policy, written

SECOND_DAY = FIRST_DAY + timedelta(days=1)
ENTRIES = written([policy(None), *life(FIRST_DAY, 0), *life(SECOND_DAY, 100)])
KEY = NEW.verifier


def note_of(size: int, entries: list[bytes] = ENTRIES) -> bytes:
    log = Log()
    for entry in entries[:size]:
        log.replay(entry)
    return checkpoints.signed(log.checkpoint(ORIGIN), [NEW])


def test_one_for_each_day_whose_end_is_signed() -> None:
    assert receipts_of(Stored(ENTRIES, []), KEY) == {}, "nothing is signed yet"
    assert receipts_of(Stored(ENTRIES, [note_of(6)]), KEY) == {}, "its last step is not"
    assert set(receipts_of(Stored(ENTRIES, [note_of(7)]), KEY)) == {FIRST_DAY}
    found = receipts_of(Stored(ENTRIES, [note_of(7), note_of(13)]), KEY)
    for day, index in ((FIRST_DAY, 6), (SECOND_DAY, 12)):
        receipt, checkpoint = verified(found[day], KEY, day)
        assert (receipt.index, checkpoint.size) == (index, 13)


def test_a_checkpoint_of_another_log_ends_it() -> None:
    other = written([policy(7), *life(FIRST_DAY, 0)])
    with pytest.raises(Failure, match=r"^the audit log: the newest checkpoint is of other"):
        receipts_of(Stored(ENTRIES, [note_of(7, other)]), KEY)


@pytest.fixture
def receipt() -> receipts.Receipt:
    return receipts.read(receipts_of(Stored(ENTRIES, [note_of(13)]), KEY)[FIRST_DAY])


def refused(file: bytes, key: object = KEY) -> str:
    with pytest.raises(Failure) as failed:
        verified(file, key, FIRST_DAY)  # type: ignore[arg-type]
    assert str(failed.value).startswith("the receipt of 2026-11-01 does not hold: ")
    return str(failed.value).partition(": ")[2]


def test_a_receipt_that_was_changed_does_not_hold(receipt: receipts.Receipt) -> None:
    changed = receipt.entry.replace(b"tombstoned-and-compacted", b"tombstoned-and-compactex")
    assert "not this entry" in refused(structs.replace(receipt, entry=changed).file())
    assert "not where" in refused(structs.replace(receipt, index=5).file())
    assert refused(receipt.file()[:-1])
    assert refused(b"")


def test_one_that_others_signed_does_not_hold(receipt: receipts.Receipt) -> None:
    for other in (OLD, THIEF):
        assert refused(receipt.file(), other.verifier)


def test_one_of_another_day_or_step_does_not_hold() -> None:
    found = receipts_of(Stored(ENTRIES, [note_of(13)]), KEY)
    assert refused(found[SECOND_DAY]) == "it is of something else"
    proof = tuple(Tree(map(leaf_hash, ENTRIES)).inclusion_proof(0, 3))
    step = receipts.Receipt(ENTRIES[0], 0, proof, note_of(3))
    assert refused(step.file()) == "it is of something else"
