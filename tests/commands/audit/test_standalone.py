"""verify.py, which a stranger runs, against published vectors and against our own verifier."""

import ast
import random
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.commands.audit.standalone import verify as standalone
from quietclicks.pipeline.evidence import check, checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.folder import CHECKPOINTS, ENTRIES, FolderError
from quietclicks.pipeline.evidence.notes import (
    NoteError,
    SigningKey,
    UnknownSignerError,
    VerifierKey,
    sign,
    verifier_key,
)
from tests.pipeline.evidence import faults, made
from tests.pipeline.evidence.faults import FAULTS, Given
from tests.rows import each_row

SOURCE = Path(standalone.__file__)

# RFC 8032, 7.1: public key, message, signature.
ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
        "8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
        "594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), ED25519)
def test_published_signatures(public: str, message: str, signature: str) -> None:
    key, text, signed = (bytes.fromhex(each) for each in (public, message, signature))
    assert standalone.has_signed(key, text, signed)
    assert not standalone.has_signed(key, text + b"!", signed)
    assert not standalone.has_signed(key, text, signed[:-1])
    for at in (0, 31, 32, 63):
        wrong = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert not standalone.has_signed(key, text, wrong)
    # The same number a second time, beyond the group's order: one signature must not become two.
    again = int.from_bytes(signed[32:], "little") + standalone.L
    assert not standalone.has_signed(key, text, signed[:32] + again.to_bytes(32, "little"))


@settings(max_examples=30)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_it_believes_every_signature_of_ours(seed: bytes, text: bytes) -> None:
    key = SigningKey("a", seed)
    signed = key._private.sign(text)
    assert standalone.has_signed(key.verifier.public, text, signed)
    assert key.verifier.has_signed(text, signed)


TOLD = checkpoints.signed(Checkpoint("a", 1, bytes(32)), [KEY := SigningKey("a", bytes(32))])


@each_row(
    "note",
    [
        TOLD,
        TOLD + TOLD.rpartition(b"\n\n")[2],  # twice
        TOLD + "— witness.example AAAAAAAA\n".encode(),
        TOLD + TOLD.rpartition(b"\n\n")[2] * 1000,  # too long
        TOLD + "— witness.example AAAA\n".encode(),
        TOLD + "— witness+example AAAAAAAA\n".encode(),
        TOLD + "— witness\u2003example AAAAAAAA\n".encode(),
        TOLD.replace(b"\n1\n", b"\n\xd9\xa1\n"),
        TOLD.replace(b"\n1\n", b"\n1\r\n"),
        TOLD.replace("— a".encode(), "— b".encode()),
        TOLD.replace(b"\n\n", b"\n\n\n"),
        TOLD[:-1],
        TOLD.rpartition(b"\n\n")[2],
        sign("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", [KEY]),
        sign("a\n1\nAAAA\n", [KEY]),
        sign("b\n1\n" + "A" * 43 + "=\n", [KEY]),
        sign("a\n1\n" + "A" * 43 + "=\nmore\n", [KEY]),
        b"",
        b"\n\n",
        b"\xff",
    ],
    ids=range(20),
)
def test_both_read_a_note_in_the_same_way(note: bytes) -> None:
    found = standalone.opened(note, dict([standalone.key_of(str(KEY.verifier))]))
    try:
        told = checkpoints.read(note, [KEY.verifier])
    except UnknownSignerError:
        assert found == standalone.UNKNOWN
    except NoteError:
        assert found == standalone.BROKEN
    else:
        assert found == (told.origin, told.size, told.root)


@pytest.mark.parametrize(
    "text",
    [
        str(KEY.verifier),
        str(KEY.verifier)[:-1],
        str(KEY.verifier).replace("a+", "b+", 1),
        str(KEY.verifier).replace("a+", " +", 1),
        "a+b",
        "a+00000000+AQ==",
        str(VerifierKey("a", b"\xff" * 32)),
        str(VerifierKey("a b", KEY.verifier.public)),
    ],
)
def test_both_read_a_key_in_the_same_way(text: str) -> None:
    try:
        told = verifier_key(text)
    except NoteError:
        with pytest.raises(standalone.FAULTS):
            standalone.key_of(text)
    else:
        assert standalone.key_of(text) == ((told.name, told.key_id), told.public)


def test_it_needs_nothing_and_is_short() -> None:
    source = SOURCE.read_text("utf-8")
    assert source.count("\n") < 300
    tree = ast.parse(source, feature_version=(3, 10))
    imported = {
        (node.module or "").split(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names
    assert not imported & {"socket", "urllib", "http", "subprocess", "os"}


Verdicts = dict[str, tuple[str, int | None]] | str


def ours(told: Given) -> Verdicts:
    try:
        found = check.check(told.files, [key.verifier for key in told.keys], told.anchors)
    except FolderError:
        return "cannot be read"
    return {name: (str(each.verdict), each.at) for name, each in found.findings.items()}


def theirs(told: Given) -> Verdicts:
    keys = [str(key.verifier) for key in told.keys]
    try:
        found = standalone.check(told.files, keys, told.anchors)
    except standalone.FAULTS:
        return "cannot be read"
    return {name: (verdict, at) for name, (verdict, _, at) in found.items()}


def agree(seed: int) -> None:
    """On a log with one fault, or none."""
    rng = random.Random(seed)
    log = made.made(rng)
    right, fault = faults.given(log), FAULTS[seed % len(FAULTS)]
    told = fault(rng, log)
    found = ours(told)
    assert found == as_strict(found, theirs(told)), fault.__name__
    all_holds = not isinstance(found, str) and {each for each, _ in found.values()} == {"holds"}
    if fault is faults.nothing:
        assert all_holds
    elif all_holds and not is_another_right_log(told):
        # What was changed is nothing that the log says; of its checkpoints some may be left out.
        assert told.files[ENTRIES] == right.files[ENTRIES]
        assert set(texts(told)) <= set(texts(right))


def as_strict(found: Verdicts, their: Verdicts) -> Verdicts:
    """Theirs, but for one thing: verify.py reads of a body only what its rules need.

    So a body that was damaged elsewhere is missed by it there; that the log is damaged is not.
    """
    if isinstance(found, str) or isinstance(their, str):
        return their
    (verdict, at), (_, later) = found["complete"], their["complete"]
    damaged = "BROKEN" in {found["intact"][0], found["consistent"][0]}
    earlier = at is not None and (later is None or at < later)
    if verdict == "BROKEN" and damaged and earlier:
        return {**their, "complete": found["complete"]}
    return their


def is_another_right_log(told: Given) -> bool:
    """Made anew, by whoever has the key, with all that is due: only an old anchor would tell."""
    newest = checkpoints.parted(told.files[CHECKPOINTS])[-1]
    return [note for _, note in told.anchors] == [newest]


def texts(told: Given) -> list[bytes]:
    return [note.rpartition(b"\n\n")[0] for note in checkpoints.parted(told.files[CHECKPOINTS])]


@pytest.fixture
def each_signature_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten that a log's checkpoints and receipts show, four are shown again."""
    monkeypatch.setattr(standalone, "has_signed", lru_cache(10_000)(standalone.has_signed))


@pytest.mark.parametrize("seed", range(len(FAULTS)))
def test_both_say_the_same_of_some_logs(seed: int) -> None:
    agree(seed)


@pytest.mark.slow
@pytest.mark.usefixtures("each_signature_once")
@pytest.mark.parametrize("first", range(1000, 2000, 100))
def test_both_say_the_same_of_a_thousand_logs(first: int) -> None:
    for seed in range(first, first + 100):
        agree(seed)


@pytest.mark.parametrize("status", [0, 1, 2])
def test_it_runs_by_itself(tmp_path: Path, status: int) -> None:
    told = faults.given(made.made(random.Random(1)))
    for name, data in told.files.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_bytes(data)
    (tmp_path / "anchor").write_bytes(told.anchors[0][1])
    if status == 1:
        (tmp_path / "pack" / ENTRIES).write_bytes(
            told.files[ENTRIES].replace(b"0.1.0", b"0.1.1", 1)
        )
    given = [f"--key={key.verifier}" for key in told.keys] if status < 2 else []
    run = subprocess.run(
        [sys.executable, "-I", SOURCE, tmp_path / "pack", *given, "--anchor", tmp_path / "anchor"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (status, "")
    words = [line.split()[0] for line in run.stdout.splitlines()]
    assert words == ["intact", "consistent", "anchored", "complete", "receipts", "files"]
    assert ("BROKEN" in run.stdout, "not shown" in run.stdout) == (status == 1, status == 2)


def test_what_is_no_folder(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-I", SOURCE, tmp_path], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("cannot be read")
