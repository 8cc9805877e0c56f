"""A bounded set of visitors: the smallest of their keyed 64-bit hashes (bottom-k, KMV).

Exact up to `SIZE` visitors, an estimate of a few per cent above. The same visitors give the same
sample and the same bytes in whatever order and portions they came. It never holds a pseudonym.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from operator import lt

SIZE = 512  # far above any threshold: `count() >= k` is exact for every k up to it
_KEPT = SIZE + 1  # one more tells "exactly SIZE" from "more than SIZE"
_RANGE = 1 << 64
_LONGEST = 8 * 2 * SIZE  # bytes of a record: earlier versions wrote up to twice as many hashes
_FEW = 6  # one hash in as many that are kept is quicker looked up than all of these compared
_AT_ONCE = 1000  # samples united together: some MB of hashes at the most


class Sample:
    """Distinct visitors. `update` and `merge` change it, all else looks at it.

    It is its own canonical bytes, for there are millions of it: 8 bytes for each kept hash, where a
    set takes 70 and more. They are unpacked to be changed, which happens once a batch.
    """

    __slots__ = ("_kept",)

    def __init__(self, hashes: Iterable[int] = ()) -> None:
        self._kept = b""
        self.update(hashes)

    def update(self, hashes: Iterable[int]) -> set[int]:
        """Add visitors, unsigned 64-bit hashes, uniformly distributed; those that were not in it.

        Of many visitors few are returned: what is not among the smallest is neither kept nor new.
        """
        if len(self._kept) == 8 * _KEPT:
            largest = self._largest
            new = {each for each in hashes if each < largest}
        else:
            new = set(hashes)
        if not new:
            return new
        kept = unpacked(self._kept)
        if _FEW * len(new) < len(kept):
            new = {each for each in new if _insert(kept, each)}
        else:
            new.difference_update(kept)
            kept = array("Q", sorted([*kept, *new]))
        if new:
            self._kept = packed(kept[:_KEPT])
        return new

    def merge(self, other: "Sample") -> None:
        """Add the visitors of another sample."""
        if self._kept:
            self.update(unpacked(other._kept))
        else:
            self._kept = other._kept

    @property
    def _largest(self) -> int:
        return int.from_bytes(self._kept[-8:], "little")

    @property
    def exact(self) -> bool:
        """Whether `count` is the number of visitors rather than an estimate of it."""
        return len(self._kept) <= 8 * SIZE

    def count(self) -> int:
        """Distinct visitors; above `SIZE` an estimate, also above it (rms error 4.4 %)."""
        if len(self._kept) <= 8 * SIZE:
            return len(self._kept) // 8
        return max(_KEPT, SIZE * _RANGE // (self._largest + 1))

    def __bool__(self) -> bool:
        return bool(self._kept)

    @property
    def hashes(self) -> frozenset[int]:
        """What is kept: all visitors while `exact`."""
        return frozenset(unpacked(self._kept))

    def encode(self) -> bytes:
        """Canonical bytes: the kept hashes in ascending order, 8 bytes each, little endian."""
        return self._kept

    @classmethod
    def decode(cls, data: bytes) -> "Sample":
        """The inverse of `encode`; also of hashes in no order, and of more than are kept, as
        earlier versions wrote them. Raises `ValueError` on other bytes."""
        if len(data) % 8 or len(data) > _LONGEST:
            raise ValueError("not an encoded sample")
        if len(data) > 8:  # most are of one visitor
            hashes = unpacked(data)
            ascending = all(map(lt, hashes, islice(hashes, 1, None)))
            if not ascending or len(hashes) > _KEPT:
                ordered = sorted(set(hashes))
                if len(ordered) < len(hashes):
                    raise ValueError("not an encoded sample")
                data = packed(ordered[:_KEPT])
        return cls._of(data)

    @classmethod
    def _of(cls, kept: bytes) -> "Sample":
        sample = cls.__new__(cls)
        sample._kept = kept
        return sample


def union(samples: Iterable[Sample]) -> Sample:
    """A new sample of everybody in `samples`, which stay as they are."""
    everybody, rest = Sample(), iter(samples)
    while together := [sample._kept for sample in islice(rest, _AT_ONCE)]:
        if len(together) == 1:
            everybody.merge(Sample._of(together[0]))
        else:
            everybody.update(unpacked(b"".join(together)))
    return everybody


def _insert(ordered: "array[int]", each: int) -> bool:
    """Put a hash in its place; False where it is there already."""
    place = bisect_left(ordered, each)
    if place < len(ordered) and ordered[place] == each:
        return False
    ordered.insert(place, each)
    return True


def unpacked(data: bytes) -> "array[int]":
    """Hashes from bytes, 8 each, in the order they lie there. Raises `ValueError` on a part."""
    hashes = array("Q")
    hashes.frombytes(data)
    return little_endian(hashes)


def packed(hashes: Iterable[int]) -> bytes:
    """The inverse of `unpacked`."""
    return little_endian(array("Q", hashes)).tobytes()


def little_endian(numbers: "array[int]") -> "array[int]":
    """To or from the byte order of the wire, in place on the rare machine that needs it."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
