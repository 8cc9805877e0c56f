"""The differencing attacker: which small groups' counts follow from what is published?

It knows the released numbers, how they were made, every value's name and every cell that is empty,
and looks for groups of fewer than k visitors whose count is determined. It publishes nothing, and
a finding names no value that was not published.

A group is determined where its count is a sum of published counts, each taken so many times. Within
a dimension the unpublished cells are the edges of a graph between hours and values
(`attack_board`); what all dimensions together say about hours is `attack_hours`; the smallest
determined groups are cuts of that graph (`attack_cuts`), so the search is complete rather than a
list of guesses.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from quietclicks.pipeline.attack.blind import attack_blindly
from quietclicks.pipeline.attack.board import Board, Event, board_of, coverage
from quietclicks.pipeline.attack.cuts import small_cuts
from quietclicks.pipeline.attack.hours import known_hours
from quietclicks.pipeline.attack.implied import search_board
from quietclicks.pipeline.attack.report import Group, Kind, Report
from quietclicks.pipeline.attack.visitors import told_by_visitors
from quietclicks.schemas.trend import Dimension, Trend


class SiteDay(Struct, frozen=True, order=True):
    """Whose numbers can be taken from each other: a site's, of one UTC day (YYYY-MM-DD)."""

    site: str
    day: str


def attack(
    records: Sequence[Trend], events: Iterable[Event] | None, k: int, cap_day: int
) -> Report:
    """Attack one site-day's records; `events` are the counted ones, where the attacker is us."""
    if events is None:
        return attack_blindly(records, k, cap_day)
    counted = list(events)
    covered = coverage(records, {event.hour for event in counted})
    dimensions = [d for d in Dimension if any(record.dimension is d for record in records)]
    boards = [board_of(dimension, records, counted, covered) for dimension in dimensions]
    hours = known_hours(boards)
    groups: list[Group] = []
    exhaustive = True
    for board in boards:
        groups += _published(board, k)
    searches = [(board, hours) for board in boards]
    if Dimension.PAGE in dimensions and Dimension.SEARCH in dimensions:
        pages = boards[dimensions.index(Dimension.PAGE)]
        searches.append(search_board(pages, records, counted, covered))
    for board, known in searches:
        cuts, finished = small_cuts(board, known, k)
        groups += [
            Group(
                Kind.CUT, board.dimension, None, cut.hours, cut.part.views, len(cut.part.visitors)
            )
            for cut in cuts
        ]
        exhaustive &= finished
    groups += told_by_visitors(records, k)
    return Report(
        violations=tuple(groups),
        unproven=(),
        consistent=all(board.consistent for board in boards),
        exhaustive=exhaustive,
    )


def _published(board: Board, k: int) -> Iterable[Group]:
    """Groups whose count is a published number, or a day's less the hours' of the same value."""
    for (hour, value), part in board.published.items():
        if 0 < len(part.visitors) < k:
            yield Group(
                Kind.PUBLISHED, board.dimension, value, (hour,), part.views, len(part.visitors)
            )
    for value, cells in board.values.items():
        visitors = set().union(*(part.visitors for part in cells.values()))
        if 0 < len(visitors) < k:
            views = sum(part.views for part in cells.values())
            yield Group(
                Kind.REMAINDER, board.dimension, value, tuple(sorted(cells)), views, len(visitors)
            )
