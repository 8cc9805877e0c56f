"""The differencing attacker: which small groups' counts follow from what is published?

It knows the released numbers, how they were made, every value's name and every cell that is empty,
and looks for groups of fewer than k visitors whose count is determined; and for groups that did
nothing but search, of fewer than a term needs. It publishes nothing, and
a finding names no value that was not published.

A group is determined where its count is a sum of published counts, each taken so many times. Within
a dimension the unpublished cells are the edges of a graph between hours and values
(`attack_board`); what all dimensions together say about hours is `attack_hours`; the smallest
determined groups are cuts of that graph (`attack_cuts`), so the search is complete rather than a
list of guesses.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from quietclicks.pipeline.attack.blind import attack_blindly
from quietclicks.pipeline.attack.board import Board, Event, Part, board_of, coverage
from quietclicks.pipeline.attack.cuts import small_cuts
from quietclicks.pipeline.attack.hours import Hours, known_hours
from quietclicks.pipeline.attack.implied import search_boards
from quietclicks.pipeline.attack.report import Group, Kind, Report
from quietclicks.pipeline.attack.rules import Rules
from quietclicks.pipeline.attack.visitors import (
    as_published,
    by_views,
    can_be,
    told_by_visitors,
)
from quietclicks.schemas.trend import Dimension, Trend


class SiteDay(Struct, frozen=True, order=True):
    """Whose numbers can be taken from each other: a site's, of one UTC day (YYYY-MM-DD)."""

    site: str
    day: str


def attack(records: Sequence[Trend], events: Iterable[Event] | None, rules: Rules) -> Report:
    """Attack one site-day's records; `events` are the counted ones, where the attacker is us."""
    report = attack_blindly(records, rules) if events is None else _attack(records, events, rules)
    read = as_published(records, rules)
    if events is None and read is by_views and not all(can_be(each, rules) for each in records):
        return structs.replace(report, consistent=False)
    try:
        told = tuple(told_by_visitors(records, rules, read))
    except ValueError:
        return structs.replace(report, consistent=False)
    return structs.replace(report, violations=report.violations + told)


def _attack(records: Sequence[Trend], events: Iterable[Event], rules: Rules) -> Report:
    counted = list(events)
    covered = coverage(records, {event.hour for event in counted})
    dimensions = [d for d in Dimension if any(record.dimension is d for record in records)]
    boards = [board_of(dimension, records, counted, covered) for dimension in dimensions]
    hours = known_hours(boards)
    groups: list[Group] = []
    exhaustive = True
    for board in boards:
        groups += _published(board, rules)
    for board in boards:
        exhaustive &= _cut(board, hours, rules.k, groups)
    if Dimension.PAGE in dimensions and Dimension.SEARCH in dimensions:
        pages = boards[dimensions.index(Dimension.PAGE)]
        for board, known in search_boards(pages, records, counted, covered):
            exhaustive &= _cut(board, known, rules.search, groups)
        found: list[Group] = []
        exhaustive &= _cut(pages, hours, rules.search, found, searches_only=True)
        groups += [group for group in found if (group.visitors or 0) >= rules.k]
    return Report(
        violations=tuple(groups),
        unproven=(),
        consistent=all(board.consistent for board in boards),
        exhaustive=exhaustive,
    )


def _cut(
    board: Board, hours: Hours, needed: int, groups: list[Group], searches_only: bool = False
) -> bool:
    """Add the cuts of fewer visitors than needed; whether the search for them went to its end.

    Whole hours are no cut that does nothing but search: totals tell them, and promise k.
    """
    cuts, finished = small_cuts(board, hours, needed)
    for cut in cuts:
        views, visitors = cut.part.views, len(cut.part.visitors)
        is_search = cut.part.searches == views < board.views_in(cut.hours)
        if is_search or not searches_only:
            groups.append(Group(Kind.CUT, board.dimension, None, cut.hours, views, visitors))
    return finished


def _published(board: Board, rules: Rules) -> Iterable[Group]:
    """Groups whose count is a published number, or a day's less the hours' of the same value."""
    for (hour, value), part in board.published.items():
        if 0 < len(part.visitors) < _needed(board, value, (hour,), part, rules):
            yield Group(
                Kind.PUBLISHED, board.dimension, value, (hour,), part.views, len(part.visitors)
            )
    for value, cells in board.values.items():
        whole = Part()
        for part in cells.values():
            whole.add(part)
        hours = tuple(sorted(cells))
        if 0 < len(whole.visitors) < _needed(board, value, hours, whole, rules):
            yield Group(
                Kind.REMAINDER, board.dimension, value, hours, whole.views, len(whole.visitors)
            )


def _needed(board: Board, value: str, hours: Sequence[str], part: Part, rules: Rules) -> int:
    threshold = rules.threshold(board.dimension, value)
    is_page = board.dimension is Dimension.PAGE
    if is_page and part.searches == part.views < board.views_in(hours):
        return rules.search  # (other) may do nothing but search
    return threshold
