"""The statement, sentence by sentence, and how a row of a table names one of them.

A sentence is named by words of it: so a number in it may change, and a new sentence is nobody's.
"""

import re
from collections.abc import Iterator

from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.statement.parts import Block, Bullets, Paragraph, Table

ALL, ROWS = "*every sentence*", "*every row*"
_BAR = " | "


def sentences(statement: Statement) -> Iterator[tuple[str, str]]:
    """Section's title and sentence, in order. A table's row is one, with bars between its cells."""
    for section in statement.sections:
        for block in section.blocks:
            for sentence in _of_block(block):
                yield section.title, sentence


def names(words: str, sentence: str) -> bool:
    """Whether a sentence of the same section is meant by these words."""
    if words == ALL:
        return True
    is_row = _BAR in sentence
    return is_row if words == ROWS else not is_row and words in sentence


def _of_block(block: Block) -> list[str]:
    match block:
        case Table(_, rows):
            return [_BAR.join(row) for row in rows]
        case Bullets(items):
            return [each for item in items for each in _apart(item)]
        case Paragraph(text):
            return _apart(text)


def _apart(text: str) -> list[str]:
    return re.split(r"(?<=[.:]) (?=[A-Z])", text)
