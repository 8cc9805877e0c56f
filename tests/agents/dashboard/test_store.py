"""The store: what is repeated replaces, what is broken is built anew, no way leads out."""

import logging
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from quietclicks.agents.dashboard.database import opened
from quietclicks.agents.dashboard.store import Partition, Store
from quietclicks.errors import Failure
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dashboard.ask import Span
from quietclicks.pipeline.dashboard.known import Wanted
from quietclicks.pipeline.dashboard.records import Key, Numbers
from tests.dashboard_tools import closing
from tests.paths import ROOT
from tests.rows import each_row

SITE = "shop.example"
DAY = 20_000
TOTAL = Key(SITE, True, DAY * HOURS_PER_DAY, "total", "")
PAGE = TOTAL._replace(dimension="page", value="/a")
HOUR = PAGE._replace(is_day=False)
ONE = Numbers(40, 30, True)
PLACE = Partition("trends.pages", "00c0ffee", 0)
SPAN = Span(DAY, DAY)


def views(store: Store) -> dict[str, int]:
    with store.reading() as known:
        found = known.rankings(Wanted(SITE, SPAN, dimension="page"))
        return {row.value: row.views for row in found["page"].rows} if found else {}


def test_a_repeated_key_replaces_and_none_removes(tmp_path: Path) -> None:
    other = PAGE._replace(value="/b")
    with closing(Store(tmp_path)) as store:
        store.apply({TOTAL: ONE, PAGE: ONE, other: ONE, HOUR: ONE}, {PLACE: 4})
        store.apply({PAGE: Numbers(50, 30, True), TOTAL: Numbers(90, 30, True)}, {PLACE: 6})
        assert views(store) == {"/a": 50, "/b": 40}
        with store.reading() as known:
            assert [total.views for total in known.totals(SITE, SPAN)] == [90]
            assert known.records() == 4
        store.apply({other: None, TOTAL: None}, {PLACE: 8})
        assert views(store) == {"/a": 50}
        with store.reading() as known:
            assert (known.totals(SITE, SPAN), known.sites(), known.records()) == ([], [], 2)


def test_a_day_counts_once_though_its_total_comes_later(tmp_path: Path) -> None:
    """Topics are read one after the other: a day's pages may be there before its total."""
    total = TOTAL._replace(is_day=False)
    with closing(Store(tmp_path)) as store:
        store.apply({HOUR: ONE, total: ONE, PAGE: Numbers(90, 60, True)}, {})
        with store.reading() as known:
            wanted = Wanted(SITE, SPAN, open_days=[DAY], dimension="page")
            assert [row.views for row in known.rankings(wanted)["page"].rows] == [40]


def test_a_restart_finds_records_and_offsets_as_they_were(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.apply({PAGE: ONE}, {PLACE: 4, PLACE._replace(number=1): 0})
        store.apply({}, {PLACE: 5})
    with closing(Store(tmp_path)) as store:
        assert store.positions() == {PLACE: 5, PLACE._replace(number=1): 0}
        assert views(store) == {"/a": 40}
        store.clear()
        assert (store.positions(), views(store)) == ({}, {})


def test_a_batch_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        with pytest.raises(duckdb.Error):
            store.apply({PAGE: ONE}, {PLACE: 2**64})
        assert (store.positions(), views(store), store.version) == ({}, {}, 0)


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    young = PAGE._replace(value="/b")
    with closing(Store(tmp_path)) as store:
        store.apply({PAGE: ONE._replace(appended=99), young: ONE._replace(appended=100)}, {})
        store.forget(100)
        assert views(store) == {"/b": 40}


def foreign(file: Path) -> None:
    file.write_bytes(b"not a database" * 1000)


def of_another_program(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE days AS SELECT 1")


def of_another_format(file: Path) -> None:
    opened(file.parent).close()
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE format SET number = 0")


def cut_off(file: Path) -> None:
    Store(file.parent).close()
    file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize("spoil", [foreign, of_another_program, of_another_format, cut_off])
def test_a_file_that_is_none_of_ours_is_built_anew_and_told_once(
    spoil: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(spoil)
    spoil(tmp_path / "trends.duckdb")
    with caplog.at_level(logging.WARNING), closing(Store(tmp_path)) as store:
        store.apply({PAGE: ONE}, {PLACE: 1})
    with closing(Store(tmp_path)) as store:
        assert views(store) == {"/a": 40}
    assert len(caplog.records) == 1
    assert "built anew" in caplog.text


def test_it_is_built_anew_at_will(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.apply({PAGE: ONE}, {PLACE: 1})
    (tmp_path / "trends.duckdb.wal").write_bytes(b"of another file" * 100)
    with closing(Store(tmp_path, rebuild=True)) as store:
        assert (store.positions(), views(store)) == ({}, {})


@pytest.mark.parametrize("rebuild", [False, True])
def test_of_two_dashboards_the_second_is_told_so(rebuild: bool, tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store.apply({PAGE: ONE}, {PLACE: 1})
        script = (
            "from quietclicks.agents.dashboard.store import *; "
            f"Store(Path({str(tmp_path)!r}), rebuild={rebuild})"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
        )
    assert "Failure: another dashboard holds" in done.stderr
    with closing(Store(tmp_path)) as store:
        assert views(store) == {"/a": 40}, "the first one's numbers are still there"


def test_a_folder_that_cannot_be_had_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot use the folder"):
        Store(tmp_path / "file" / "folder")


WAYS_OUT = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/quietclicks-test.csv'",
    "ATTACH '/tmp/quietclicks-test.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET threads = 64",
    "SET memory_limit = '64GB'",
    "SET allowed_directories = ['/']",
    "SELECT * FROM 'https://shop.example/x.parquet'",
]


@each_row("statement", WAYS_OUT)
def test_not_even_sql_gets_out_of_it(statement: str, tmp_path: Path) -> None:
    connection = opened(tmp_path)
    try:
        with pytest.raises(duckdb.Error):
            connection.execute(statement)
    finally:
        connection.close()
