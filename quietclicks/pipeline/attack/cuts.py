"""Differences: the events of some hours, less the values that occur only in those hours.

Let f be 1 on the cells of a determined group and 0 elsewhere. On the graph of unpublished cells
f(hour, value) = a(hour) + b(value), with b = 0 at a value whose sum is not known, and a made of
what is known about hours. With a given, the least group has b(value) = -min a over the value's
hours, and its layers are groups by themselves; so the minimal groups are single values and, for
sets A of hours, the cut of A: the cells in A of values that occur outside A too. All sets A are
tried by branch and bound: a decided hour only ever adds visitors, and k of them end the branch.

Where b is 0 a cannot be shifted. So hours of which nothing is known, and values of which nothing
is, make up one more atom, the anchor, and A is tried without and with it.
"""

from collections.abc import Sequence

from msgspec import Struct

from quietclicks.pipeline.attack.board import Board, Part
from quietclicks.pipeline.attack.hours import Hours

# Decisions per dimension: a random day (tests/bench/release_days.py) takes a few hundred, so many
# would take some ten seconds. Past it the report says that the search was not exhaustive.
STEPS = 200_000
CUTS = 1_000  # findings per dimension: nobody reads more


class Cut(Struct, frozen=True):
    """A determined group of fewer than k visitors."""

    hours: tuple[str, ...]
    part: Part


class _Value(Struct):
    """Cells by atom; an unsummed value's cannot be taken off."""

    cells: dict[int, Part]
    unsummed: bool
    atoms: int = 0  # bit set of its cells' keys


class _Search(Struct):
    """The branches of one connected part of the graph, with the anchor in A or not."""

    hours: Hours
    order: list[int]  # atoms
    at: dict[int, list[_Value]]  # the values in an atom
    anchored: bool
    k: int
    found: list[Cut]
    steps: int = STEPS

    def decide(self, i: int, inside: int, outside: int, group: Part) -> None:
        """Atoms before the i-th are in A or not; `group` is cut off for certain."""
        self.steps -= 1
        if self.steps < 0 or len(self.found) >= CUTS:
            return
        if i == len(self.order):
            self._finish(inside, outside, group)
            return
        atom = self.order[i]
        values = self.at[atom]
        added = [
            value.cells[atom]
            for value in values
            if (not self.anchored if value.unsummed else value.atoms & outside)
        ]
        if (larger := self._joined(group, added)) is not None:
            self.decide(i + 1, inside | 1 << atom, outside, larger)
        if self.anchored and any(value.unsummed for value in values):
            return  # a would be -1 where b is 0
        added = [
            part
            for value in values
            if not value.unsummed and value.atoms & inside and not value.atoms & outside
            for at, part in value.cells.items()
            if inside >> at & 1
        ]
        if (larger := self._joined(group, added)) is not None:
            self.decide(i + 1, inside, outside | 1 << atom, larger)

    def _joined(self, group: Part, added: Sequence[Part]) -> Part | None:
        """All of them, unless that makes k visitors."""
        if not added:
            return group
        larger = Part(group.views, set(group.visitors), group.searches)
        for part in added:
            larger.add(part)
            if len(larger.visitors) >= self.k:
                return None
        return larger

    def _finish(self, inside: int, outside: int, group: Part) -> None:
        if not group.views:
            return
        atoms = self.hours.atoms
        weighed = outside if self.anchored else inside  # where a is not 0
        if self.hours.independent or self.hours.knows(_named(atoms, weighed)):
            self.found.append(Cut(tuple(sorted(_named(atoms, inside))), group))


def small_cuts(board: Board, hours: Hours, k: int) -> tuple[list[Cut], bool]:
    """Every cut of fewer than k visitors, and whether the search went to its end."""
    anchor = len(hours.atoms)
    values = _values(board, hours, anchor)
    parts = _connected(values, anchor) if hours.independent else [list(range(anchor))]
    found: list[Cut] = []
    finished = True
    for atoms in parts:
        at = {atom: [value for value in values if atom in value.cells] for atom in atoms}
        weight = {
            atom: sum(len(value.cells[atom].visitors) for value in at[atom]) for atom in atoms
        }
        order = sorted(atoms, key=lambda atom: (-weight[atom], atom))
        held = any(value.unsummed or value.atoms >> anchor for of in at.values() for value in of)
        for anchored in (False, True) if held else (False,):
            search = _Search(hours, order, at, anchored, k, found)
            bit = 1 << anchor
            search.decide(0, bit if anchored else 0, 0 if anchored else bit, Part())
            finished &= search.steps >= 0 and len(found) < CUTS
    return found, finished


def _values(board: Board, hours: Hours, anchor: int) -> list[_Value]:
    """The values that a cut can go through."""
    values = []
    for cells, unsummed in (
        *((cells, False) for cells in board.values.values()),
        (board.unsummed, True),
    ):
        value = _Value({}, unsummed)
        for hour, part in cells.items():
            atom = hours.atom_of.get(hour, anchor)
            if atom != anchor or not unsummed:
                value.cells.setdefault(atom, Part()).add(part)
                value.atoms |= 1 << atom
        if unsummed or len(value.cells) > 1:
            values.append(value)
    return values


def _named(atoms: Sequence[tuple[str, ...]], chosen: int) -> list[str]:
    return [hour for i, atom in enumerate(atoms) if chosen >> i & 1 for hour in atom]


def _connected(values: Sequence[_Value], anchor: int) -> list[list[int]]:
    """Atoms by connected part; the anchor does not connect, and nor do unsummed values."""
    parts: list[int] = []
    for value in values:
        atoms = value.atoms & ~(1 << anchor)
        for mask in [1 << atom for atom in value.cells] if value.unsummed else [atoms]:
            joined = mask
            for part in parts:
                if part & mask:
                    joined |= part
            parts = [part for part in parts if not part & mask]
            parts.append(joined)
    return [[i for i in range(anchor) if part >> i & 1] for part in parts]
