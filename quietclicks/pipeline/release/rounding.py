"""How many visitors a published number may admit to.

Exact counts could be subtracted (of 25 visitors 24 saw A: one never did), so counts are rounded
down to multiples of k, and left out where what is public anyway would narrow that step.
"""

from quietclicks.pipeline.release.cells import Cell


def min_visitors(views: int, cap: int) -> int:
    """The min_visitors visitors that so many counted events can come from: public knowledge."""
    return -(-views // cap)


def visitors_of(cell: Cell, cap: int) -> int:
    """Distinct visitors; an estimate is kept within what views and cap imply."""
    count = cell.visitors.count()
    if cell.visitors.exact:
        return count
    return min(max(count, min_visitors(cell.views, cap)), cell.views)


def rounded(visitors: int, public: int, k: int) -> int | None:
    """Round down to a multiple of k, or None.

    `public` is what everybody knows the count to be at least. Unless it is a multiple of k itself,
    it cuts a step in two, so the first two steps from it are not told.
    """
    public = max(public, k)
    if public % k and visitors < public // k * k + 2 * k:
        return None
    return visitors // k * k
