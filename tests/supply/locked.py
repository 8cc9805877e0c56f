"""What the locks hold: every package and jar, with its checksums. Reads files, and nothing else."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from quietclicks.embedded.jars import read_lock
from tests.paths import ROOT

PYTHON_LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-build.lock")
_PACKAGE = re.compile(r"([a-z0-9][a-z0-9.-]*)==([^ ;]+)")


class Locked(NamedTuple):
    """A component. `group` is empty for a Python package."""

    group: str
    name: str
    version: str
    sha256: tuple[str, ...]  # of each file that it may be


def packages() -> list[Locked]:
    """Of both Python locks, each version once."""
    found: set[Locked] = set()
    for lock in PYTHON_LOCKS:
        for block in re.split(r"(?m)^(?=[a-z0-9])", lock.read_text("utf-8")):
            if match := _PACKAGE.match(block):
                hashes = sorted(re.findall(r"sha256:([0-9a-f]{64})", block))
                found.add(Locked("", match[1], match[2], tuple(hashes)))
    return sorted(found)


def jars() -> list[Locked]:
    """Of the embedded broker."""
    return sorted(
        Locked(jar.group, jar.artifact, jar.version, (jar.sha256,)) for jar in read_lock()
    )


def needed_at_run_time() -> set[str]:
    """The packages that a worker needs, on this machine: what else is locked is for development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [Requirement(each) for each in project["dependencies"]]
    seen: set[str] = set()
    while wanted:
        one = wanted.pop()
        for extra in ("", *one.extras):
            if f"{one.name}[{extra}]" not in seen:
                seen.add(f"{one.name}[{extra}]")
                wanted += _asked_for(one.name, extra)
    return {canonicalize_name(each.partition("[")[0]) for each in seen}


def _asked_for(name: str, extra: str) -> list[Requirement]:
    try:
        asked = map(Requirement, requires(name) or [])
    except PackageNotFoundError:  # for another machine
        return []
    return [each for each in asked if each.marker is None or each.marker.evaluate({"extra": extra})]
