"""Figures of operation: real workers on the embedded broker, one measurement after another.

    .venv/bin/python -m tests.bench.operation [takeover|restart|latency|restore|backlog|close ...]

All of them take some ten minutes; progress goes to standard error. They are measurements, not
tests: what they find is the machine's, and what else it does meanwhile shows.
"""

import argparse
import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from quietclicks.embedded.broker import Broker
from tests.bench.operation_backlog import backlog, restore
from tests.bench.operation_close import close
from tests.bench.operation_gaps import restart, takeover
from tests.bench.operation_latency import latency
from tests.bench.operation_tools import Row, say

MEASUREMENTS: Mapping[str, Callable[[Broker, Path], Awaitable[list[Row]]]] = {
    "takeover": takeover,
    "restart": restart,
    "latency": latency,
    "restore": restore,
    "backlog": backlog,
    "close": close,
}


async def _measure(names: list[str], broker: Broker, folder: Path) -> None:
    print("| | figure | conditions |\n|---|---|---|", flush=True)
    for name in names:
        for row in await MEASUREMENTS[name](broker, folder):
            print(f"| {row.what} | {row.figure} | {row.conditions} |", flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.operation")
    parser.add_argument("names", nargs="*", metavar="|".join(MEASUREMENTS), help="default: all")
    names = parser.parse_args().names or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        parser.error(f"{unknown[0]} is none of {', '.join(MEASUREMENTS)}")
    logging.disable(logging.ERROR)  # what the client says of topics that are only just made
    say(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with TemporaryDirectory() as folder, Broker.start() as broker:
        asyncio.run(_measure(names, broker, Path(folder)))


if __name__ == "__main__":
    main()
