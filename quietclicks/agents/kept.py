"""A small file that several workers of a machine keep: replaced whole, by one of them at a time.

Nobody waits for who is at it: that one may be stopped, or a disk may be slow.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else is at its files now. Raises `OSError`."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = True
    except BlockingIOError:
        mine = False
    try:
        yield mine
    finally:
        os.close(handle)


def replace(path: Path, content: bytes) -> None:
    """At once, for who is `alone`: whoever copies it away gets a whole one. Raises `OSError`.

    It is on the disk then, under its name.
    """
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
