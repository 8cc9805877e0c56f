"""docs/promises.md has every sentence of the public statement, each with what holds it."""

from typing import NamedTuple

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.audit.promises import PROMISES
from quietclicks.pipeline.policy import parse
from quietclicks.pipeline.statement.build import Statement, build
from quietclicks.pipeline.statement.parts import Paragraph
from quietclicks.pipeline.statement.sentences import names, sentences
from tests.pages import missing, proofs
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "promises.md").read_text("utf-8")
STATEMENT = build(
    parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml"), "policy.toml"
)
NO_TEST = ("**the controller**", "**no promise**")


class Row(NamedTuple):
    section: str
    words: str
    held: str
    measured: str


def rows_of(page: str) -> list[Row]:
    found = []
    section = ""
    for line in page.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif section and line.startswith("| ") and not line.startswith("| words of"):
            words, held, measured, _ = (cell.strip() for cell in line[1:-1].split("|"))
            found.append(Row(section, words, held, measured))
    return found


def complaints(statement: Statement, page: str) -> list[str]:
    """Sentences without a row or with two, and rows without a sentence."""
    rows = rows_of(page)
    used: set[Row] = set()
    found = []
    for title, sentence in sentences(statement):
        fitting = [row for row in rows if row.section == title and names(row.words, sentence)]
        used.update(fitting)
        if len(fitting) != 1:
            found.append(f"{len(fitting)} rows: {title}: {sentence}")
    return found + [f"no sentence: {row.section}: {row.words}" for row in rows if row not in used]


def test_every_sentence_has_its_row_and_every_row_a_sentence() -> None:
    assert complaints(STATEMENT, PAGE) == []


def test_the_page_and_the_audits_table_have_the_same_rows() -> None:
    """Also which checks measure a sentence: the audit goes by the table, people read the page."""
    table = [
        (section, promise.words, ", ".join(f"`{check}`" for check in promise.checks))
        for section, promises in PROMISES.items()
        for promise in promises
    ]
    assert [(row.section, row.words, row.measured) for row in rows_of(PAGE)] == table


def test_what_is_named_exists() -> None:
    assert len(list(proofs(PAGE))) > 50
    assert missing(PAGE) == []


def test_every_row_says_what_holds_it() -> None:
    bad = []
    for row in rows_of(PAGE):
        for part in row.held.split("<br>"):
            if part not in NO_TEST and list(proofs(part)) != [part]:
                bad.append(row)
    assert bad == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param("It is for nothing", ["0 rows", "no sentence"], id="another sentence's words"),
        pytest.param("used for nothing", [], id="fewer words"),
    ],
)
def test_what_does_not_fit_is_seen(words: str, complaint: list[str]) -> None:
    row = "| It is used for nothing else |"
    assert row in PAGE
    found = complaints(STATEMENT, PAGE.replace(row, f"| {words} |"))
    assert [each.partition(":")[0] for each in found] == complaint


def test_a_sentence_with_two_rows_is_seen() -> None:
    row = "| A no anywhere is a no |"
    assert row in PAGE
    [found] = complaints(STATEMENT, PAGE.replace(row, f"| If |  |  |  |\n{row}", 1))[:1]
    assert found.startswith("2 rows: Your choice, Do Not Track and Global Privacy Control: If")


def test_a_new_sentence_is_seen() -> None:
    section = STATEMENT.sections[0]
    more = replace(section, blocks=(*section.blocks, Paragraph("We love you. Still.")))
    statement = replace(STATEMENT, sections=(more, *STATEMENT.sections[1:]))
    assert complaints(statement, PAGE) == [
        "0 rows: What is collected: We love you.",
        "0 rows: What is collected: Still.",
    ]


def test_a_proof_that_is_not_there_is_seen() -> None:
    text = (
        "`tests/pipeline/statement/test_promises.py::test_a_new_sentence_is_seen` "
        "`tests/pipeline/statement/test_promises.py::test_of_a_dream` "
        "`tests/pipeline/statement/test_promises.py::complaints` "
        "`tests/nowhere.py::test_a` `.venv/bin/python -m tests.bench.release_table` "
        "`.venv/bin/python -m tests.bench.nothing` `.venv/bin/python -m tests.paths`"
    )
    assert len(list(proofs(text))) == 7
    assert [each.split(":")[-1].split()[-1].strip("`") for each in missing(text)] == [
        "test_of_a_dream",
        "complaints",
        "test_a",
        "tests.bench.nothing",
        "tests.paths",
    ]
