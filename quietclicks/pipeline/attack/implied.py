"""The one declared implication: who searched was on a search page.

So the search dimension's cells have a part whose hours the page dimension may give away: the
events on search pages. Taking off the others, which all read (none), leaves a smaller board, with
its own knowledge about hours. No other dependence between dimensions is looked for.
"""

from collections.abc import Container, Sequence

from quietclicks.pipeline.attack.board import Board, Event, Part, board_of
from quietclicks.pipeline.attack.hours import Hours
from quietclicks.pipeline.release.cells import ELIGIBLE_NONE
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend


def search_board(
    pages: Board, records: Sequence[Trend], events: Sequence[Event], covered: Container[str]
) -> tuple[Board, Hours]:
    """The events on search pages by search term, and what `pages` says about their hours."""
    page, term = Dimension.PAGE, Dimension.SEARCH
    without = (NONE, ELIGIBLE_NONE)
    search_pages = {e.values[page] for e in events if e.values.get(term, NONE) not in without}
    on_search = [event for event in events if event.values[page] in search_pages]
    board = board_of(Dimension.SEARCH, records, on_search, covered)
    for value in (OTHER, NONE):  # their sums count the events that are taken off
        for hour, part in board.values.pop(value, {}).items():
            board.unsummed.setdefault(hour, Part()).add(part)
    return board, Hours(board.hours, _known(pages, on_search, covered))


def _known(
    pages: Board, on_search: Sequence[Event], covered: Container[str]
) -> list[frozenset[str]]:
    """Hours whose events on search pages are counted by published numbers."""
    unpublished = {
        (event.hour, event.values[Dimension.PAGE])
        for event in on_search
        if (event.hour, event.values[Dimension.PAGE]) not in pages.published
    }
    rest = frozenset(hour for hour, _ in unpublished)
    known = [frozenset({event.hour}) for event in on_search if event.hour not in rest]
    if all(hour in covered and page in pages.values for hour, page in unpublished):
        known.append(rest)  # by the remainders of the search pages
    return known
