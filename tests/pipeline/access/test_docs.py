"""The operators' table of roles is the table in the code, to the letter.

`.venv/bin/python -m tests.pipeline.access.test_docs` writes it anew.
"""

from collections.abc import Iterator

from quietclicks.pipeline.access.roles import ROLES, Grant, Resource, Role
from tests.paths import ROOT

PAGE = ROOT / "docs" / "operating.md"
WRITE = ".venv/bin/python -m tests.pipeline.access.test_docs"
BEGIN, END = "<!-- roles -->\n", "<!-- end of roles -->\n"
NAMES = {"app": "quietclicks", "partner": "<name>"}


def table() -> str:
    """All of it, between its two marks."""
    rows = [row for role in ROLES for row in _rows(role)]
    return "\n".join(["| role | what it is | may | on | for |", "|---|---|---|---|---|", *rows, ""])


def _rows(role: Role) -> Iterator[str]:
    name = role.name.format(**NAMES)
    head = f"`{name}` | {role.who}"
    for operations, on, why in _merged(role.grants, name):
        yield f"| {head} | {operations} | {on} | {why} |"
        head = " | "


def _merged(grants: tuple[Grant, ...], role: str) -> Iterator[tuple[str, str, str]]:
    """Grants that differ in their pattern only are one row."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for grant in grants:
        kind = str(grant.resource)
        if grant.resource is Resource.TOPIC:
            kind = "topics that are listed or not:" if grant.unlisted else "topic"
        key = ", ".join(grant.operations), kind, grant.why
        found.setdefault(key, []).append(grant.pattern.format(role=role, **NAMES))
    for (operations, kind, why), patterns in found.items():
        named = ", ".join(f"`{each}`" for each in patterns if each)
        yield operations, f"{kind} {named}".strip(), why


def test_the_page_has_the_table() -> None:
    text = PAGE.read_text("utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == table(), f"run: {WRITE}"


def test_every_role_has_its_own_section_of_the_table() -> None:
    assert all(f"| `{role.name.format(**NAMES)}` | {role.who} |" in table() for role in ROLES)


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(head + BEGIN + table() + END + rest.split(END)[1], "utf-8")
