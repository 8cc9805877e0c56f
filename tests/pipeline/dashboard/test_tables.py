"""Exports: no value is a formula to a spreadsheet, and a reader of CSV gets back what was there."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.dashboard.tables import LIST, Table, of_list
from quietclicks.pipeline.dashboard.tables import csv as written
from tests.rows import each_row

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    " =1",
    '"=1',
    "'=1",
    "\u00a0@x",
    "\ufeff=1",
    "\u3000=1",
    "\u2003\u200e@x",
    "\u2028-1",
    "\x7f+1",
    '=HYPERLINK("https://evil.example","a")',
    "=cmd|'/c calc'!A0",
]


def read(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(table).decode(), newline="")))


@each_row("value", HOSTILE)
def test_no_value_is_a_formula(value: str) -> None:
    [_, [cell, number]] = read(Table("page", ("value", "views"), [[value, 7]]))
    assert cell == f"'{value}"
    assert number == "7"


@given(st.lists(st.text(max_size=20), min_size=1))
def test_a_reader_gets_back_what_was_there(values: list[str]) -> None:
    texts = [value.encode("utf-8", "replace").decode() for value in values]
    [header, *rows] = read(Table("page", ("value", "views"), [[text, 1] for text in texts]))
    assert header == ["value", "views"]
    assert [row[0].removeprefix("'") for row in rows] == [t.removeprefix("'") for t in texts]
    assert not any(row[0].lstrip().startswith(tuple("=+-@＝＋－＠")) for row in rows)


def test_cells_that_are_no_text_are_as_they_are() -> None:
    table = Table("x", ("a", "b", "c"), [[True, None, 0.25], [False, 12, 'a "b", c']])
    assert written(table) == b'"a","b","c"\r\ntrue,,0.25\r\nfalse,12,"a ""b"", c"\r\n'


def test_a_list_has_what_is_not_named_at_its_end() -> None:
    row = dict(zip(LIST, ("/a", 40, 50, 0.4, True, None), strict=True))
    part = {"views": 30, "share": 0.3, "at_least": False}
    table = of_list({"dimension": "page", "rows": [row], "none": part, "other": part})
    assert [each[:2] for each in table.rows] == [["/a", 40], ["(none)", 30], ["(other)", 30]]
    assert of_list({"dimension": "page", "rows": [row], "none": None, "other": None}).rows == [
        ["/a", 40, 50, 0.4, True, None]
    ]
