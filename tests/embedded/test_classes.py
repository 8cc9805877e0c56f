"""Java's classes are kept once for the same Java and jars; a broker starts without them, too."""

import fcntl
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from quietclicks.embedded import broker, classes
from quietclicks.embedded.broker import Broker
from quietclicks.embedded.classes import kept_classes
from quietclicks.embedded.jars import cache_home
from quietclicks.errors import Failure


class Rehearsal:
    """Counts how often it is asked for, and makes what Java would."""

    def __init__(self, made: bytes | None = b"classes", error: Exception | None = None) -> None:
        self.asked = 0
        self._made, self._error = made, error

    def __call__(self, once: Sequence[str], then: Sequence[str]) -> bool:
        self.asked += 1
        [seen] = [flag for flag in once if flag.startswith("-XX:AOTConfiguration=")]
        assert seen in then
        if self._error:
            raise self._error
        if self._made is None:
            return False
        Path(then[-1].removeprefix("-XX:AOTCache=")).write_bytes(self._made)
        return True


Ask = Callable[..., list[str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks for a Java of the given version with two jars."""
    java = tmp_path / "runtime" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    jars = [tmp_path / "a.jar", tmp_path / "b.jar"]
    for jar in jars:
        jar.write_bytes(b"jar")

    def asked(rehearse: Rehearsal, version: str = "25.0.2", flags: Sequence[str] = ()) -> list[str]:
        (tmp_path / "runtime" / "release").write_text(f'A="1"\nJAVA_VERSION="{version}"\n')
        return kept_classes(java, jars, flags, lambda _: None, rehearse, tmp_path / "cache")

    return asked


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache" / "classes").iterdir())


def test_once(ask: Ask, tmp_path: Path) -> None:
    rehearsal = Rehearsal()
    first = ask(rehearsal)
    assert ask(rehearsal) == first
    assert rehearsal.asked == 1
    [lock, name] = kept(tmp_path)
    assert lock == ".lock"
    assert first[0] == f"-XX:AOTCache={tmp_path}/cache/classes/{name}"
    assert (tmp_path / "cache" / "classes" / name).read_bytes() == b"classes"


@pytest.mark.parametrize("change", ["a jar", "Java", "a flag"])
def test_anew_for_others(ask: Ask, tmp_path: Path, change: str) -> None:
    rehearsal = Rehearsal()
    first = ask(rehearsal)
    if change == "a jar":
        (tmp_path / "a.jar").write_bytes(b"another jar")
    if change == "Java":
        (tmp_path / "runtime" / "bin" / "java").write_bytes(b"another")
    assert ask(rehearsal, flags=["-Xmx1m"] if change == "a flag" else []) != first
    assert rehearsal.asked == 2


def test_two_checkouts_have_theirs_and_what_is_not_used_goes(ask: Ask, tmp_path: Path) -> None:
    """Else each would make them anew after the other."""
    rehearsal = Rehearsal()
    first = ask(rehearsal)
    for number in range(3 * classes.MAX_KEPT):
        ask(rehearsal, flags=[f"-Xmx{number}m"])
        assert ask(rehearsal) == first
    assert rehearsal.asked == 1 + 3 * classes.MAX_KEPT
    assert len(kept(tmp_path)) == 1 + classes.MAX_KEPT


@pytest.mark.parametrize("version", ["24.0.1", "17.0.15", "1.8.0_402", "?"])
def test_a_java_that_cannot_is_not_asked_to(ask: Ask, version: str) -> None:
    rehearsal = Rehearsal()
    assert ask(rehearsal, version=version) == []
    assert rehearsal.asked == 0


@pytest.mark.parametrize(
    "rehearsal",
    [Rehearsal(None), Rehearsal(error=Failure("no")), Rehearsal(error=OSError("no"))],
    ids=["Java fails", "the broker does", "the disk does"],
)
def test_without_where_it_fails(ask: Ask, tmp_path: Path, rehearsal: Rehearsal) -> None:
    assert ask(rehearsal) == []
    assert rehearsal.asked == 1
    assert kept(tmp_path) == [".lock"]


def test_without_where_another_run_makes_them(ask: Ask, tmp_path: Path) -> None:
    rehearsal = Rehearsal()
    folder = tmp_path / "cache" / "classes"
    folder.mkdir(parents=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ask(rehearsal) == []
        assert rehearsal.asked == 0
    assert ask(rehearsal) != []


def test_without_where_there_is_no_space(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rehearsal = Rehearsal()
    full = SimpleNamespace(free=classes.SPACE_NEEDED - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert ask(rehearsal) == []
    assert rehearsal.asked == 0


def test_without_where_the_cache_is_no_folder(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    rehearsal = Rehearsal()
    assert ask(rehearsal) == []
    assert rehearsal.asked == 0


def test_what_a_killed_run_left_goes(ask: Ask, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "classes" / f"{classes.STAGING}x"
    left.mkdir(parents=True)
    (left / "seen").touch()
    assert ask(Rehearsal())
    assert not left.exists()


@pytest.mark.kafka
def test_a_broker_takes_what_is_kept() -> None:
    """Java says nothing where it does not: it loads its classes then as ever."""
    folder = cache_home() / "classes"
    folder.mkdir(0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test may just make them
    with Broker.start(progress=lambda _: None) as own:
        [flag] = [each for each in own._command if each.startswith("-XX:AOTCache=")]
        assert flag.removeprefix("-XX:AOTCache=") in Path(f"/proc/{own.pid}/maps").read_text()


@pytest.mark.kafka
def test_a_broker_starts_where_what_is_kept_is_damaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.aot"
    damaged.write_bytes(bytes(1 << 20))
    monkeypatch.setattr(broker, "kept_classes", lambda *_: [f"-XX:AOTCache={damaged}"])
    with Broker.start(progress=lambda _: None) as own:
        assert f"-XX:AOTCache={damaged}" in own._command
        assert own.ended(0) is None
