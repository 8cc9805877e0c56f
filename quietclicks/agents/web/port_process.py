"""The process that answers at a worker's port (`port.py`): run by it, and ended with it.

It is handed a channel and listening sockets, by number, and reads no setting and no environment.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from quietclicks import children
from quietclicks.agents.web.guard import Hosts, guarded
from quietclicks.agents.web.operations import Operations
from quietclicks.agents.web.server import Server

MAX_MESSAGE = 1 << 20
NICENESS = 5  # a flood is answered after the worker's own work


async def serve(
    channel: socket.socket, listening: Sequence[socket.socket], first: Mapping[str, Any]
) -> None:
    """Until the channel's other end is closed. `first` is what the worker said first."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    on_this_machine = first["on_this_machine"]
    operations = Operations(first["token"], on_this_machine=on_this_machine, clock=time.monotonic)
    hosts = Hosts(first["names"], on_this_machine=on_this_machine)
    server = Server(listening, guarded(operations.answer, hosts))

    def hear() -> None:
        told = channel.recv(MAX_MESSAGE)
        if told:
            operations.tell(json.loads(told))
        else:
            loop.remove_reader(channel)
            ended.set()

    loop.add_reader(channel, hear)
    server.start()
    await ended.wait()
    server.close()


def main(numbers: Sequence[str]) -> None:
    """By the numbers of what was handed over."""
    children.forbid_dumps()
    os.nice(NICENESS)
    # Whoever stops a worker's whole service means the worker, and that ends this.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel, *listening = (socket.socket(fileno=int(number)) for number in numbers)
    for one in listening:
        one.setblocking(False)
    if first := channel.recv(MAX_MESSAGE):
        asyncio.run(serve(channel, listening, json.loads(first)))


if __name__ == "__main__":
    main(sys.argv[1:])
