"""A bounded set of visitors: the smallest of their keyed 64-bit hashes (bottom-k, KMV).

Exact up to `SIZE` visitors, an estimate of a few per cent above. The same visitors give the same
sample and the same bytes in whatever order and portions they came. It never holds a pseudonym.
"""

import sys
from array import array
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import islice

SIZE = 512  # far above any threshold: `count() >= k` is exact for every k up to it
_KEPT = SIZE + 1  # one more tells "exactly SIZE" from "more than SIZE"
_TRIM = 2 * SIZE  # sorting now and then is cheaper than keeping order
_RANGE = 1 << 64


class Sample:
    """Distinct visitors. `update` and `merge` change it; `count`, `exact`, `encode` read it."""

    __slots__ = ("_hashes", "_theta")

    def __init__(self, hashes: Iterable[int] = ()) -> None:
        self._hashes = set(hashes)
        self._theta = _RANGE  # no hash from here on can be among the smallest
        if len(self._hashes) > _TRIM:
            self._trim()

    def new(self, hashes: Iterable[int]) -> set[int]:
        """Those of them that `update` would add."""
        new = set(hashes)
        new -= self._hashes
        theta = self._theta
        return new if theta == _RANGE else {hash_ for hash_ in new if hash_ < theta}

    def update(self, hashes: Iterable[int]) -> None:
        """Add visitors: unsigned 64-bit hashes, uniformly distributed."""
        self._hashes.update(hashes if self._theta == _RANGE else self.new(hashes))
        if len(self._hashes) > _TRIM:
            self._trim()

    def merge(self, other: "Sample") -> None:
        """Add the visitors of another sample."""
        self.update(other._hashes)

    @property
    def exact(self) -> bool:
        """Whether `count` is the number of visitors rather than an estimate of it."""
        return len(self._hashes) <= SIZE

    def count(self) -> int:
        """Distinct visitors; above `SIZE` an estimate, also above it (rms error 4.4 %)."""
        if self.exact:
            return len(self._hashes)
        self._trim()
        return max(_KEPT, SIZE * _RANGE // (self._theta + 1))

    @property
    def hashes(self) -> AbstractSet[int]:
        """What is held, to be looked at only."""
        return self._hashes

    def __len__(self) -> int:
        """How many hashes are held: the visitors while `exact`."""
        return len(self._hashes)

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def encode(self) -> bytes:
        """Canonical bytes: the kept hashes in ascending order, 8 bytes each, little endian."""
        if not self.exact:
            self._trim()
        return little_endian(array("Q", sorted(self._hashes))).tobytes()

    def dump(self) -> bytes:
        """What is held as it lies there: as `encode`, but neither sorted nor cut to the kept."""
        return little_endian(array("Q", self._hashes)).tobytes()

    @classmethod
    def decode(cls, data: bytes) -> "Sample":
        """The inverse of `encode` and of `dump`. Raises `ValueError` on other bytes."""
        if len(data) % 8 or len(data) > 8 * _TRIM:
            raise ValueError("not an encoded sample")
        hashes = array("Q")
        hashes.frombytes(data)
        sample = cls(little_endian(hashes))
        if len(sample._hashes) != len(hashes):
            raise ValueError("not an encoded sample")
        return sample

    def _trim(self) -> None:
        if len(self._hashes) > _KEPT:
            self._hashes = set(islice(sorted(self._hashes), _KEPT))
        self._theta = max(self._hashes)


def union(samples: Iterable[Sample]) -> Sample:
    """A new sample of everybody in `samples`, which stay as they are."""
    everybody = Sample()
    for sample in samples:
        everybody.merge(sample)
    return everybody


def little_endian(numbers: "array[int]") -> "array[int]":
    """To or from the byte order of the wire, in place on the rare machine that needs it."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
