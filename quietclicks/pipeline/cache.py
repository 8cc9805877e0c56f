"""A bounded memory of what a pure function answered."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(dict[K, V]):
    """Read it as a mapping: `cache[key]` is a C-level look-up on a hit, `function(key)` on a miss.

    When full it is emptied: simpler than an LRU, and on Zipf-shaped input as good. An answer that
    raised is not kept.
    """

    def __init__(self, function: Callable[[K], V], size: int) -> None:
        super().__init__()
        self._function = function
        self._size = size

    def __missing__(self, key: K) -> V:
        value = self._function(key)
        if len(self) >= self._size:
            self.clear()
        self[key] = value
        return value
