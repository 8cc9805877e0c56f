"""What all dimensions together say about the number of events in each hour.

Every dimension counts the same events, so what follows from one about an hour's total holds in
the others. What is known is a set of sums of hours, and all that follows from them: a vector space,
kept in exact fractions. No events are seen here, only which cells there are.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from quietclicks.pipeline.attack.board import Board

Vector = list[Fraction]


class Hours:
    """`atoms` are groups of hours that no known sum tells apart, in a fixed order."""

    def __init__(self, hours: Sequence[str], sums: Iterable[frozenset[str]]) -> None:
        self._column = {hour: i for i, hour in enumerate(hours)}
        self._basis: dict[int, Vector] = {}  # reduced: by its first column
        for known in sums:
            self._learn(known)
        alike: dict[tuple[Fraction, ...], list[str]] = {}
        for hour, i in self._column.items():
            column = tuple(row[i] for row in self._basis.values())
            if any(column):  # else nothing at all is known about the hour
                alike.setdefault(column, []).append(hour)
        self.atoms = [tuple(atom) for atom in alike.values()]
        self.atom_of = {hour: i for i, atom in enumerate(self.atoms) for hour in atom}

    @property
    def independent(self) -> bool:
        """Whether the total of every atom is known, and so of every union of atoms."""
        return len(self._basis) == len(self.atoms)

    def knows(self, hours: Iterable[str]) -> bool:
        """Whether the number of events in these hours together follows."""
        return not any(self._reduced(hours))

    def _learn(self, hours: Iterable[str]) -> None:
        row = self._reduced(hours)
        pivot = next((i for i, entry in enumerate(row) if entry), None)
        if pivot is None:
            return
        row = [entry / row[pivot] for entry in row]
        for at, other in self._basis.items():
            if other[pivot]:
                factor = other[pivot]
                self._basis[at] = [x - factor * y for x, y in zip(other, row, strict=True)]
        self._basis[pivot] = row

    def _reduced(self, hours: Iterable[str]) -> Vector:
        row = [Fraction(0)] * len(self._column)
        for hour in hours:
            row[self._column[hour]] = Fraction(1)
        for pivot, known in self._basis.items():
            if row[pivot]:
                factor = row[pivot]
                row = [x - factor * y for x, y in zip(row, known, strict=True)]
        return row


def known_hours(boards: Sequence[Board]) -> Hours:
    """What follows from the boards of all dimensions, the total among them."""
    hours = sorted({hour for board in boards for hour in board.hours})
    sums = [frozenset({hour}) for board in boards for hour in sorted(board.others)]
    for board in boards:
        sums += _summed(board)
    return Hours(hours, sums)


def _summed(board: Board) -> list[frozenset[str]]:
    """Hours whose unpublished cells are, together, those of values with a known sum.

    They are the connected parts of the graph that no value of unknown sum reaches; an hour without
    unpublished cells is such a part by itself.
    """
    part_of = {hour: {hour} for hour in board.hours}
    for cells in board.values.values():
        joined = set().union(*(part_of[hour] for hour in cells))
        for hour in joined:
            part_of[hour] = joined
    parts = {id(part): frozenset(part) for part in part_of.values()}
    return [part for part in parts.values() if not part & board.unsummed.keys()]
