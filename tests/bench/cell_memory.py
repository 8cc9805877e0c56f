"""What a cell takes in memory: while its hour is open, and in the release until its day closes.

    .venv/bin/python -m tests.bench.cell_memory

Prints bytes a cell, with its name and its place among the others, by how many visitors it has.
"""

import random
import tracemalloc
from collections.abc import Callable
from functools import partial

import msgspec

from quietclicks.pipeline import release
from quietclicks.pipeline.counting import cells
from quietclicks.pipeline.release import partials
from quietclicks.schemas.trend import Dimension

VISITORS = (1, 2, 10, 100, 129, 513, 5_000)
BATCH = 50  # of a cell's visitors come at once
HASHES = 200_000  # in all of the cells together, so that a measurement takes seconds


def main() -> None:
    """Print the table in Markdown."""
    print("| visitors | an open cell, bytes | a closed one |\n|---|---|---|")
    for visitors in VISITORS:
        count = max(20, min(20_000, HASHES // visitors))
        handed = {
            name: msgspec.msgpack.encode((cell.views, cell.sample.encode()))
            for name, cell in _open(visitors, count).items()
        }
        open_, closed = _size(partial(_open, visitors, count)), _size(partial(_closed, handed))
        print(f"| {visitors:,} | {open_ / count:,.0f} | {closed / count:,.0f} |")


def _size(make: Callable[[], object]) -> int:
    tracemalloc.start()
    made = make()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return size


def _open(visitors: int, count: int) -> dict[str, cells.OpenCell]:
    made = {}
    for number in range(count):
        dice, name = random.Random(number), f"/products/{number}"
        packed = msgspec.msgpack.encode(("shop.example", 497_232, Dimension.PAGE, name))
        made[name] = cell = cells.OpenCell(packed)
        for at in range(0, visitors, BATCH):
            cell.add([dice.getrandbits(64) for _ in range(min(BATCH, visitors - at))])
    return made


def _closed(handed: dict[str, bytes]) -> dict[str, release.Cell]:
    made: dict[str, release.Cell] = {}
    for number, record in enumerate(handed.values()):
        partials.add_cell(made, f"/products/{number}", record)  # its own text, as when decoded
    return made


if __name__ == "__main__":
    main()
