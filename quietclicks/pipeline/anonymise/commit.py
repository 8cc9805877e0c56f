"""The last steps, once a transaction: the contribution cap, the cells, the state that changed."""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct, field

from quietclicks.pipeline.counting.cells import Change, OpenCells
from quietclicks.pipeline.counting.counted import Counted
from quietclicks.pipeline.counting.days import OpenDays
from quietclicks.pipeline.release.figures import Figure


class Commit(Struct):
    """What a transaction counts, and what it is counted in."""

    counted: dict[str, Counted]  # by site, or stream, in the log's order
    days: OpenDays
    cells: OpenCells
    position: int  # the offset after the last event
    tally: Counter[str]
    changes: list[Change] = field(default_factory=list)  # of the state


CommitStep = Callable[[Commit], None]


def drop_over_cap(commit: Commit) -> None:
    """A visitor's events past the day's contribution cap do not count."""
    for site, counted in commit.counted.items():
        within = commit.days.apply_cap(counted)
        if len(within) < len(counted):
            commit.tally[Figure.CAPPED] += len(counted) - len(within)
        commit.counted[site] = within


def count(commit: Commit) -> None:
    """Into the open cells, each once."""
    commit.changes += commit.cells.count(commit.counted, commit.days.count_choices)


def write_state(commit: Commit) -> None:
    """What the days let in, as journals; the cells' changes are there."""
    commit.changes += commit.days.changes(commit.position)
