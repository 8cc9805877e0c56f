"""Differences: the events of some hours, less the values that occur only in those hours.

Let f be 1 on the cells of a determined group and 0 elsewhere. On the graph of unpublished cells
f(hour, value) = a(hour) + b(value), with b = 0 at a value whose sum is not known, and a made of
what is known about hours. With a given, the least group has b(value) = -min a over the value's
hours, and its layers are groups by themselves; so the minimal groups are single values and, for
sets A of hours, the cut of A: the cells in A of values that occur outside A too. All sets A are
tried by branch and bound: a decided hour only ever adds visitors, and k of them end the branch.
"""

from collections.abc import Sequence

from msgspec import Struct

from quietclicks.pipeline.attack_board import Board, Part
from quietclicks.pipeline.attack_hours import Hours, by_atom

STEPS = 200_000  # decisions per dimension
CUTS = 1_000  # findings per dimension: nobody reads more


class Cut(Struct, frozen=True):
    """A determined group of fewer than k visitors."""

    hours: tuple[str, ...]
    part: Part


class _Value(Struct):
    """Cells by atom. An `open` value occurs outside every set: its sum is unknown."""

    cells: dict[int, Part]
    open: bool
    atoms: int = 0  # bit set of its cells' keys


class _Search(Struct):
    """The branches of one connected part of the graph."""

    hours: Hours
    order: list[int]  # atoms
    at: dict[int, list[_Value]]  # the values in an atom
    k: int
    found: list[Cut]
    steps: int = STEPS

    def decide(self, i: int, inside: int, outside: int, group: Part) -> None:
        """Atoms before the i-th are inside or outside A; `group` is cut off for certain."""
        self.steps -= 1
        if self.steps < 0 or len(self.found) >= CUTS:
            return
        if i == len(self.order):
            self._finish(inside, group)
            return
        atom = self.order[i]
        bit = 1 << atom
        added = [v.cells[atom] for v in self.at[atom] if v.open or v.atoms & outside]
        if (larger := self._joined(group, added)) is not None:
            self.decide(i + 1, inside | bit, outside, larger)
        added = [
            part
            for v in self.at[atom]
            if not v.open and not v.atoms & outside and v.atoms & inside
            for at, part in v.cells.items()
            if inside >> at & 1
        ]
        if (larger := self._joined(group, added)) is not None:
            self.decide(i + 1, inside, outside | bit, larger)

    def _joined(self, group: Part, added: Sequence[Part]) -> Part | None:
        """All of them, unless that makes k visitors."""
        if not added:
            return group
        larger = Part(group.views, set(group.visitors))
        for part in added:
            larger.add(part)
            if len(larger.visitors) >= self.k:
                return None
        return larger

    def _finish(self, inside: int, group: Part) -> None:
        if not group.views:
            return
        hours = [h for i, atom in enumerate(self.hours.atoms) if inside >> i & 1 for h in atom]
        if self.hours.independent or self.hours.knows(hours):
            self.found.append(Cut(tuple(sorted(hours)), group))


def small_cuts(board: Board, hours: Hours, k: int) -> tuple[list[Cut], bool]:
    """Every cut of fewer than k visitors, and whether the search went to its end."""
    values = _values(board, hours)
    found: list[Cut] = []
    finished = True
    for atoms in _connected(values) if hours.independent else [list(range(len(hours.atoms)))]:
        at = {atom: [value for value in values if atom in value.cells] for atom in atoms}
        weight = {
            atom: sum(len(value.cells[atom].visitors) for value in at[atom]) for atom in atoms
        }
        order = sorted(atoms, key=lambda atom: (-weight[atom], atom))
        search = _Search(hours, order, at, k, found)
        search.decide(0, 0, 0, Part())
        finished &= search.steps >= 0 and len(found) < CUTS
    return found, finished


def _values(board: Board, hours: Hours) -> list[_Value]:
    """The values that a cut can go through."""
    values = []
    for cells, unsummed in (
        *((cells, False) for cells in board.values.values()),
        (board.unsummed, True),
    ):
        atoms, elsewhere = by_atom(cells, hours)
        value = _Value({}, unsummed or elsewhere)
        for atom, of in atoms.items():
            part = value.cells[atom] = Part()
            for hour in of:
                part.add(cells[hour])
            value.atoms |= 1 << atom
        if value.open or len(value.cells) > 1:
            values.append(value)
    return values


def _connected(values: Sequence[_Value]) -> list[list[int]]:
    """Atoms by connected part; a value of unknown sum does not connect."""
    parts: list[int] = []
    for value in values:
        joined = [value.atoms] if not value.open else [1 << atom for atom in value.cells]
        for mask in joined:
            touching = [part for part in parts if part & mask]
            parts = [part for part in parts if not part & mask]
            for part in touching:
                mask |= part
            parts.append(mask)
    return [[i for i in range(mask.bit_length()) if mask >> i & 1] for mask in parts]
