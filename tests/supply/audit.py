"""`make audit`: is a vulnerability known of any Python package in the locks?

pip-audit asks; what it says is only believed if it could look every package up. Exit status 0: all
were looked up and nothing is known; 1: something is; 2: not all could be looked up, in one line.
"""

import json
import subprocess
import sys
from typing import Any, NamedTuple

from tests.supply.locked import PYTHON_LOCKS, packages

COMMAND = [
    *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
    *("--format", "json", "--progress-spinner", "off", "--desc", "off"),
    *(word for lock in PYTHON_LOCKS for word in ("--requirement", str(lock))),
]
ASK_SECONDS = 600
UNREACHABLE = "cannot reach the database of vulnerabilities (pypi.org): nothing was audited"


class Verdict(NamedTuple):
    """Exit status, and what to say."""

    status: int
    lines: list[str]


def verdict(told: str, locked: int) -> Verdict:
    """Of pip-audit's standard output; `locked` is how many packages there are."""
    try:
        found: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except (ValueError, KeyError, TypeError):  # it ended with an error before it said anything
        return Verdict(2, [UNREACHABLE])
    known = [each for each in found if each.get("vulns")]
    asked = len([each for each in found if "vulns" in each])
    lines = [
        f"{each['name']} {each['version']}: {one['id']}, {_mended(one)}"
        for each in known
        for one in each["vulns"]
    ]
    if asked == 0:
        return Verdict(2, [UNREACHABLE])
    if asked < len(found):
        lines.append(f"{len(found) - asked} of {len(found)} packages could not be looked up")
    if known:
        return Verdict(1, lines)
    if asked < len(found):
        return Verdict(2, lines)
    return Verdict(0, [f"nothing is known of {asked} packages ({locked} versions are locked)"])


def _mended(one: dict[str, Any]) -> str:
    versions = ", ".join(one.get("fix_versions") or [])
    return f"mended in {versions}" if versions else "not mended yet"


def main() -> int:
    """Ask, and say what came of it."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=ASK_SECONDS)
        told = verdict(done.stdout, len(packages()))
    except subprocess.TimeoutExpired:
        told = Verdict(2, [UNREACHABLE])
    for line in told.lines:
        print(f"audit: {line}", file=sys.stderr if told.status else sys.stdout)
    return told.status


if __name__ == "__main__":
    sys.exit(main())
