"""The page's list of checks is the one in the code, to the letter.

`.venv/bin/python -m tests.pipeline.audit.test_docs` writes it anew.
"""

from quietclicks.pipeline.audit.catalogue import MEANINGS
from tests.paths import ROOT

PAGE = ROOT / "docs" / "audit.md"
WRITE = ".venv/bin/python -m tests.pipeline.audit.test_docs"
BEGIN, END = "<!-- checks -->\n", "<!-- end of checks -->\n"


def table() -> str:
    """All of it, between its two marks."""
    rows = [
        f"| `{check}` | {each.title} | {each.measures} | {each.blind} |"
        for check, each in MEANINGS.items()
    ]
    head = ["| check | holds if | measured is | it cannot see |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def test_the_page_has_the_table() -> None:
    text = PAGE.read_text("utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == table(), f"run: {WRITE}"


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(head + BEGIN + table() + END + rest.split(END)[1], "utf-8")
