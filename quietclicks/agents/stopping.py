"""How a process is told to stop: SIGTERM from a supervisor, Ctrl-C from a person."""

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """Set when it is; for the running loop, from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
