"""`quietclicks audit verify`: what it prints, how it ends, and how it refuses."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.cli import cli
from quietclicks.errors import UsageError
from quietclicks.pipeline.evidence.notes import VerifierKey
from tests.commands.typed import typed
from tests.pipeline.evidence import faults, made

RIGHT = faults.given(made.made(random.Random(1)))
KEYS = [f"--key={key.verifier}" for key in RIGHT.keys]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A folder as it is exported, and beside it an anchor."""
    for name, data in RIGHT.files.items():
        path = tmp_path / "pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "anchor").write_bytes(RIGHT.anchors[0][1])
    return tmp_path / "pack"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["audit", "verify", *map(str, arguments)])


def refused(*arguments: str | Path) -> str:
    """Why it was not done."""
    found = run(*arguments).exception
    assert isinstance(found, UsageError)
    return str(found)


def test_all_holds(pack: Path) -> None:
    anchor = str(pack.parent / "anchor")
    done = typed("audit", "verify", str(pack), *KEYS, "--anchor", anchor)
    assert (done.returncode, done.stderr) == (0, "")
    names = ["intact", "consistent", "anchored", "complete", "receipts", "files"]
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [[n, "holds"] for n in names]


def test_something_is_broken(pack: Path) -> None:
    entries = pack / "entries.ndjson"
    entries.write_bytes(entries.read_bytes().replace(b"0.1.0", b"0.1.1", 1))
    done = run(pack, *KEYS)
    assert done.exit_code == 1
    assert "intact      BROKEN     entry 1 does not follow entry 0" in done.output
    assert "anchored    not shown" in done.output


def test_the_folder_s_own_keys_are_not_believed(pack: Path) -> None:
    done = run(pack)
    assert done.exit_code == 2
    assert "consistent  not shown" in done.output
    assert "BROKEN" not in done.output


def test_what_cannot_be_verified(pack: Path) -> None:
    assert "copied wrongly" in refused(pack, KEYS[0].replace("log", "lob"))
    off_the_curve = VerifierKey("name", b"\xff" * 32)
    assert "no Ed25519 key" in refused(pack, f"--key={off_the_curve}")
    (pack / "checkpoints.txt").unlink()
    assert "has no checkpoints.txt" in refused(pack)
    assert run(pack / "nowhere").exit_code == 2
