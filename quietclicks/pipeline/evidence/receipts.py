"""A receipt: that one entry is in the log, as a file of its own (C2SP tlog-proof).

The entry itself goes with it, so that a receipt says what it proves; of other entries it shows
hashes.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey, decoded, encoded
from quietclicks.pipeline.evidence.proofs import root_of_inclusion
from quietclicks.pipeline.evidence.tree import leaf_hash

FIRST_LINE = "c2sp.org/tlog-proof@v1"
ENDING = ".tlog-proof"
MAX_BYTES = 256 * 1024  # an entry of the largest size, in base64, and a note
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")


class Receipt(Struct, frozen=True):
    """`note` is the signed checkpoint, as it is."""

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    note: bytes

    def file(self) -> bytes:
        """Its text."""
        hashes = "".join(f"{encoded(each)}\n" for each in self.proof)
        head = f"{FIRST_LINE}\nextra {encoded(self.entry)}\nindex {self.index}\n{hashes}\n"
        return head.encode() + self.note

    def check(self, keys: Sequence[VerifierKey]) -> Checkpoint:
        """What the log was when it had the entry. Raises `NoteError` where that is not shown."""
        checkpoint = checkpoints.read(self.note, keys)
        try:
            leaf = leaf_hash(self.entry)
            root = root_of_inclusion(leaf, self.index, checkpoint.size, self.proof)
        except ValueError as error:
            raise NoteError(str(error)) from None
        if root != checkpoint.root:
            raise NoteError("the entry is not where the receipt says, or is not this entry")
        return checkpoint


def read(file: bytes) -> Receipt:
    """A receipt's text → what it says, which is still to be checked. Raises `NoteError`."""
    head, between, note = file.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = []
    if len(file) > MAX_BYTES or not between or len(lines) < 3 or lines[0] != FIRST_LINE:
        raise NoteError(f"a receipt begins with {FIRST_LINE}, its entry and its index")
    (extra, _, entry), (word, _, index) = lines[1].partition(" "), lines[2].partition(" ")
    if extra != "extra" or word != "index" or not _INDEX.fullmatch(index):
        raise NoteError("a receipt's second line is its entry, the third its index")
    proof = tuple(decoded(line) for line in lines[3:])
    if any(len(each) != 32 for each in proof):
        raise NoteError("a receipt's hashes are 32 bytes long")
    return Receipt(decoded(entry), int(index), proof, note)
