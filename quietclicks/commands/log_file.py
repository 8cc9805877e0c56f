"""A log's file, or standard input: opened to be read twice, unpacked, as lines in UTF-8.

Holds a portion at a time. What is no log to begin with, or damaged, is told in a line.
"""

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import sys
import tempfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import BinaryIO, cast

import click

from quietclicks.errors import UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_LINE_BYTES = 4 * 1024 * 1024
PORTION = 1 << 20

PACKED: dict[bytes, type] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"\x28\xb5\x2f\xfd": zstd.ZstdFile,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
}
NAMES: dict[type, str] = {
    gzip.GzipFile: "gzip",
    zstd.ZstdFile: "zstd",
    lzma.LZMAFile: "xz",
    bz2.BZ2File: "bz2",
}
OTHER_ARCHIVES = {b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
MAGIC_BYTES = 6
DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError)


def open_log_file(file: str) -> BinaryIO:
    """A file, or standard input (`-`), unpacked. Closed when the command ends."""
    command = click.get_current_context()
    if file == "-":
        stream = command.with_resource(_put_aside())
    else:
        stream = command.with_resource(_opened(file))
    magic = stream.read(MAGIC_BYTES)
    stream.seek(0)
    for begins, name in OTHER_ARCHIVES.items():
        if magic.startswith(begins):
            raise UsageError(f"the log is a {name} archive: unpack it first")
    for begins, kind in PACKED.items():
        if magic.startswith(begins):
            unpacked = gzip.GzipFile(fileobj=stream) if kind is gzip.GzipFile else kind(stream)
            return command.with_resource(cast(BinaryIO, unpacked))
    return stream


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """From the beginning. What is longer than any line should be comes in portions."""
    try:
        stream.seek(0)
        encoding = _utf_16(stream.read(64))
        stream.seek(0)
        if encoding is None:
            while line := stream.readline(MAX_LINE_BYTES):
                yield line
        else:
            yield from _recoded(stream, encoding)
    except DAMAGED:
        raise UsageError(_damaged(stream)) from None
    except OSError as error:
        said = f"cannot read the log: {error.strerror}" if error.strerror else _damaged(stream)
        raise UsageError(said) from None


def _damaged(stream: BinaryIO) -> str:
    return f"the log is a damaged {NAMES.get(type(stream), 'packed')} file, or was cut off"


def _opened(file: str) -> BinaryIO:
    try:
        # A named pipe that nobody writes to must not be waited for.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise UsageError(f"cannot read {file}: {said}") from None
    stream = None
    try:
        kind = os.fstat(descriptor)
        if stat.S_ISDIR(kind.st_mode):
            raise UsageError(f"cannot read {file}: {os.strerror(errno.EISDIR)}")
        if not stat.S_ISREG(kind.st_mode) and not os.path.samestat(kind, os.stat(os.devnull)):
            raise UsageError(
                f"cannot read {file}: it cannot be read twice; give it to standard input, and say -"
            )
        stream = os.fdopen(descriptor, "rb")
    finally:
        if stream is None:
            os.close(descriptor)
    return stream


def _put_aside() -> BinaryIO:
    """Standard input, in a file that has no name and goes with the process."""
    stream = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - closed with the command
    try:
        if sys.stdin is None:
            raise UsageError("there is no standard input: name a file")
        while portion := sys.stdin.buffer.read(PORTION):
            stream.write(portion)
        stream.seek(0)
    except OSError as error:
        stream.close()
        raise UsageError(f"cannot read standard input: {error.strerror}") from None
    return stream


def _utf_16(begins: bytes) -> str | None:
    """Told by its mark; or by every other byte being null, as it is of the first letters."""
    if begins.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    for encoding, nulls, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if len(begins) > 1 and not any(begins[nulls::2]) and all(begins[others::2]):
            return encoding
    return None


def _recoded(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    text = io.TextIOWrapper(stream, encoding, "replace", newline="\n")
    try:
        while line := text.readline(MAX_LINE_BYTES):
            yield line.encode("utf-8", "replace")
    finally:
        text.detach()  # it would be closed, and is read again
