"""What a statement is made of, whatever it is rendered as. Plain text only, no markup."""

from msgspec import Struct


class Paragraph(Struct, frozen=True):
    """Some sentences."""

    text: str


class Bullets(Struct, frozen=True):
    """A list without an order."""

    items: tuple[str, ...]


class Table(Struct, frozen=True):
    """Rows under a head; the first cell names its row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Bullets | Table


class Section(Struct, frozen=True):
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


def section(title: str, *blocks: Block | str) -> Section:
    """A bare text is a paragraph."""
    return Section(title, tuple(Paragraph(b) if isinstance(b, str) else b for b in blocks))


def listed(words: tuple[str, ...]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
