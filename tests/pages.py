"""Tests and measurements that a page of the docs names as proof: do they exist?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT

TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
MEASURED = re.compile(r"`\.venv/bin/python -m (tests(?:\.\w+)+)`")


def proofs(text: str) -> Iterator[str]:
    """What is named, as it is named."""
    for pattern in (TEST, MEASURED):
        yield from (found[0] for found in pattern.finditer(text))


def missing(text: str) -> list[str]:
    """Proofs that are not there."""
    return [each for each in proofs(text) if not _exists(each)]


def _exists(proof: str) -> bool:
    if found := TEST.fullmatch(proof):
        return found[2].startswith("test_") and found[2] in _functions(ROOT / found[1])
    measured = MEASURED.fullmatch(proof)
    return measured is not None and "main" in _functions(
        ROOT / f"{measured[1].replace('.', '/')}.py"
    )


def _functions(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    return {
        each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
