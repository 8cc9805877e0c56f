"""The files of a broker that runs: some are deleted while one looks."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """All of them. `Path.glob` would raise where a folder goes meanwhile; so may opening a file."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
