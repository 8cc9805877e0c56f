"""The processes of a run: workers, the live page, audits. Each is given what it needs and no more.

They end with this one, however it ends.
"""

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from quietclicks import children
from quietclicks.agents.settings import KEY_BYTES
from quietclicks.commands.run.principals import Principals
from quietclicks.embedded.keeper import die_with_parent
from quietclicks.embedded.ports import free_port
from quietclicks.errors import Failure
from quietclicks.pipeline.evidence.notes import VerifierKey

WORKERS = 2
STOP_SECONDS = 20
BEHIND = 10  # nobody waits for an audit, and everybody for the numbers
DEMO_MODULE = "quietclicks.commands.run.demo"
RECORDED = "recorded: "  # so the audit's command ends


class _Started(Struct):
    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def last_line(self) -> str:
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Signed(NamedTuple):
    """The audit log: the file of the key that signs it, and what verifies that."""

    file: Path
    by: VerifierKey


class Processes:
    """Their output goes to files in the run's folder."""

    def __init__(
        self, roles: Principals, folder: Path, port: int, signed: Signed, *, audits: bool
    ) -> None:
        """`port` is the live page's, `audits`: whether the policy promises any."""
        key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        anchor = {"QUIETCLICKS_AUDIT_ANCHOR_FILE": str(folder / "anchor")}
        workers = {
            **roles.environment("worker"),
            **anchor,
            "QUIETCLICKS_KEY_ENCRYPTION_KEY": key,
            "QUIETCLICKS_SIGNING_KEY_FILE": str(signed.file),
        }
        self._folder = folder
        self._roles = roles
        self._auditor = {**roles.environment("auditor"), **anchor}
        self._audits = "audit", "run", "--key", str(signed.by)
        self._audit: _Started | None = None
        self._started: list[_Started] = []
        for number in range(1, WORKERS + 1):
            words = "worker", "--port", str(free_port())
            self._stay("a worker", f"worker-{number}.log", workers, *words)
        # In the run's folder, which goes with it however it ends.
        page = {
            **roles.environment("dashboard"),
            "QUIETCLICKS_DASHBOARD_FOLDER": str(folder / "trends"),
        }
        self._stay("the live page", "dashboard.log", page, "dashboard", "--port", str(port))
        if audits:
            self._stay("the audits", "audits.log", self._auditor, *self._audits)
            nice = os.getpriority(os.PRIO_PROCESS, 0) + BEHIND
            os.setpriority(os.PRIO_PROCESS, self._started[-1].process.pid, nice)

    def begin_demo(self, *words: str) -> None:
        """The shop, its collector and its crowd; `words` as its module takes them."""
        given = self._roles.environment("collector")
        self._started.append(
            self._start("the demo shop", "demo.log", given, *words, module=DEMO_MODULE)
        )

    def _stay(self, name: str, log: str, given: Mapping[str, str], *words: str) -> None:
        self._started.append(self._start(name, log, given, *words))

    def _start(
        self,
        name: str,
        log: str,
        given: Mapping[str, str],
        *words: str,
        module: str = "quietclicks",
    ) -> _Started:
        path = self._folder / log
        with path.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, *words],
                env={**children.environment(), **given},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop them in order
                preexec_fn=die_with_parent,  # no thread of ours runs then
            )
        return _Started(name, path, process)

    def check(self) -> None:
        """Raises `Failure` where one has ended that should not have."""
        for each in self._started:
            if each.process.poll() is not None:
                raise Failure(f"{each.name} ended: {each.last_line()}")

    def begin_audit(self) -> None:
        """One more, besides those that the policy promises; not while a loop of ours runs."""
        once = *self._audits, "--once"
        self._audit = self._start("the audit", "audit.log", self._auditor, *once)

    def audit_ended(self) -> bool:
        """Whether the one that was begun has. Raises `Failure` where it is not recorded."""
        if self._audit is None or self._audit.process.poll() is None:
            return False
        if not self._audit.last_line().startswith(RECORDED):
            raise Failure(f"there is no audit: {self._audit.last_line()}")
        return True

    def stop(self) -> None:
        """Let each worker finish its transaction."""
        there = [*self._started, *filter(None, [self._audit])]
        for each in there:
            each.process.terminate()
        for each in there:
            try:
                each.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()
