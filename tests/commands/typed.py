"""A command as a person types it: a process of its own, with nothing of our environment."""

import os
import subprocess
import sys

from tests.paths import ROOT

PATIENCE = 100  # seconds; a bound against hanging


def typed(
    *arguments: str, said: bytes | str = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `quietclicks ARGUMENTS`; `environment` without the prefix: `bootstrap="host:1"`."""
    settings = {f"QUIETCLICKS_{name.upper()}": value for name, value in environment.items()}
    done = subprocess.run(
        [sys.executable, "-m", "quietclicks", *arguments],
        env={"PATH": os.environ["PATH"], **settings},
        cwd=ROOT,
        input=said.encode() if isinstance(said, str) else said,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def one_line(done: subprocess.CompletedProcess[str], status: int) -> str:
    """What went wrong, in exactly one line on standard error; fails where it is anything else."""
    assert "Traceback" not in done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("quietclicks: ")
    assert done.returncode == status, done.stderr
    return lines[0]
