"""What an export holds: the series or a list as rows of a table, and such a table as CSV.

Values were typed by anybody: none of them is a formula to a spreadsheet.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from quietclicks.schemas.trend import NONE, OTHER

SERIES = ("start", "views", "visitors", "state")
LIST = ("value", "views", "at_most", "share", "at_least", "visitors")
# Also as the wide letters that some spreadsheets take for the same; and what they skip before one.
FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
_SKIPPED = " \u00a0\u200b\ufeff\x00'\""


class Table(NamedTuple):
    """`rows` are as long as `columns`."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def of_series(points: Iterable[dict[str, Any]], by: str) -> Table:
    """A row each hour, day or month; null where nothing is told."""
    return Table(f"views-by-{by}", SERIES, [[point[name] for name in SERIES] for point in points])


def of_list(found: dict[str, Any]) -> Table:
    """The rows, then `(none)` and `(other)` where there are any: so that views add up."""
    rows = [[row[name] for name in LIST] for row in found["rows"]]
    for value, part in ((NONE, found["none"]), (OTHER, found["other"])):
        if part:
            rows.append([value, part["views"], None, part["share"], part["at_least"], None])
    return Table(found["dimension"], LIST, rows)


def csv(table: Table) -> bytes:
    """UTF-8, a header row, CRLF at the end of each; an empty cell for null."""
    lines = [table.columns, *table.rows]
    return "".join(",".join(map(_cell, line)) + "\r\n" for line in lines).encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    text = value.replace('"', '""')
    return f'"{_defused(text)}"'


def _defused(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    if text.startswith(FORMULAS) or text.lstrip(_SKIPPED).startswith(FORMULAS):
        return f"'{text}"
    return text
