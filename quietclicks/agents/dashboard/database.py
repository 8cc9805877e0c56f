"""One DuckDB file, or none: opened with bounds, and with no way to files, networks or extensions.

What is broken, of another program or of an older format is made anew: all of it is in `trends.*`.
"""

import logging
from pathlib import Path

import duckdb

from quietclicks.errors import Failure

FORMAT = 1  # raise it with every change of the tables: the file is then built anew
MEMORY = "512MB"
THREADS = 2
SPILL = "2GB"  # beside the file, while a query needs more than the memory

# When a day or an hour starts, and when its record was appended, is in hours since 1970.
# Totals are few, and asked for first.
SCHEMA = f"""
CREATE TABLE format AS SELECT {FORMAT} AS number;
CREATE TABLE totals (
    site VARCHAR, is_day BOOLEAN, hour INTEGER,
    views BIGINT, visitors BIGINT, complete BOOLEAN, appended INTEGER);
CREATE TABLE days (
    site VARCHAR, dimension VARCHAR, hour INTEGER, value VARCHAR,
    views BIGINT, visitors BIGINT, complete BOOLEAN, appended INTEGER);
CREATE TABLE hours (
    site VARCHAR, dimension VARCHAR, hour INTEGER, value VARCHAR,
    views BIGINT, visitors BIGINT, complete BOOLEAN, appended INTEGER);
CREATE TABLE partitions (topic VARCHAR, id VARCHAR, partition INTEGER, next BIGINT);
"""

log = logging.getLogger(__name__)


def opened(folder: Path, *, rebuild: bool = False) -> duckdb.DuckDBPyConnection:
    """The store's file in a folder, made where it is missing. Raises `Failure`."""
    file = folder / "trends.duckdb"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = _connected(file)
        if not rebuild:
            return connection
        connection.close()  # nobody else holds it
    except (_Foreign, duckdb.Error) as error:
        if _is_held(error):
            raise Failure(f"another dashboard holds {file}: name another folder") from None
        log.warning("the store %s cannot be used as it is: it is built anew from the topics", file)
    except OSError as error:
        raise Failure(f"cannot use the folder {folder}: {error.strerror}") from None
    try:
        _remove(file)
        return _connected(file)
    except (_Foreign, duckdb.Error, OSError) as error:
        raise Failure(f"the store {file} cannot be made: {type(error).__name__}") from None


class _Foreign(Exception):
    """Not a file of ours, or not of this format."""


def _is_held(error: Exception) -> bool:
    return isinstance(error, duckdb.IOException) and "lock on file" in str(error)


def _remove(file: Path) -> None:
    """With what belongs to it: a log of one file must not be taken for another's."""
    for each in file.parent.glob(f"{file.name}*"):
        if each.is_file():
            each.unlink()


def _connected(file: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(file),
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "max_temp_directory_size": SPILL,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    try:
        exports = exports_of(file.parent)
        exports.mkdir(mode=0o700, exist_ok=True)
        for old in exports.iterdir():  # of a process that was killed as it wrote one
            old.unlink()
        # Of files it may write exports alone from now on, and nothing undoes that.
        connection.execute("SET allowed_directories = ?", [[f"{exports}/"]])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
        if not tables:
            connection.begin()
            connection.execute(SCHEMA)
            connection.commit()
        elif "format" not in tables or _format(connection) != FORMAT:
            raise _Foreign
    except BaseException:
        connection.close()
        raise
    return connection


def exports_of(folder: Path) -> Path:
    """Where an export stands while it is written and read."""
    return folder / "exports"


def _format(connection: duckdb.DuckDBPyConnection) -> int | None:
    found = connection.execute("SELECT number FROM format").fetchone()
    return found[0] if found else None
