"""docs/reference.md is what the settings and the command line say of themselves.

`.venv/bin/python -m tests.test_reference` writes the page anew.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from quietclicks.agents.settings import PREFIX, Settings
from quietclicks.commands.cli import cli
from tests.paths import ROOT

PAGE = ROOT / "docs" / "reference.md"
WRITE = ".venv/bin/python -m tests.test_reference"
WIDTH = 100

HEAD = f"""# Reference

Every setting and every command, written by `{WRITE}` from `quietclicks/agents/settings.py` and
`quietclicks/commands/`; a test holds it. Change the texts there, not here.

## Settings

Environment variables, or a TOML file that `QUIETCLICKS_CONFIG` names: there without the prefix and
in small letters (`web_port = 0`). The environment wins. `quietclicks worker --help` shows the same.
What is decided about data stands in the [policy](policy.md), not here.

| variable | type | default | meaning |
|---|---|---|---|
"""
COMMANDS = """
## Commands

Each has `--help`, or `-h`. The exit status is 0, or 1 where something failed, or 2 where something
that was typed, a setting or the policy is wrong; the reason is one line on standard error.
"""


def render() -> str:
    """The whole page."""
    rows = "".join(f"{row}\n" for row in settings_rows())
    return HEAD + rows + COMMANDS + "".join(command_sections(cli, None))


def settings_rows() -> Iterator[str]:
    schema = msgspec.json.schema(Settings)
    for name, field in schema["$defs"]["Settings"]["properties"].items():
        default = "none" if field["default"] is None else f"`{field['default']}`"
        meaning = field.get("description") or "?"
        yield f"| `{PREFIX}{name.upper()}` | {type_in_words(field)} | {default} | {meaning} |"


def type_in_words(field: dict[str, Any]) -> str:
    if "enum" in field:
        *most, last = (f"`{value}`" for value in field["enum"])
        return f"{', '.join(most)} or {last}"
    if "anyOf" in field:
        [inner] = [each for each in field["anyOf"] if each["type"] != "null"]
        return type_in_words(inner)
    words = {"string": "text", "integer": "whole number", "number": "number"}[field["type"]]
    bounds = [
        f"{says} {field[key]:,}"
        for key, says in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "up to"))
        if key in field
    ]
    return " ".join([words, *bounds])


def command_sections(command: click.Command, parent: click.Context | None) -> Iterator[str]:
    """A section for each command that does something, in the order in which help lists them."""
    context = click.Context(
        command,
        info_name=command.name if parent else "quietclicks",
        parent=parent,
        terminal_width=WIDTH,
    )
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from command_sections(found, context)
        if not command.invoke_without_command:
            return
    formatter = context.make_formatter()
    command.format_usage(context, formatter)
    command.format_help_text(context, formatter)
    if options := [told for each in command.params if (told := each.get_help_record(context))]:
        with formatter.section("Options"):
            formatter.write_dl(options)
    yield f"\n### {context.command_path}\n\n```text\n{formatter.getvalue().rstrip()}\n```\n"


def test_the_page_is_what_settings_and_commands_say() -> None:
    assert PAGE.read_text("utf-8") == render(), f"run: {WRITE}"


def test_every_setting_says_what_it_means() -> None:
    assert [row for row in settings_rows() if row.endswith(" ? |")] == []


def test_every_command_and_option_says_what_it_does() -> None:
    def silent(command: click.Command, path: str) -> Iterator[str]:
        if not inspect.cleandoc(command.help or ""):
            yield path
        for option in command.params:
            if isinstance(option, click.Option) and not option.help:
                yield f"{path} {option.opts[0]}"
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                each = command.get_command(context, name)
                assert each is not None
                asked.add(name)
                yield from silent(each, f"{path} {name}")

    asked: set[str] = set()
    assert list(silent(cli, "quietclicks")) == []
    assert asked > {"preview", "worker", "access", "apply"}


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
