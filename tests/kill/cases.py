"""One way to die, in an interpreter of its own: `tests.kill.cases BOOTSTRAP OPERATION HOW FOLDER`.

It forks a process for each step of the operation; each of those a worker that is killed at that
step, and a rival that does the same work: `after` it, or `together` with it. Or the worker is
`stopped` at that step, as by a machine that sleeps, and goes on when the rival is done. All is
checked then. What it prints is at which steps somebody was killed, or stopped.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from quietclicks.agents.kafka import clients, committed, reading
from quietclicks.agents.kafka.connection import connection
from tests.kill.keys import KeyWork
from tests.kill.log import LogWork, story
from tests.kill.steps import WHENS, Steps, When, fork, status_of

AT_ONCE = 10  # cases: each of them waits for the broker most of the time
PATIENCE = 600  # seconds; on a busy machine somebody who is stopped is so for longer than usual


class Work(Protocol):
    """What two workers race for. Each method runs in an event loop of its own."""

    async def prepare(self) -> None:
        """Topics of its own, and what is there before."""

    async def once(self) -> None:
        """The operation, by who is killed."""

    async def found(self) -> None:
        """Check what the killed one left, before anybody goes on."""

    async def to_the_end(self) -> None:
        """What a rival does, again and again until all of it is done."""

    async def check(self) -> None:
        """What is there in the end."""


def steps_of(work: Work) -> int:
    """How many the operation has when nobody is in its way."""
    asyncio.run(work.prepare())
    steps = Steps()

    def undisturbed() -> None:
        steps.watch()
        asyncio.run(work.once())
        os._exit(len(steps.names))

    return status_of(fork(undisturbed))


def until_step(work: Work, step: int, when: When, with_signal: int) -> None:
    Steps(step, when, with_signal).watch()
    asyncio.run(work.once())


def case(work: Work, step: int, when: When, how: str) -> None:
    """In a process of its own, without threads: the event loops' are over when it forks."""
    asyncio.run(work.prepare())
    with_signal = signal.SIGSTOP if how == "stopped" else signal.SIGKILL
    victim = fork(partial(until_step, work, step, when, with_signal))
    if how == "together":
        rival = fork(lambda: asyncio.run(work.to_the_end()))
        # Who is fenced before that step gives up.
        assert status_of(victim) in (-signal.SIGKILL, 0)
        assert status_of(rival) == 0
    elif how == "after":
        assert status_of(victim) == -signal.SIGKILL
        asyncio.run(work.found())
    else:
        assert os.WIFSTOPPED(os.waitpid(victim, os.WUNTRACED)[1])
        try:
            asyncio.run(work.to_the_end())
        except BaseException:
            os.kill(victim, signal.SIGKILL)  # nobody would wake it
            raise
        os.kill(victim, signal.SIGCONT)
        assert status_of(victim) == 0
    asyncio.run(work.to_the_end())
    asyncio.run(work.check())


def run(jobs: Sequence[partial[None]]) -> None:
    """All of them, some at a time. Raises where one failed; the others end by themselves."""
    running: dict[int, partial[None]] = {}
    failed = []
    waiting = list(jobs)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            job = waiting.pop(0)
            running[fork(job)] = job
        pid, status = os.wait()
        job = running.pop(pid)
        if status:
            failed.append(job.args[1:])
    if failed:
        raise SystemExit(f"killed at: {failed}")


def be_patient() -> None:
    """All limits of ours and of the client: who gives up would not come to the later steps."""
    for module in (clients, committed):
        vars(module).update(ANSWER_SECONDS=PATIENCE)
    vars(reading).update(MAX_IDLE_POLLS=PATIENCE)
    vars(clients).update(
        connection=lambda settings: {
            **connection(settings),
            "request_timeout_ms": PATIENCE * 1000,
        }
    )


def main(bootstrap: str, operation: str, how: str, home: str) -> None:
    be_patient()
    if operation == "log":
        told = asyncio.run(story(bootstrap, Path(home)))
        made: Callable[[], Work] = partial(LogWork, bootstrap, Path(home), told)
    else:
        made = partial(KeyWork, bootstrap, operation)
    steps = range(1, steps_of(made()) + 1)
    run([partial(case, made(), step, when, how) for step in steps for when in WHENS[how]])


if __name__ == "__main__":
    main(*sys.argv[1:])
