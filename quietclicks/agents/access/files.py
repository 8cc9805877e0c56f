"""Files that hold a secret: for their owner alone, whole or not there at all."""

import os
import tempfile
from pathlib import Path

from quietclicks.agents.settings import Settings
from quietclicks.errors import UsageError

OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make it, for its owner alone, where it is not there. Raises `UsageError`."""
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from None


def write_secret(path: Path, content: bytes) -> None:
    """Put a file into its place, mode 0600 from its first byte on. Raises `UsageError`."""
    try:
        # `mkstemp` makes it for the owner alone; until it is renamed nobody looks for it.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with open(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def read(path: Path) -> bytes | None:
    """What it holds; `None` where it is not there. Raises `UsageError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def is_open_to_others(path: Path) -> bool:
    """Whether somebody else on the machine may read or write it."""
    return bool(path.stat().st_mode & OTHERS)


def open_secrets(settings: Settings, config: str | None) -> list[str]:
    """Those files with a secret that a process was given, and others may read: one line each.

    `config`: the file that the settings are from.
    """
    keys = (settings.key_encryption_key_file, settings.signing_key_file, settings.tls_key)
    return [
        f"{path}: others on this machine may read it: chmod 600 {path}"
        for path in map(Path, filter(None, (config, *keys)))
        if path.is_file() and is_open_to_others(path)
    ]
