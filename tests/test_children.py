"""What a process gives away to those that it starts, and to others on its machine."""

import os
import subprocess
import sys
from pathlib import Path

from quietclicks import children


def test_no_secret_is_passed_on() -> None:
    ours = {
        "PATH": "/bin",
        "JAVA_HOME": "/java",
        "QUIETCLICKS_KEY_ENCRYPTION_KEY": "x",
        "QUIETCLICKS_SASL_PASSWORD": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "path": "x",
        "PATH_TO_KEY": "x",
    }
    assert children.environment(ours) == {"PATH": "/bin", "JAVA_HOME": "/java"}


def test_a_child_imports_what_we_do(tmp_path: Path) -> None:
    """From a checkout that PYTHONPATH names, as where nothing is installed."""
    (tmp_path / "only_here.py").write_text("print('imported')\n")
    environment = children.environment({**os.environ, "PYTHONPATH": str(tmp_path)})
    command = [sys.executable, "-c", "import only_here"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "imported\n", done.stderr


def test_no_dump_is_made_and_nobody_looks_in() -> None:
    program = (
        "import ctypes, resource\n"
        "from quietclicks import children\n"
        "before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "children.forbid_dumps()\n"
        "after = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "print(before, after, resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "1 0 (0, 0)", done.stderr
