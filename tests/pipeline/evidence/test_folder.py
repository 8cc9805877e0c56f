"""The folder for a stranger, its receipts, and what a look at it says."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.evidence import checkpoints, folder, receipts
from quietclicks.pipeline.evidence.check import Checked, check
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.entries import decode
from quietclicks.pipeline.evidence.folder import FolderError
from quietclicks.pipeline.evidence.kinds import KeyDestroyed
from quietclicks.pipeline.evidence.notes import NoteError, UnknownSignerError, verifier_key
from quietclicks.pipeline.evidence.tree import leaf_hash
from quietclicks.pipeline.evidence.verdicts import Verdict
from tests.pipeline.evidence.made import NEW, OLD, THIEF, VERIFIER, Made, made

LOG = next(
    log
    for seed in range(100)
    if (log := made(random.Random(seed))).signers[-1] == [OLD]
    and sum(name.startswith(folder.RECEIPTS) for name in log.files()) > 1
)
FILES = LOG.files()
KEYS = [OLD.verifier, NEW.verifier]
RECEIPTS = sorted(name for name in FILES if name.startswith(folder.RECEIPTS))


def looked_at(files: dict[str, bytes]) -> Checked:
    return check(files, KEYS, [("a letter", LOG.notes[0])])


def broken(report: Checked) -> set[str]:
    return {name for name, each in report.findings.items() if each.verdict is Verdict.BROKEN}


def test_what_is_in_it() -> None:
    assert FILES.keys() == {
        *("entries.ndjson", "checkpoints.txt", "keys.txt", "verify.py", "SHA256SUMS"),
        *("report.html", *RECEIPTS),
    }
    assert FILES["entries.ndjson"].splitlines() == LOG.entries
    assert checkpoints.parted(FILES["checkpoints.txt"]) == LOG.notes
    assert [verifier_key(line) for line in FILES["keys.txt"].decode().split()] == [OLD.verifier]
    assert FILES["verify.py"] == VERIFIER
    assert looked_at(FILES).exit_status == 0


def test_there_is_a_receipt_for_each_day_whose_key_is_destroyed() -> None:
    bodies = [decode(each).body for each in LOG.entries]
    days = [body.day for body in bodies if isinstance(body, KeyDestroyed)]
    assert [f"receipts/{day}.tlog-proof" for day in days] == RECEIPTS


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("there is no sha256sum here")
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    command = [tool, "--check", "--quiet", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / RECEIPTS[0]).write_bytes(b"")
    told = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert told.returncode == 1


def test_a_receipt_says_by_itself_what_it_proves() -> None:
    receipt = receipts.read(FILES[RECEIPTS[0]])
    assert receipt.file() == FILES[RECEIPTS[0]]
    assert receipt.check(KEYS).size == len(LOG.entries)
    assert isinstance(decode(receipt.entry).body, KeyDestroyed)
    lines = FILES[RECEIPTS[0]].decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[2] == f"index {LOG.entries.index(receipt.entry)}"
    assert len(FILES[RECEIPTS[0]]) < 2500
    with pytest.raises(UnknownSignerError):
        receipt.check([THIEF.verifier])


@given(st.integers(0, 8 * len(FILES[RECEIPTS[0]]) - 1))
def test_every_changed_bit_of_a_receipt_is_found(bit: int) -> None:
    changed = bytearray(FILES[RECEIPTS[0]])
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteError):
        receipts.read(bytes(changed)).check(KEYS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"proof@v1", b"proof@v2"),
        (b"extra ", b""),
        (b"index ", b"index 0"),
        (b"index ", b"index -"),
        (b"index ", b"index 99"),
        (b"\n\n", b"\n"),
        (b"\n\n", b"\nAAAA\n\n"),
        (b"\n\n", b"\n" + b"A" * 43 + b"=\n\n"),
    ],
)
def test_what_is_no_receipt(old: bytes, new: bytes) -> None:
    file = FILES[RECEIPTS[0]].replace(old, new, 1)
    with pytest.raises(NoteError):
        receipts.read(file).check(KEYS)
    for nothing in (b"", b"\xff", b"x" * 300_000):
        with pytest.raises(NoteError):
            receipts.read(nothing)


def without(name: str) -> dict[str, bytes]:
    return {each: data for each, data in FILES.items() if each != name}


def summed(files: dict[str, bytes]) -> dict[str, bytes]:
    others = {name: data for name, data in files.items() if name != "SHA256SUMS"}
    return {**others, "SHA256SUMS": folder.sums(others)}


@pytest.mark.parametrize(
    ("files", "expected", "says"),
    [
        (without(RECEIPTS[0]), {"receipts", "files"}, f"{RECEIPTS[0]} is missing"),
        (summed(without(RECEIPTS[0])), {"receipts"}, f"{RECEIPTS[0]} is missing"),
        (
            summed({**FILES, "receipts/2020-01-01.tlog-proof": FILES[RECEIPTS[0]]}),
            {"receipts"},
            "2020-01-01.tlog-proof is of no day",
        ),
        (
            summed({**FILES, RECEIPTS[0]: FILES[RECEIPTS[1]]}),
            {"receipts"},
            f"{RECEIPTS[0]} is of another entry",
        ),
        ({**FILES, "report.html": b"!"}, {"files"}, "report.html is not as SHA256SUMS says"),
        ({**FILES, "more": b"!"}, {"files"}, "more is not as SHA256SUMS says"),
        (without("verify.py"), {"files"}, "SHA256SUMS knows of 1 more"),
        ({**FILES, "\x1b[2J": b"!"}, {"files"}, r"'\x1b[2J' is not as SHA256SUMS says"),
        ({**FILES, "\udcff": b"!"}, {"files"}, r"'\udcff' is not as SHA256SUMS says"),
        (
            summed({**FILES, "receipts/\x1b[2J": b"!"}),
            {"receipts"},
            r"'receipts/\x1b[2J' is of no day",
        ),
    ],
    ids=[
        "missing",
        "and summed",
        "stray",
        "swapped",
        "changed",
        "more",
        "less",
        "odd",
        "odder",
        "oddest",
    ],
)
def test_what_is_wrong_with_a_folder(
    files: dict[str, bytes], expected: set[str], says: str
) -> None:
    report = looked_at(files)
    assert broken(report) == expected
    assert report.exit_status == 1
    assert any(says in report.findings[name].says for name in expected)


def test_a_receipt_under_a_checkpoint_that_is_not_here() -> None:
    lone = LOG.files()
    lone["checkpoints.txt"] = checkpoints.joined(LOG.notes[:-1])
    assert "under none" in looked_at(lone).findings["receipts"].says


def test_without_keys_and_anchors_nothing_is_believed() -> None:
    for report in (check(FILES, []), check(FILES, [THIEF.verifier])):
        assert report.exit_status == 2
        unknown = {name for name, each in report.findings.items() if each.verdict == "not shown"}
        assert unknown == {"consistent", "anchored", "receipts"}
    assert check(FILES, KEYS).exit_status == 2


@pytest.mark.parametrize("name", ["entries.ndjson", "checkpoints.txt", "SHA256SUMS"])
def test_what_is_no_folder(name: str) -> None:
    with pytest.raises(FolderError, match=f"has no {name}"):
        check(without(name), KEYS)


def test_what_nobody_has_signed_does_not_go_out() -> None:
    early = Made(LOG.entries, LOG.sizes[:1], LOG.signers[:1], []).signed()
    files = folder.write(early.entries, early.notes, KEYS, VERIFIER)
    assert len(files["entries.ndjson"].splitlines()) == LOG.sizes[0]
    assert check(files, KEYS, [("a letter", LOG.notes[0])]).exit_status == 0


def test_a_log_that_does_not_fit_does_not_go_out() -> None:
    two_lines = Checkpoint("log.example/audit", 1, leaf_hash(b"a\nb"))
    for entries, notes, says in [
        (LOG.entries, [], "no checkpoint"),
        (LOG.entries[:-1], LOG.notes, "of other entries"),
        ([b"{}", *LOG.entries[1:]], LOG.notes, "of other entries"),
        (LOG.entries, [b"x"], "newest checkpoint: a note"),
        ([b"a\nb"], [checkpoints.signed(two_lines, [OLD])], "no line"),
    ]:
        with pytest.raises(FolderError, match=says):
            folder.write(entries, notes, KEYS, VERIFIER)
