"""docs/linkability.md shows what the command prints, and the command can show what it is for."""

import pytest

from tests.bench.joining import Sent, tied
from tests.bench.linkability_table import lines
from tests.paths import ROOT


@pytest.mark.slow
def test_the_page_has_the_tables_as_they_are_measured() -> None:
    page = (ROOT / "docs" / "linkability.md").read_text("utf-8")
    for table in "\n".join(lines()).split("\n\n"):
        assert table in page, "run: .venv/bin/python -m tests.bench.linkability_table"


def sent(*rows: tuple[int, str, str]) -> list[Sent]:
    """(second, visitor, who has it: `a`, `p` or both) each."""
    return [Sent(at * 1000, name, "a" in who, "p" in who) for at, name, who in rows]


@pytest.mark.parametrize(
    ("events", "length", "in_order", "found"),
    [
        pytest.param(sent((0, "x", "ap"), (9, "y", "ap")), 1000, False, (2, 2, 2), id="by time"),
        pytest.param(sent((0, "x", "ap"), (9, "y", "ap")), 10_000, True, (2, 2, 2), id="by order"),
        pytest.param(sent((0, "x", "ap"), (9, "y", "ap")), 10_000, False, (0, 0, 2), id="sorted"),
        pytest.param(
            sent((0, "x", "ap"), (1, "x", "ap"), (9, "y", "ap")),
            10_000,
            False,
            (2, 2, 2),
            id="by how many",
        ),
        pytest.param(sent((0, "x", "a"), (0, "y", "p")), 1000, True, (1, 0, 0), id="mistaken"),
    ],
)
def test_joining(
    events: list[Sent], length: int, in_order: bool, found: tuple[int, int, int]
) -> None:
    assert tied(events, length, in_order=in_order) == found
