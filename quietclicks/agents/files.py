"""Files that settings and arguments name: read whole, up to a size, and never waited for in vain.

A pipe that nobody writes to, or a device without an end, would hold a command up for ever.
"""

import errno
import os
import stat
from pathlib import Path
from select import select

PATIENCE_S = 10  # with who writes to a pipe: `policy diff <(git show HEAD:policy.toml) policy.toml`
_PORTION = 1 << 16


def read_file(path: str | Path, most: int) -> bytes:
    """Up to `most` bytes. Raises `OSError` with a `strerror` to be told, of what is longer, too."""
    read = bytearray()
    with open(path, "rb", buffering=0, opener=_at_once) as file:
        while len(read) <= most:
            portion = file.read(_PORTION)
            if portion is None:  # a pipe: somebody has it open, and has not written yet
                if not select([file], [], [], PATIENCE_S)[0]:
                    raise OSError(errno.ETIMEDOUT, "nothing is written to it")
            elif portion:
                read += portion
            else:
                break
        if not read and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.ENODATA, "it is no file, and nobody writes to it")
    if len(read) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")
    return bytes(read)


def check_file(path: str | Path, most: int) -> None:
    """That it is a file, for a library to read. Raises `OSError` as `read_file` does."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    if status.st_size > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
