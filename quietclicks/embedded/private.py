"""Folders and files that nobody else on the machine reads, whoever made them and when.

What arrives at a broker holds addresses. It changes nothing that is not this user's.
"""

import stat
from collections.abc import Iterable
from pathlib import Path

from quietclicks.errors import Failure

FOLDER, FILE = 0o700, 0o600


def make_private(folder: Path, names: Iterable[str]) -> None:
    """A folder, and what there is in it by these names. Raises `Failure`."""
    if folder.stat().st_mode & stat.S_ISVTX:
        raise Failure(f"{folder} is a folder that others share: name one of its own for the broker")
    for each in (folder, *(folder / name for name in names)):
        try:
            mode = each.lstat().st_mode
            if not stat.S_ISLNK(mode):
                each.chmod(FOLDER if stat.S_ISDIR(mode) else FILE)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Failure(f"{each} cannot be made private: {error.strerror}") from None


def write_private(file: Path, text: str) -> None:
    """Anew, and private from the beginning."""
    file.unlink(missing_ok=True)
    file.touch(FILE)
    file.write_text(text, "utf-8")
