"""Countries by address, from an MMDB file that may be replaced while it is in use.

It never keeps an address, and no message of its own holds one.
"""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Self

import maxminddb
from maxminddb.decoder import Decoder

from quietclicks.agents.files import check_file
from quietclicks.errors import UsageError
from quietclicks.pipeline.fields.country import country_code

MAX_BYTES = 1 << 30  # it is held in memory; the largest that are sold have some hundred MB
PROBED = 5_000  # networks that are read before a file is trusted: some 0.1 s

# What the reader raises for a damaged file, or for an IPv6 address in a file of IPv4 only.
_UNREADABLE = (ValueError, RuntimeError, TypeError, LookupError)

_Version = tuple[int, int, int, int]


class Countries:
    """Looks countries up in one file, or in none: then no address has a country."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reader: _Reader | None = None
        self._seen: _Version | None = None

    @classmethod
    def open(cls, path: str | Path | None) -> Self:
        """Raises `UsageError` where the file is missing, damaged, or has no countries."""
        countries = cls(None if path is None else Path(path))
        countries.reload_if_replaced()
        return countries

    @property
    def configured(self) -> bool:
        """Whether there is a file at all."""
        return self._path is not None

    def country(self, address: bytes) -> str | None:
        """4 or 16 packed bytes → ISO 3166-1 alpha-2, or `None`."""
        if self._reader is None:
            return None
        try:
            text = inet_ntop(AF_INET if len(address) == 4 else AF_INET6, address)
            found = self._reader.get(text)
        except _UNREADABLE:
            return None
        return found if isinstance(found, str) and found else None

    def reload_if_replaced(self) -> bool:
        """Take the file's new version, if there is one; `True` says that it is in use.

        Raises `UsageError`, once for each version, where the new one is missing or unusable. The
        old one is then still in use: log it and go on. May run beside look-ups, in a thread.
        """
        if self._path is None:
            return False
        version = _version(self._path)
        if self._reader is not None and version == self._seen:
            return False
        self._seen = version
        self._reader = _read(self._path)
        return True


class _Reader(maxminddb.Reader):
    """Answers with country codes, and remembers what each record of the file says.

    The file is read into memory once: one that is mapped kills the process when it shrinks. And it
    is read by Python: maxminddb 3.2's C reader overruns its memory on damaged files. Decoding a
    record is most of a look-up's cost, and a file has few distinct ones.
    """

    def __init__(self, path: Path) -> None:
        self._codes: dict[int, str] = {}
        super().__init__(path, maxminddb.MODE_MEMORY)
        # The metadata comes last, and the reader does not notice that its last field is cut.
        marker = self._METADATA_START_MARKER
        start = self._buffer.rfind(marker, 0) + len(marker)
        _, end = Decoder(self._buffer, start).decode(start)
        if end > self._buffer_size:
            raise maxminddb.InvalidDatabaseError("cut short")

    def _resolve_data_pointer(self, pointer: int) -> str:
        code = self._codes.get(pointer)
        if code is None:
            code = country_code(super()._resolve_data_pointer(pointer)) or ""
            self._codes[pointer] = code
        return code


def _version(path: Path) -> _Version | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _read(path: Path) -> _Reader:
    try:
        check_file(path, MAX_BYTES)
        reader = _Reader(path)
        has_countries = _has_countries(reader)
    except OSError as error:
        raise UsageError(f"cannot read the country database {path}: {error.strerror}") from None
    except _UNREADABLE:
        raise UsageError(
            f"the country database {path} is not an MMDB file, or it is damaged: fetch it again"
        ) from None
    if not has_countries:
        raise UsageError(
            f"the database {path} has no countries (its type is "
            f"{reader.metadata().database_type!r}): it needs country.iso_code or country_code"
        )
    return reader


def _has_countries(reader: _Reader) -> bool:
    """Whether the file's first networks, in order of address, have any."""
    make, bits = (IPv6Address, 128) if reader.metadata().ip_version == 6 else (IPv4Address, 32)
    first, found = 0, False
    for _ in range(PROBED):
        code, prefix = reader.get_with_prefix_len(make(first))
        found = found or bool(code)
        first += 1 << (bits - prefix)
        if first >> bits:
            break
    return found
