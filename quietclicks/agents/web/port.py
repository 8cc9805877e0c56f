"""The worker's port: a process of its own that answers, and is told how the worker is.

Whoever connects reaches no event, no key and no address, and takes no descriptor, no memory and no
time of the worker's. What it is told is what it may say: health and metrics, and the token.
"""

import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from mode import Service

from quietclicks import children
from quietclicks.agents.settings import Settings, web_names
from quietclicks.agents.web import port_process
from quietclicks.agents.web.server import is_on_this_machine, listen

TELL_SECONDS = 0.2
RESTART_SECONDS = 2.0  # where somebody has ended it

log = logging.getLogger(__name__)


class Port(Service):
    """Listens from the worker's start; `told` gives `state`, `partitions` and `metrics`."""

    def __init__(self, settings: Settings, told: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__()
        self._settings = settings
        self._told = told
        self._listening: list[socket.socket] = []
        self.process: subprocess.Popen[bytes] | None = None

    async def on_start(self) -> None:
        """Take the port. Raises `Failure` where it cannot be had."""
        self._listening = listen(self._settings.web_host, self._settings.web_port)

    async def on_stop(self) -> None:
        """Give it back."""
        for one in self._listening:
            one.close()

    @Service.task
    async def _serve(self) -> None:
        while not self.should_stop:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with ours:
                with theirs:
                    self.process = self._start(theirs)
                try:
                    await self._tell(ours)
                except OSError:
                    log.warning("the process of the port has ended: another one is started")
                finally:
                    self.process.kill()
                    self.process.wait()
            await self.sleep(RESTART_SECONDS)

    def _start(self, theirs: socket.socket) -> "subprocess.Popen[bytes]":
        handed_over = [theirs.fileno(), *(one.fileno() for one in self._listening)]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", port_process.__name__, *map(str, handed_over)],
            # What this process has imported, and nothing that lies in the folder it was started in.
            env={**children.environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=handed_over,
            start_new_session=True,  # who signals a whole group means the worker
        )

    async def _tell(self, ours: socket.socket) -> None:
        """Until the worker stops. Raises `OSError` where nobody listens any more."""
        ours.setblocking(False)
        first = {
            "token": self._settings.metrics_token,
            "names": web_names(self._settings),
            "on_this_machine": is_on_this_machine(self._listening),
        }
        ours.send(json.dumps(first).encode())
        while not self.should_stop:
            with contextlib.suppress(BlockingIOError):  # it has not read the last ones yet
                ours.send(json.dumps(self._told()).encode())
            await self.sleep(TELL_SECONDS)
