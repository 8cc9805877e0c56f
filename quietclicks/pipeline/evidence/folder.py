"""The folder that a stranger gets: names → bytes, written and read. It touches no disk.

entries.ndjson            the entries, one a line, as they are
checkpoints.txt           the signed checkpoints, the oldest first
receipts/DAY.tlog-proof   for each day whose key is destroyed
keys.txt                  verifier keys; believe them only if they were published elsewhere, too
verify.py                 verifies all of this, without this package
SHA256SUMS                of all other files, for `sha256sum -c`
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.entries import link
from quietclicks.pipeline.evidence.kinds import NAMES, KeyDestroyed
from quietclicks.pipeline.evidence.notes import NoteError, VerifierKey
from quietclicks.pipeline.evidence.receipts import ENDING, Receipt
from quietclicks.pipeline.evidence.tree import Tree, leaf_hash

ENTRIES, CHECKPOINTS, KEYS, VERIFIER = "entries.ndjson", "checkpoints.txt", "keys.txt", "verify.py"
SUMS, RECEIPTS = "SHA256SUMS", "receipts/"
NEEDED = (ENTRIES, CHECKPOINTS, SUMS)

Files = Mapping[str, bytes]


class _OfDay(Struct):
    day: str


class _Ended(Struct):
    kind: str
    body: _OfDay


_ended = msgspec.json.Decoder(_Ended)


class FolderError(ValueError):
    """What makes no folder, or is none."""


def write(
    entries: Sequence[bytes],
    notes: Sequence[bytes],
    keys: Sequence[VerifierKey],
    verifier: bytes,
    more: Files | None = None,
) -> dict[str, bytes]:
    """All that the newest checkpoint is of; what comes after it nobody has signed yet.

    `verifier` is the stand-alone verify.py, `more` other files. Raises `FolderError` for a log that
    its own checkpoint is not of.
    """
    if not notes:
        raise FolderError("nothing is signed yet: there is no checkpoint")
    try:
        newest = checkpoints.read(notes[-1], keys)
    except NoteError as error:
        raise FolderError(f"the newest checkpoint: {error}") from None
    tree = Tree(map(leaf_hash, entries))
    if newest.size > len(tree) or tree.root(newest.size) != newest.root:
        raise FolderError("the newest checkpoint is of other entries: verify the log first")
    signed = list(entries[: newest.size])
    if any(b"\n" in entry for entry in signed):
        raise FolderError("an entry is no line: verify the log first")
    files = {
        **(more or {}),
        ENTRIES: b"".join(entry + b"\n" for entry in signed),
        CHECKPOINTS: checkpoints.joined(notes),
        KEYS: "".join(f"{key}\n" for key in keys).encode(),
        VERIFIER: verifier,
    }
    for index, name in receipt_names(signed):
        proof = tuple(tree.inclusion_proof(index, newest.size))
        files[name] = Receipt(signed[index], index, proof, notes[-1]).file()
    return {**files, SUMS: sums(files)}


def receipt_names(entries: Sequence[bytes]) -> Iterator[tuple[int, str]]:
    """The index of each entry that says it ends a key, and its receipt's name.

    Of a damaged one, too, as far as it can be read.
    """
    for index, entry in enumerate(entries):
        try:
            link(entry)
            ended = _ended.decode(entry)
        except (ValueError, RecursionError):
            continue
        if ended.kind == NAMES[KeyDestroyed]:
            yield index, f"{RECEIPTS}{ended.body.day}{ENDING}"


def sums(files: Files) -> bytes:
    """As `sha256sum` writes them."""
    digests = ((sha256(files[name]).hexdigest(), name) for name in sorted(files))
    return b"".join(f"{digest}  ".encode() + as_bytes(name) + b"\n" for digest, name in digests)


def as_bytes(name: str) -> bytes:
    """A file's name as the system has it."""
    return name.encode("utf-8", "surrogateescape")


def lines(file: bytes) -> list[bytes]:
    """Lines without their ends; a last one that has none is one, too, and an empty file is one."""
    return file.removesuffix(b"\n").split(b"\n")
