"""Bounded memories of what pure functions answered: in bytes, and for several of them together.

A look-up that finds something costs what a dictionary's does; only what is new is weighed. What is
long is answered and not remembered: it seldom comes again, and would push out what does.
"""

from collections.abc import Callable, Iterable
from sys import getsizeof
from typing import Any, Generic, TypeVar

ENTRY_BYTES = 80  # of the dictionary, at its emptiest: 60, and a little
MAX_WEIGHT = 4096  # of an entry that is remembered; one of a usual visitor has 1,600
ROOM = 4  # when there is none, so much of the whole is made: a quarter

K = TypeVar("K")
V = TypeVar("V")


def size_of(values: Iterable[object]) -> int:
    """Bytes in memory: of texts as they are kept (one character can make each of them take four).

    Of anything that holds others only its own.
    """
    return sum(map(getsizeof, values))


def _weigh(key: object, value: object) -> int:
    return size_of((key, value))


class Budget:
    """Bytes that the caches which share it may hold together. With 0 they remember nothing."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.max_weight = min(MAX_WEIGHT, max_bytes)
        self.held = 0
        self._caches: list[Cache[Any, Any]] = []

    def share(self, cache: "Cache[Any, Any]") -> None:
        """From now on it is one of those that are emptied."""
        self._caches.append(cache)

    def make_room(self, weight: int) -> None:
        """Empty the caches that hold most, until there is some: a flood pushes itself out first."""
        enough = self.max_bytes - max(weight, self.max_bytes // ROOM)
        for cache in sorted(self._caches, key=lambda each: each.held, reverse=True):
            if self.held <= enough:
                return
            cache.clear()


class Cache(dict[K, V], Generic[K, V]):
    """Read it as a mapping: `cache[key]` is a C-level look-up on a hit, `function(key)` on a miss.

    `weigh` tells what a key and its value take, beside their place in the dictionary. When there is
    no room it is emptied: simpler than an LRU, and on Zipf-shaped input as good. An answer that
    raised is not kept.
    """

    def __init__(
        self, function: Callable[[K], V], budget: Budget, weigh: Callable[[K, V], int] = _weigh
    ) -> None:
        super().__init__()
        self.held = 0  # bytes
        self._function = function
        self._budget = budget
        self._weigh = weigh
        budget.share(self)

    def __missing__(self, key: K) -> V:
        value = self._function(key)
        weight = ENTRY_BYTES + self._weigh(key, value)
        budget = self._budget
        if weight <= budget.max_weight:
            if budget.held + weight > budget.max_bytes:
                budget.make_room(weight)
            budget.held += weight
            self.held += weight
            self[key] = value
        return value

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._budget.held -= self.held
        self.held = 0
