"""The processes of a run: each is given what it needs and no more, and none is left behind."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from quietclicks.agents.settings import Settings
from quietclicks.commands.run.principals import Principals
from quietclicks.commands.run.processes import Processes, Signed
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.notes import SigningKey

# In the place of Python: it keeps what it was given, whole or not at all, and goes on as it is told
# in `words`.
CHILD = """#!/bin/sh
shift 2
name="$(echo "$*" | sed 's/ --key [^ ]*//')"
env > {folder}/"$name.$$.part"
mv {folder}/"$name.$$.part" {folder}/"$name.$$.given"
case "$name" in {ways}
*) exec sleep 600;; esac
"""
SIGNED = Signed(Path("signing-key"), SigningKey("shop.example/audit", bytes(32)).verifier)
PATIENCE = 100  # seconds; a bound against hanging


@contextmanager
def made(
    folder: Path, monkeypatch: pytest.MonkeyPatch, ways: str = "", *, audits: bool = True
) -> Iterator[Processes]:
    child = folder / "child"
    child.write_text(CHILD.format(folder=shlex.quote(str(folder)), ways=ways))
    child.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(child))
    base = Settings(bootstrap="localhost:1", policy=str(folder / "policy.toml"), ticks="none")
    roles = Principals(base, folder / "access")
    processes = Processes(roles, folder, 6067, SIGNED, audits=audits)
    try:
        yield processes
    finally:
        processes.stop()


def wait_until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


def given(folder: Path, command: str) -> list[dict[str, str]]:
    """The environment of each process of that command, without what is everybody's."""
    found = []
    for path in folder.glob(f"{command}*.given"):
        lines = [line.partition("=") for line in path.read_text().splitlines()]
        found.append({name: value for name, _, value in lines if name.startswith("QUIETCLICKS_")})
    return found


def all_began(folder: Path, number: int) -> None:
    wait_until(lambda: len([*folder.glob("*.given")]) == number)


def test_who_is_given_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with made(tmp_path, monkeypatch) as processes:
        processes.begin_audit()
        all_began(tmp_path, 5)
        processes.check()
        assert not processes.audit_ended()
        [audits] = tmp_path.glob("audit run.*.given")
        nice = os.getpriority(os.PRIO_PROCESS, int(audits.name.split(".")[1]))
        assert nice > os.getpriority(os.PRIO_PROCESS, 0) or nice == 19
    everybody = {"QUIETCLICKS_POLICY", "QUIETCLICKS_TICKS", "QUIETCLICKS_CONFIG"}
    anchor = {"QUIETCLICKS_AUDIT_ANCHOR_FILE"}
    keys = {"QUIETCLICKS_KEY_ENCRYPTION_KEY", "QUIETCLICKS_SIGNING_KEY_FILE"}
    for command, number, role, more in (
        ("worker", 2, "worker", anchor | keys),
        ("dashboard", 1, "dashboard", {"QUIETCLICKS_DASHBOARD_FOLDER"}),
        ("audit run", 2, "auditor", anchor),
    ):
        found = given(tmp_path, command)
        assert len(found) == number
        for each in found:
            assert set(each) == everybody | more
            assert Path(each["QUIETCLICKS_CONFIG"]).name == f"{role}.toml"


def test_a_policy_that_promises_no_audits_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made(tmp_path, monkeypatch, audits=False) as processes:
        all_began(tmp_path, 3)
        processes.check()
        assert given(tmp_path, "audit") == []
        processes.begin_audit()  # it can be asked for all the same
        all_began(tmp_path, 4)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("worker*", "a worker ended: it is so"),
        ("dashboard*", "the live page ended: it is so"),
        ("'audit run'", "the audits ended: it is so"),
    ],
)
def test_one_that_ends_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, told: str
) -> None:
    with made(tmp_path, monkeypatch, f"{command}) echo no; echo it is so; exit 0;;") as processes:

        def ended() -> bool:
            processes.check()
            return False

        with pytest.raises(Failure, match=told):
            wait_until(ended)


@pytest.mark.parametrize("status", [0, 1], ids=["nothing broken", "something broken"])
def test_an_audit_that_is_recorded_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    ways = f"*--once) echo 9 records read; echo recorded: it is so; exit {status};;"
    with made(tmp_path, monkeypatch, ways) as processes:
        assert not processes.audit_ended(), "none has begun"
        processes.begin_audit()
        wait_until(processes.audit_ended)
        processes.check()


@pytest.mark.parametrize("status", [0, 1])
def test_one_that_is_not_recorded_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    ways = f"*--once) echo quietclicks: the broker is away; exit {status};;"
    with made(tmp_path, monkeypatch, ways) as processes:
        processes.begin_audit()
        with pytest.raises(Failure, match="there is no audit: quietclicks: the broker is away"):
            wait_until(processes.audit_ended)


def only_for_ever(wait: Callable[[], int], seconds: float | None = None) -> int:
    """Whose patience is at its end at once."""
    if seconds is not None:
        raise subprocess.TimeoutExpired("sleep", seconds)
    return wait()


def test_none_is_left_not_even_one_that_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = "*--once) trap '' TERM; echo deaf; exec sleep 600;;"
    begun: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def kept(*words: object, **how: object) -> "subprocess.Popen[bytes]":
        begun.append(popen(*words, **how))  # type: ignore[call-overload]
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", kept)
    with made(tmp_path, monkeypatch, deaf) as processes:
        processes.begin_audit()
        wait_until(lambda: (tmp_path / "audit.log").read_text() == "deaf\n")
        all_began(tmp_path, 5)
        monkeypatch.setattr(begun[-1], "wait", partial(only_for_ever, begun[-1].wait))
    assert [each.returncode for each in begun] == [-signal.SIGTERM] * 4 + [-signal.SIGKILL]
    for each in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(each.pid, 0)
