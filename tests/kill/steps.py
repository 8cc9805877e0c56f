"""A process that kills itself at the n-th step of what it does, by SIGKILL; or stops, by SIGSTOP.

A step is a request that may change something on the broker, or a file that is put in its place. A
death between two of them leaves what a death before the later one leaves: so every state that a
kill can leave behind is seen, in a few steps and not in hundreds of requests.
"""

import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiokafka.conn import AIOKafkaConnection

When = Literal["before", "sent", "after"]
"""Nothing has left the process; it has, and nobody waits for the answer; it was answered."""

WHENS: dict[str, tuple[When, ...]] = {
    "after": ("before", "sent", "after"),
    "together": ("before", "sent"),
    "stopped": ("before", "after"),
}
"""What the rival does (`cases`) → where it matters when the other one ends."""
# Requests that only ask, by Kafka's numbers. All others count, those that nobody thought of, too.
ASKS = {1, 2, 3, 9, 10, 17, 18, 32, 36, 60, 61}


class Steps:
    """Counts the steps of this process, and ends it at the one that was named; 0 for none."""

    def __init__(
        self, fatal: int = 0, when: When = "before", with_signal: int = signal.SIGKILL
    ) -> None:
        self.names: list[str] = []
        self._fatal, self._when, self._signal = fatal, when, with_signal

    def watch(self) -> None:
        """From now on, and for good: for a process that does one thing and ends."""
        send, replace = AIOKafkaConnection.send, os.replace

        def counted(connection: Any, request: Any, expect_response: bool = True) -> Any:
            if request.API_KEY in ASKS or not self._dies(type(request).__name__):
                return send(connection, request, expect_response)
            self._die("before")
            answer = send(connection, request, expect_response)
            self._die("sent")

            async def answered(answer: Awaitable[Any]) -> Any:
                got = await answer
                self._die("after")
                return got

            return answered(answer)

        def replaced(*paths: Any) -> None:
            dies = self._dies("replace")
            if dies:
                self._die("before")
                self._die("sent")
            replace(*paths)
            if dies:
                self._die("after")

        AIOKafkaConnection.send, os.replace = counted, replaced  # type: ignore[assignment]

    def _dies(self, name: str) -> bool:
        if name in self.names[-1:]:
            return False  # the same once more, since the broker was not ready for it
        self.names.append(name)
        return len(self.names) == self._fatal

    def _die(self, when: When) -> None:
        if when == self._when:
            os.write(1, f"{when} {self.names[-1]}\n".encode())
            os.kill(os.getpid(), self._signal)


def fork(act: Callable[[], None]) -> int:
    """A process that does it; its status is 1 if that raises. Only where no thread runs."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        act()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def status_of(pid: int) -> int:
    """Wait for its end; below 0: the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
