"""The public statement: a policy in plain words, as sections, and those as Markdown.

Every number in it comes from the policy; it knows no other input.
"""

from msgspec import Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import ControllerPolicy, Policy
from quietclicks.pipeline.statement.data import collected, not_collected, protected
from quietclicks.pipeline.statement.parts import Block, Bullets, Paragraph, Section, Table
from quietclicks.pipeline.statement.use import choices, kept, partners, purposes, readers
from quietclicks.pipeline.statement.you import changes, figures, limits, rights, transfers


class Statement(Struct, frozen=True):
    """The title, when the policy was last revised, and the sections in order."""

    title: str
    revision: str
    sections: tuple[Section, ...]


def build(policy: Policy, name: str) -> Statement:
    """`name` is the file's. Raises `UsageError` if the policy does not say who answers for it."""
    controller = policy.controller
    if controller is None:
        raise UsageError(
            f"{name}: controller: missing; the public must read who answers for the data "
            "(name, contact, region, authority)"
        )
    return Statement(
        f"How {controller.name} uses data about visits to its websites",
        policy.revision,
        _sections(policy, controller),
    )


def render(statement: Statement) -> str:
    """Markdown."""
    parts = [f"# {statement.title}", f"Last revised: {statement.revision}"]
    for section in statement.sections:
        parts.append(f"## {section.title}")
        parts += [_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _sections(policy: Policy, controller: ControllerPolicy) -> tuple[Section, ...]:
    return (
        collected(policy),
        not_collected(),
        purposes(policy),
        choices(policy),
        protected(policy),
        kept(policy),
        readers(policy),
        partners(policy),
        transfers(policy, controller),
        rights(policy, controller),
        limits(policy),
        changes(policy),
        figures(policy),
    )


def _markdown(block: Block) -> str:
    match block:
        case Paragraph(text):
            return text
        case Bullets(items):
            return "\n".join(f"- {item}" for item in items)
        case Table(head, rows):
            lines = [_row(head), "|---" * len(head) + "|", *map(_row, rows)]
            return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
