"""How far each log was read, in a small file: written only of what the broker has acknowledged.

It holds names of files, numbers and 16 bits of each file's content; nothing of a line.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from quietclicks.agents.files import read_file
from quietclicks.agents.kept import replace
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.logs.generation import Generation

MAX_STATE_BYTES = 1024 * 1024
Positions = Mapping[str, Sequence[Generation]]
"""A log's path → its generations that are not done with, the oldest first."""


class _Stored(Struct, forbid_unknown_fields=True):
    version: Literal[1]
    files: dict[str, list[Generation]]


def default_path(logs: Sequence[Path], environment: Mapping[str, str]) -> Path:
    """Where the positions of these logs are kept, if nothing is said; raises `UsageError`.

    systemd gives a service a folder of its own (`StateDirectory=`).
    """
    if folder := environment.get("STATE_DIRECTORY"):
        base = Path(folder.partition(":")[0])
    elif folder := environment.get("XDG_STATE_HOME"):
        base = Path(folder) / "quietclicks"
    elif folder := environment.get("HOME"):
        base = Path(folder) / ".local" / "state" / "quietclicks"
    else:
        raise UsageError("there is no home to keep the position in: say where, with --state FILE")
    names = "\0".join(sorted(map(str, logs))).encode("utf-8", "surrogateescape")
    return base / f"follow-{blake2b(names, digest_size=6).hexdigest()}.json"


@contextmanager
def only_follower(path: Path) -> Iterator[None]:
    """For as long as no other follower keeps its positions there; raises `Failure`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failure(f"cannot keep the position in {path}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Failure(
            f"another `quietclicks follow` keeps its position in {path}: stop it, or give this one "
            "another --state"
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def load(path: Path) -> dict[str, list[Generation]]:
    """What was saved; nothing where nothing was. Raises `Failure`."""
    try:
        return msgspec.json.decode(read_file(path, MAX_STATE_BYTES), type=_Stored).files
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Failure(f"cannot read the position in {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Failure(
            f"{path} is damaged, and no position can be read in it: without it each log is "
            "followed from its end on"
        ) from None


def save(path: Path, positions: Positions) -> None:
    """At once or not at all, and on the disk; raises `Failure`."""
    files = {name: list(each) for name, each in positions.items()}
    try:
        replace(path, msgspec.json.encode(_Stored(1, files)))
    except OSError as error:
        raise Failure(f"cannot keep the position in {path}: {error.strerror}") from None
