"""What an export holds: the series or a list as rows of a table, and such a table as CSV.

Values were typed by anybody: none of them is a formula to a spreadsheet.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from quietclicks.schemas.trend import NONE, OTHER

SERIES = ("start", "views", "visitors", "state")
LIST = ("value", "views", "at_most", "share", "at_least", "visitors")
# Also as the wide letters that some spreadsheets take for the same.
FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
QUOTES = "'\""


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
    begins = next((number for number, sign in enumerate(text) if not _is_skipped(sign)), 0)
    if text.startswith(FORMULAS) or text[begins:].startswith(FORMULAS):
        return f"'{text}"
    return text


def _is_skipped(sign: str) -> bool:
    """Whether one may skip it before a formula: quotes, spaces of any width, what is not seen."""
    return sign in QUOTES or sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf")
