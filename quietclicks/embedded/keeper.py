"""The broker's keeper: a small process that ends the broker when its owner is gone, however.

Run by path (`python keeper.py SCRATCH`), standard library only. Orders come as JSON lines on
standard input, answers go to standard output; end of input means that the owner is gone. Never
outlives it by more than the stopping takes.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
STOPPING_SECONDS = 20
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def main(scratch: str) -> None:
    """Serves one owner; `scratch` is the folder to remove at the end ("" for none)."""
    # What it makes, and Java: for nobody else on the machine, and no dump of either.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whoever signals a whole group or service means the owner, and the owner decides. Handlers, not
    # SIG_IGN: Java would inherit that and no longer stop in an orderly way.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    broker: subprocess.Popen[bytes] | None = None
    pending = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.1)
        if broker and broker.poll() is not None:
            say(exited=broker.returncode)
            broker = None
        if not readable:
            continue
        received = os.read(0, 65536)
        if not received:
            break
        *orders, pending = (pending + received).split(b"\n")
        for order in map(json.loads, orders):
            if "start" in order:
                broker = start(order["start"], order["log"])
            elif broker:
                broker.send_signal(order["signal"])
    if broker:
        end(broker, at_once=bool(scratch))
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


def start(command: list[str], log: str) -> subprocess.Popen[bytes] | None:
    """Starts the broker; its output goes to the log."""
    try:
        with open(log, "ab") as output:
            broker = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Safe here: this process has one thread. Should the keeper be killed, so is Java.
                preexec_fn=die_with_parent,
            )
    except OSError as problem:
        say(failed=problem.strerror or str(problem))
        return None
    say(started=broker.pid)
    return broker


def die_with_parent() -> None:
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end(broker: subprocess.Popen[bytes], *, at_once: bool) -> None:
    """Ends the broker: at once when its data is thrown away, in an orderly way when it is kept."""
    if not at_once:
        broker.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            broker.wait(STOPPING_SECONDS)
    broker.kill()
    broker.wait()


def say(**answer: Any) -> None:
    with contextlib.suppress(OSError):  # the owner may be gone: the next read tells
        os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
