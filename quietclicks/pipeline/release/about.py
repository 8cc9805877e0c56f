"""How many visitors a published number admits to: about so many.

Exact counts can be subtracted (of 25 visitors 24 saw A: one never did), and rounding alone gives
people away, too: views bound visitors from above. So chance is added, then rounded: whatever is
published could come from any number of visitors, and nothing follows from it for certain that did
not follow from the views. The proof is in docs/release.md.
"""

from hashlib import blake2b
from random import Random

from msgspec import Struct

from quietclicks.pipeline.release.cells import Cell, Released
from quietclicks.pipeline.release.params import Params
from quietclicks.schemas.trend import OTHER, Dimension, Window


class Numbers(Struct, frozen=True):
    """Makes the records of one window of a site; `start` as in the records."""

    window: Window
    start: str
    params: Params

    def record(
        self, dimension: Dimension, value: str, cell: Cell, complete: bool = True
    ) -> Released:
        """A cell's published number. The same cell always gives the same."""
        k = self.params.k
        threshold = k if value == OTHER else self.params.threshold(dimension, value)
        name = "\0".join((self.window, self.start, dimension, value)).encode()
        visitors = about(cell, name, k, -(-threshold // k) * k)
        return Released(dimension, value, cell.views, visitors, complete)


def about(cell: Cell, name: bytes, k: int, least: int) -> int:
    """The cell's visitors with chance added, as a multiple of k.

    The dice are seeded by what nobody outside knows, the cell's sample, and by its name among the
    published numbers: so each number has a chance of its own, and closing again draws no second
    time, which could be averaged with the first. Visitors above `sketch.SIZE` are an estimate.
    """
    seed = blake2b(cell.visitors.encode() + name, digest_size=32).digest()
    dice = Random(seed)  # noqa: S311 - one draw a seed: there is no sequence to guess
    visitors = cell.visitors.count() + _steps(dice, k) - _steps(dice, k)
    return nearest(visitors, cell.views, k, least)


def nearest(visitors: int, views: int, k: int, least: int) -> int:
    """The nearest multiple of k from `least` to the views, which are both known to everybody.

    `least` is a multiple of k. Where it is above the views (a threshold that is no multiple of k,
    hardly reached) the views limit it.
    """
    return min(views // k * k, max(least, (visitors + k // 2) // k * k))


def _steps(dice: Random, k: int) -> int:
    """0, 1, 2, …: k/2 on average, and without a bound, or the bound would tell.

    Integers only: the low bits of floating-point noise are known to leak.
    """
    steps = 0
    while dice.randrange(k + 2) > 1:
        steps += 1
    return steps
