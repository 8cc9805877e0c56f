"""The files of a broker that runs: some are deleted while one looks."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """All of them. `Path.glob` would raise where a folder goes meanwhile; so may opening a file."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def contents(folder: Path) -> list[bytes]:
    """What the files of one folder hold, read anew where one was deleted or renamed meanwhile.

    Who compacts renames them all the time: between two names what is there would not be seen.
    """
    while True:
        try:
            return [written(each) for each in files_below(folder) if each.parent == folder]
        except FileNotFoundError:
            continue


def written(file: Path) -> bytes:
    """What a file holds but for its holes: an index is 10 MB long, and nearly all of it is one."""
    parts: list[bytes] = []
    with file.open("rb") as opened:
        at = 0
        while True:
            try:
                at = os.lseek(opened.fileno(), at, os.SEEK_DATA)
                end = os.lseek(opened.fileno(), at, os.SEEK_HOLE)
            except OSError as error:
                if error.errno != errno.ENXIO:  # a hole to the end, or it was cut just now
                    raise
                return b"".join(parts)
            parts.append(os.pread(opened.fileno(), end - at, at))
            at = end
