"""What follows from known sums, by elimination in exact fractions: slow, short, and independent of
the product's own ways to find out."""

from collections.abc import Iterable
from fractions import Fraction


class Known:
    """Weighted sums of unknown numbers, by their weights; starts with none."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Fraction]] = {}  # reduced, by first column

    def learn(self, weights: Iterable[int]) -> None:
        """This sum is known too."""
        row = self._reduced(weights)
        pivot = next((i for i, x in enumerate(row) if x), None)
        if pivot is None:
            return
        row = [x / row[pivot] for x in row]
        for at, other in self._rows.items():
            self._rows[at] = [x - other[pivot] * y for x, y in zip(other, row, strict=True)]
        self._rows[pivot] = row

    def tells(self, weights: Iterable[int]) -> bool:
        """Whether this sum follows."""
        return not any(self._reduced(weights))

    def _reduced(self, weights: Iterable[int]) -> list[Fraction]:
        row = [Fraction(weight) for weight in weights]
        for pivot, other in self._rows.items():
            if row[pivot]:
                row = [x - row[pivot] * y for x, y in zip(row, other, strict=True)]
        return row
