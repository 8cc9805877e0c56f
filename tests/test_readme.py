"""What README and docs name is there: settings and defaults, commands, targets, files, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from quietclicks.agents.settings import PREFIX, Settings
from quietclicks.commands.cli import cli
from tests.paths import ROOT
from tests.rows import each_row

README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# These tell of the day they were written: what they name may be gone since.
OF_THEIR_DAY = {ROOT / "CHANGELOG.md", ROOT / "docs" / "removed.md"}
OF_TODAY = [page for page in PAGES if page not in OF_THEIR_DAY and page.parent.name != "decisions"]
FIELDS: dict[str, dict[str, Any]] = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code(text: str) -> Iterator[str]:
    """What is marked as code: spans, which may go over a line's end, and lines of blocks."""
    prose = []
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.partition("#")[0].strip()
        else:
            prose.append(line)
    for span in re.findall(r"`([^`]+)`", "\n".join(prose)):
        yield " ".join(span.split())


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    words = re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def headings(page: Path) -> set[str]:
    return {slug(each) for each in re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))}


def test_the_table_of_settings_is_what_settings_say() -> None:
    lines = README.read_text("utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `QUIETCLICKS_")]
    assert len(rows) > 10
    for names, told, meaning in rows:
        variables = [each.removeprefix(PREFIX) for each in re.findall(r"`(\w+)`", names)]
        fields = [FIELDS[each.removeprefix("_").lower()] for each in variables]
        defaults = [str(each["default"]) for each in fields if each["default"] is not None]
        in_code = re.findall(r"`(.+?)`", told)
        assert in_code == (["deploy/policy.toml"] if variables == ["POLICY"] else defaults), names
        values = {value for field in fields for value in field.get("enum", ())}
        assert values <= set(re.findall(r"`(.+?)`", told + meaning)), names


@each_row("page", OF_TODAY, ids=name_of)
def test_the_commands_it_names_exist(page: Path) -> None:
    for text in code(page.read_text("utf-8")):
        for typed in re.findall(r"(?:^|bin/|[ =])quietclicks ([a-z-].*)", text):
            words = typed.split()
            command: click.Command = cli
            while isinstance(command, click.Group) and words and re.match("[a-z]+$", words[0]):
                found = command.get_command(click.Context(command), words.pop(0))
                assert found is not None, text
                command = found
            options = {each for option in command.params for each in option.opts} | {"--help"}
            named = {word for word in words if re.match("--[a-z]", word)}
            if command is not cli:
                assert named <= options, text


@each_row("page", OF_TODAY, ids=name_of)
def test_the_targets_it_names_exist(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8")))
    named = {
        target
        for text in code(page.read_text("utf-8"))
        for target in re.findall(r"(?:^|time )make ([a-z-]+)", text)
    }
    assert named <= targets


@each_row("page", OF_TODAY, ids=name_of)
def test_the_files_it_names_exist(page: Path) -> None:
    tops = {each.name for base in (ROOT, ROOT / "quietclicks") for each in base.iterdir()}
    missing = []
    for text in code(page.read_text("utf-8")):
        top, _, rest = text.partition("/")
        if not (top in tops and re.fullmatch(r"[\w./-]*(\.\w+|/)|", rest)):
            continue
        if not any((base / text).exists() for base in (ROOT, ROOT / "quietclicks")):
            missing.append(text)
    assert missing == []


@each_row("page", PAGES, ids=name_of)
def test_its_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        if re.match("[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_on_the_map() -> None:
    links = set(re.findall(r"\]\(([^)#\s]+)", (ROOT / "docs" / "README.md").read_text("utf-8")))
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= links


def test_what_is_not_there_is_seen() -> None:
    assert list(code("a `b\nc`\n\n    d  # e\n```\nf\n```\n")) == ["d", "f", "b c"]
    assert slug("What *is* kept, how, and `why`") == "what-is-kept-how-and-why"
