"""docs/threat-model.md names whoever could attack, and a test for each of its lines."""

import re

import pytest

from tests.pages import missing, proofs
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
LIMITS = ROOT / "tests" / "test_declared_limits.py"
ATTACKERS = (
    *("The public", "A partner", "An analyst", "An operator"),
    *("An insider with a key", "A broker thief", "A Sybil"),
)
HEADS = ("tries | what stops it | shown by", "is not stopped from | what helps | shown by")
UNSHOWN = re.compile(r"no test: \w[^|]+")


def sections(page: str) -> dict[str, str]:
    """Heading → what stands under it."""
    _, *parts = re.split(r"(?m)^## ", page)
    return {part.partition("\n")[0]: part for part in parts}


def rows(section: str, head: str) -> list[tuple[str, ...]]:
    """The rows of the table with this head."""
    table = section.partition(f"| {head} |\n|---|---|---|\n")[2].partition("\n\n")[0]
    return [tuple(line.strip("| ").split(" | ")) for line in table.splitlines()]


def unproven(page: str) -> list[str]:
    """Rows that show no test, and do not say why there is none."""
    found = []
    for section in sections(page).values():
        for head in HEADS:
            for row in rows(section, head):
                last = row[-1].split("<br>")
                shown = all(list(proofs(each)) == [each] for each in last)
                is_limit = head == HEADS[1] and UNSHOWN.fullmatch(row[-1]) is not None
                if len(row) != 3 or not (shown or is_limit):
                    found.append(row[0])
    return found


def test_every_attacker_has_both_tables() -> None:
    found = sections(PAGE)
    assert tuple(found) == ATTACKERS
    for section in found.values():
        assert all(rows(section, head) for head in HEADS)


def test_every_line_shows_its_test() -> None:
    assert unproven(PAGE) == []
    assert missing(PAGE) == []
    assert len(list(proofs(PAGE))) > 40


def test_every_declared_limit_that_is_shown_is_declared() -> None:
    shown = set(re.findall(r"(?m)^def (test_\w+)", LIMITS.read_text("utf-8")))
    assert len(shown) > 5
    assert shown == set(re.findall(r"test_declared_limits\.py::(\w+)", PAGE))


@pytest.mark.parametrize(
    "row",
    [
        "| a | b | c |",
        "| a | b |  |",
        "| a | b | no test: |",
        "| a | b | `tests/test_threat_model.py::test_every_attacker_has_both_tables` or so |",
    ],
)
@pytest.mark.parametrize("head", HEADS)
def test_a_line_without_one_is_seen(head: str, row: str) -> None:
    assert unproven(f"## X\n\n| {head} |\n|---|---|---|\n{row}\n") == ["a"]


def test_only_a_limit_may_go_without() -> None:
    row = "| a | b | no test: none can be |"
    assert unproven(f"## X\n\n| {HEADS[0]} |\n|---|---|---|\n{row}\n") == ["a"]
    assert unproven(f"## X\n\n| {HEADS[1]} |\n|---|---|---|\n{row}\n") == []
