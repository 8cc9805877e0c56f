"""A table as a Parquet file, written by the store's own database: there is no other writer here."""

from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb

from quietclicks.pipeline.dashboard.tables import Table

TYPES = {
    "start": "TIMESTAMPTZ",
    "views": "BIGINT",
    "visitors": "BIGINT",
    "state": "VARCHAR",
    "value": "VARCHAR",
    "at_most": "BIGINT",
    "share": "DOUBLE",
    "at_least": "BOOLEAN",
}


def parquet(cursor: duckdb.DuckDBPyConnection, folder: Path, table: Table) -> bytes:
    """Its bytes; the file that they were written to is in `folder`, and gone."""
    columns: list[list[Any]] = [[row[n] for row in table.rows] for n in range(len(table.columns))]
    chosen = ", ".join(f"unnest(?::{TYPES[name]}[]) AS {name}" for name in table.columns)
    file = folder / f"{token_hex(16)}.parquet"
    target = str(file).replace("'", "''")
    try:
        # No name in it is anybody's but ours; values are parameters.
        cursor.execute(f"COPY (SELECT {chosen}) TO '{target}' (FORMAT parquet)", columns)
        return file.read_bytes()
    finally:
        file.unlink(missing_ok=True)
