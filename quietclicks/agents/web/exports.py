"""What is shown, as a file: CSV, JSON or Parquet. Whole, or not at all: nothing is cut off."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

import orjson
from msgspec import structs

from quietclicks.agents.dashboard.reading import Reading
from quietclicks.agents.web.exchange import Answer
from quietclicks.pipeline.dashboard import answers, series, tables
from quietclicks.pipeline.dashboard.answers import Thresholds
from quietclicks.pipeline.dashboard.ask import Asked, Format, Refused, Span
from quietclicks.pipeline.dashboard.tables import Table

MAX_ROWS = 100_000
TYPES: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


def export(known: Reading, asked: Asked, thresholds: Thresholds) -> Answer:
    """Raises `Missing`, `Refused`."""
    site, span = answers.chosen(known, asked)
    table = _list(known, asked, thresholds) if asked.what == "list" else _series(known, asked)
    writers: Mapping[Format, Callable[[Table], bytes]] = {
        "csv": tables.csv,
        "json": _json,
        "parquet": known.parquet,
    }
    headers = {
        "Content-Type": TYPES[asked.format],
        "Content-Disposition": f'attachment; filename="{_name(site, span, table, asked.format)}"',
    }
    return Answer(HTTPStatus.OK, headers, writers[asked.format](table))


def _list(known: Reading, asked: Asked, thresholds: Thresholds) -> Table:
    found = answers.one_list(known, structs.replace(asked, page=1, size=MAX_ROWS), thresholds)
    if found["pages"] > 1:
        raise Refused(f"a file has {MAX_ROWS:,} values at most: search, or ask for fewer days")
    return tables.of_list(found)


def _series(known: Reading, asked: Asked) -> Table:
    times = answers.times_of(known, *answers.chosen(known, asked))
    return tables.of_series(series.of(times, asked.by), asked.by)


def _json(table: Table) -> bytes:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return orjson.dumps(rows, option=orjson.OPT_APPEND_NEWLINE)


def _name(site: str, span: Span, table: Table, kind: Format) -> str:
    """A site's name comes from a record: of it a header has what a host name may have."""
    words = [re.sub(r"[^A-Za-z0-9.-]", "_", site), table.name, *span.texts.values()]
    return f"{'-'.join(words)}.{kind}"
