"""docs/evidence.md: its examples are of a log that is made here, and its commands work on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quietclicks.commands.audit.standalone import verify as standalone
from quietclicks.pipeline.evidence.check import check
from quietclicks.pipeline.evidence.folder import write
from quietclicks.pipeline.evidence.kinds import KINDS
from tests.paths import ROOT
from tests.pipeline.evidence.made import FIRST_DAY, OLD, Made, audit, life, policy, written

PAGE = (ROOT / "docs" / "evidence.md").read_text("utf-8")
BODIES = [policy(7), *life(FIRST_DAY, 0)]
LOG = Made(written([*BODIES, (BODIES[-1][0], audit())]), [3, 8], [[OLD], [OLD]], [OLD]).signed()
FILES = write(LOG.entries, LOG.notes, [OLD.verifier], Path(standalone.__file__).read_bytes())
RECEIPT = f"receipts/{FIRST_DAY}.tlog-proof"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The folder on a disk, and an anchor beside it."""
    for name, data in FILES.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_bytes(data)
    (tmp_path / "kept.txt").write_bytes(LOG.notes[0])
    return tmp_path / "pack"


def test_the_log_is_right() -> None:
    report = check(FILES, [OLD.verifier], [("kept.txt", LOG.notes[0])])
    assert report.exit_status == 0


@pytest.mark.parametrize(
    "example",
    [
        str(OLD.verifier),
        LOG.entries[1].decode(),
        LOG.notes[-1].decode(),
        FILES[RECEIPT].decode(),
    ],
    ids=["key", "entry", "checkpoint", "receipt"],
)
def test_the_examples_are_of_it(example: str) -> None:
    assert example in PAGE, f"docs/evidence.md should hold:\n{example}"


def test_every_kind_is_in_the_table() -> None:
    table = PAGE.partition("| kind | says |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
    assert rows == list(KINDS)


@pytest.mark.parametrize("title", ["By hand", "With verify.py"])
def test_the_commands_work(pack: Path, title: str) -> None:
    needed = ["sh", "openssl", "sha256sum", "python3", "base64"]
    if missing := [tool for tool in needed if shutil.which(tool) is None]:
        pytest.skip(f"there is no {missing[0]} here")
    section = PAGE.partition(f"\n### {title}\n")[2].partition("\n### ")[0].partition("\n## ")[0]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    assert commands
    run = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=pack,
        env={"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    shown = section.partition("```text\n")[2].partition("```")[0]
    assert shown
    assert run.stdout == shown
