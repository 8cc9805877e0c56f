"""The owner's end of the keeper (keeper.py): starts it, orders, listens. Never runs Java itself."""

import json
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from quietclicks import children
from quietclicks.embedded import keeper
from quietclicks.errors import Failure

TIMEOUT_S = 60
"""Seconds for what takes a few at most, even on a busy machine."""


class Keeping:
    """One keeper process and the Java process that it runs, if any (`pid`, else 0)."""

    def __init__(self, scratch: Path | None, log: Path) -> None:
        self.pid = 0
        self._log = log
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", keeper.__file__, str(scratch or "")],
            env=children.environment(),  # and so has Java
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # so that select() sees all there is
            start_new_session=True,
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def run(self, command: Sequence[str]) -> int:
        """Starts Java; returns where its output begins in the log."""
        said = self._log.stat().st_size if self._log.exists() else 0
        self._tell(start=command, log=str(self._log))
        answer = self._answer(TIMEOUT_S)
        if "started" not in answer:
            raise Failure(f"cannot run Java: {answer.get('failed', 'no answer')}")
        self.pid = answer["started"]
        return said

    def exit_status(self, seconds: float) -> int | None:
        """Java's exit status, or None if it still runs after so long."""
        answer = self._answer(seconds)
        if "exited" not in answer:
            return None
        self.pid = 0
        return int(answer["exited"])

    def signal(self, number: int) -> None:
        self._tell(signal=number)

    def close(self) -> None:
        """Ends Java and the keeper, and removes the scratch folder. May be called twice."""
        self._orders.close()
        self._process.wait()
        self._answers.close()
        self.pid = 0

    def _tell(self, **order: Any) -> None:
        self._orders.write(json.dumps(order).encode() + b"\n")

    def _answer(self, seconds: float) -> dict[str, Any]:
        """The keeper's next word, {} when it says nothing for so long."""
        if not select.select([self._answers], [], [], seconds)[0]:
            return {}
        # The end of its output means that it was killed, and Java with it.
        return cast("dict[str, Any]", json.loads(self._answers.readline() or b'{"exited": -9}'))
