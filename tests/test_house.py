"""What can be read in one sitting: no file over 300 lines, no function over 60."""

import ast
from pathlib import Path

from tests.paths import ROOT
from tests.rows import each_row

FILES = sorted((ROOT / "quietclicks").rglob("*.py"))
MAX_FILE, MAX_FUNCTION = 300, 60  # lines


def functions(source: str) -> dict[str, int]:
    """Name → how many lines."""
    return {
        each.name: (each.end_lineno or 0) - each.lineno + 1
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@each_row("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_can_be_read_in_one_sitting(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= MAX_FILE
    assert {name: lines for name, lines in functions(source).items() if lines > MAX_FUNCTION} == {}


def test_a_long_function_is_seen() -> None:
    assert functions("def f():\n" + "    pass\n" * 60) == {"f": 61}
