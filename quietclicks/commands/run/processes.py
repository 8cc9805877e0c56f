"""The processes of a run: two workers and the live page. Each is given what it needs and no more.

They end with this one, however it ends.
"""

import base64
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from quietclicks import children
from quietclicks.agents.settings import KEY_BYTES
from quietclicks.commands.run.principals import Principals
from quietclicks.embedded.keeper import die_with_parent
from quietclicks.embedded.ports import free_port
from quietclicks.errors import Failure

WORKERS = 2
STOP_SECONDS = 20


class Processes:
    """Their output goes to files in the run's folder."""

    def __init__(self, roles: Principals, folder: Path, port: int, signing_key: Path) -> None:
        """`port` is the live page's, `signing_key` the file of what signs the audit log."""
        key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        workers = {
            **children.environment(),
            **roles.environment("worker"),
            "QUIETCLICKS_KEY_ENCRYPTION_KEY": key,
            "QUIETCLICKS_SIGNING_KEY_FILE": str(signing_key),
            "QUIETCLICKS_AUDIT_ANCHOR_FILE": str(folder / "anchor"),
        }
        page = {**children.environment(), **roles.environment("dashboard")}
        self._started: list[tuple[str, Path, subprocess.Popen[bytes]]] = []
        for number in range(WORKERS):
            log = folder / f"worker-{number + 1}.log"
            self._start("a worker", log, workers, "worker", "--port", str(free_port()))
        log = folder / "dashboard.log"
        self._start("the live page", log, page, "dashboard", "--port", str(port))

    def _start(self, name: str, log: Path, environment: Mapping[str, str], *words: str) -> None:
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "quietclicks", *words],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop them in order
                preexec_fn=die_with_parent,  # no thread of ours runs yet
            )
        self._started.append((name, log, process))

    def check(self) -> None:
        """Raises `Failure` where one has ended."""
        for name, log, process in self._started:
            if process.poll() is not None:
                lines = log.read_text("utf-8", "replace").strip().splitlines()
                raise Failure(f"{name} ended: {lines[-1] if lines else 'it said nothing'}")

    def stop(self) -> None:
        """Let each worker finish its transaction."""
        for _, _, process in self._started:
            process.terminate()
        for _, _, process in self._started:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
