"""The one declared implication: who searched was on a search page.

So the search dimension's cells have a part whose hours the page dimension may give away: the
events on search pages. Taking off the others, which all read (none), leaves a smaller board, with
its own knowledge about hours; and the events on each search page leave a smaller one still, for
which page a term belongs to may be known. No other dependence between dimensions is looked for.
"""

from collections.abc import Container, Iterator, Sequence, Set

from quietclicks.pipeline.attack.board import Board, Event, Part, board_of
from quietclicks.pipeline.attack.hours import Hours
from quietclicks.pipeline.release.cells import ELIGIBLE_NONE
from quietclicks.schemas.trend import NONE, OTHER, Dimension, Trend


def search_boards(
    pages: Board, records: Sequence[Trend], events: Sequence[Event], covered: Container[str]
) -> Iterator[tuple[Board, Hours]]:
    """The events by search term, and what `pages` says about their hours.

    Of all search pages together, and of each by itself where there are several.
    """
    page, term = Dimension.PAGE, Dimension.SEARCH
    without = (NONE, ELIGIBLE_NONE)
    search_pages = {e.values[page] for e in events if e.values.get(term, NONE) not in without}
    together = [frozenset(search_pages)]
    each = [frozenset({one}) for one in sorted(search_pages)] if len(search_pages) > 1 else []
    for chosen in together + each:
        yield _search_board(chosen, pages, records, events, covered)


def _search_board(
    chosen: Set[str],
    pages: Board,
    records: Sequence[Trend],
    events: Sequence[Event],
    covered: Container[str],
) -> tuple[Board, Hours]:
    page, term = Dimension.PAGE, Dimension.SEARCH
    inside = [event for event in events if event.values[page] in chosen]
    board = board_of(term, records, inside, covered)
    elsewhere = {event.values.get(term) for event in events if event.values[page] not in chosen}
    for value in {OTHER, NONE} | elsewhere:  # their sums count events that are taken off
        for hour, part in board.values.pop(value or NONE, {}).items():
            board.unsummed.setdefault(hour, Part()).add(part)
    return board, Hours(board.hours, _known(pages, inside, covered))


def _known(pages: Board, inside: Sequence[Event], covered: Container[str]) -> list[frozenset[str]]:
    """Hours whose events on these pages are counted by published numbers."""
    unpublished = {
        (event.hour, event.values[Dimension.PAGE])
        for event in inside
        if (event.hour, event.values[Dimension.PAGE]) not in pages.published
    }
    rest = frozenset(hour for hour, _ in unpublished)
    known = [frozenset({event.hour}) for event in inside if event.hour not in rest]
    if all(hour in covered and page in pages.values for hour, page in unpublished):
        known.append(rest)  # by the remainders of these pages
    return known
