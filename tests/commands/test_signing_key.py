"""`quietclicks keys new-signing-key`: a file for its owner alone, and what may be published."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.cli import cli
from quietclicks.errors import UsageError
from quietclicks.pipeline.evidence import checkpoints
from quietclicks.pipeline.evidence.checkpoints import Checkpoint
from quietclicks.pipeline.evidence.notes import signing_key, verifier_key
from tests.commands.typed import typed


def test_a_new_key_signs_and_is_told_by_its_public_half_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    done = typed("keys", "new-signing-key", "shop.example/audit", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    [public] = done.stdout.splitlines()
    key = signing_key(file.read_text().rstrip("\n"))
    assert key.verifier == verifier_key(public)
    assert file.stat().st_mode & 0o777 == 0o600
    assert key.private_text().split("+", 4)[4] not in done.stdout
    head = Checkpoint("shop.example/audit", 1, bytes(32))
    assert checkpoints.read(checkpoints.signed(head, [key]), [verifier_key(public)]) == head


def run(name: str, file: Path) -> Result:
    return CliRunner().invoke(cli, ["keys", "new-signing-key", name, str(file)])


def test_each_is_another(tmp_path: Path) -> None:
    assert len({run("a", tmp_path / name).output for name in "xy"}) == 2


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file, other = tmp_path / "key", tmp_path / "link"
    file.write_text("precious")
    other.symlink_to(tmp_path / "elsewhere")
    for path in (file, other):
        done = run("a", path)
        assert isinstance(done.exception, UsageError)
        assert "File exists" in str(done.exception)
    assert file.read_text() == "precious"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["a b", "a+b", "", "a\nb"])
def test_a_name_that_no_note_can_bear(tmp_path: Path, name: str) -> None:
    assert isinstance(run(name, tmp_path / "key").exception, UsageError)
    assert list(tmp_path.iterdir()) == []
