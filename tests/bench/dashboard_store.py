"""A year of a large site in the dashboard's store: 10 million trend records, and what they cost.

    .venv/bin/python -m tests.bench.dashboard_store [--records MILLIONS] [--folder F]

It prints how long the store takes to be filled, to be opened again and to answer a first look, how
large it is, and how much memory its process took; and the same of a table in SQLite, which was the
other candidate (docs/decisions/dashboard-store.md). With `--folder` a store that is there is used.
"""

import argparse
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

from quietclicks.agents.dashboard.store import Store
from quietclicks.agents.web.api import PREFIX, Api
from quietclicks.agents.web.exchange import Request
from quietclicks.pipeline.clock import HOURS_PER_DAY
from quietclicks.pipeline.dashboard.records import Key, Numbers
from quietclicks.pipeline.policy import parse
from quietclicks.schemas.trend import OTHER
from tests.dashboard_tools import POLICY, SITE, Entries

LAST = (date(2026, 11, 27) - date(1970, 1, 1)).days
DAYS = 365
BATCH = 50_000
# Values of a window that are told, by the day and by the hour: most are pages.
BY_DAY = {"page": 4000, "source": 300, "search": 400, "browser": 20, "language": 30, "country": 60}
BY_HOUR = {"page": 800, "source": 80, "browser": 15, "language": 12, "country": 20}
NAMES = {
    name: [f"/{name}s/{n * 2654435761 % 997}/number-{n}" for n in range(count * 5)]
    for name, count in BY_DAY.items()
}
WINDOW = (sum(BY_DAY.values()) + 24 * sum(BY_HOUR.values())) * DAYS / 1e6  # millions a year

QUESTIONS = {
    "sites": ("sites", {}),
    "the newest day": ("trends", {"by": "hour"}),
    "a day": ("trends", {"from": "2026-03-03", "to": "2026-03-03", "by": "hour"}),
    "a month, and the one before": (
        "trends",
        {"from": "2026-10-01", "to": "2026-10-31", "compare": "previous"},
    ),
    "a year": ("trends", {"from": "2025-11-28", "to": "2026-11-27", "by": "month"}),
    "its pages, searched": (
        "list",
        {"from": "2025-11-28", "to": "2026-11-27", "dimension": "page", "search": "number-77"},
    ),
}


def records(millions: float) -> Iterator[Entries]:
    """Batches in the order of the topics: dimension after dimension, hours and days as they end."""
    random, scale = Random(1), millions / WINDOW
    batch: Entries = {}
    for dimension in ("total", *BY_DAY):
        for day in range(LAST - DAYS + 1, LAST + 1):
            first = day * HOURS_PER_DAY
            for hour in range(first, first + (HOURS_PER_DAY if day < LAST else 15)):
                window(batch, random, dimension, hour, False, BY_HOUR.get(dimension, 0) * scale)
            if day < LAST:
                window(batch, random, dimension, first, True, BY_DAY.get(dimension, 0) * scale)
            if len(batch) >= BATCH:
                yield batch
                batch = {}
    yield batch


def window(
    batch: Entries, random: Random, dimension: str, hour: int, is_day: bool, count: float
) -> None:
    """Of a window's values some others are told each time."""
    if dimension == "total":
        views = random.randrange(300_000, 500_000) // (1 if is_day else 24)
        batch[Key(SITE, is_day, hour, dimension, "")] = Numbers(views, views // 20 * 10, True)
    elif count:
        names = NAMES[dimension]
        shift = random.randrange(len(names) // 10 + 1)
        for n in range(int(count)):
            name = names[(n + shift) % len(names)]
            views = 20 + int(random.uniform(0.7, 1.3) * 100_000 / (n + 10))
            visitors = views // 20 * 10
            batch[Key(SITE, is_day, hour, dimension, name)] = Numbers(views, visitors, n % 3 > 0)
        batch[Key(SITE, is_day, hour, dimension, OTHER)] = Numbers(5000, 2000, True)


def size(folder: Path) -> float:
    """MiB on the disk."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 2**20


def peak() -> float:
    """MiB of memory that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(folder: Path, millions: float) -> None:
    """In a process of its own, whose memory is told."""
    began, spent, count = time.perf_counter(), 0.0, 0
    store = Store(folder)
    for batch in records(millions):
        at = time.perf_counter()
        store.apply(batch, {})
        spent += time.perf_counter() - at
        count += len(batch)
    store.close()
    all_of_it = time.perf_counter() - began
    print(f"filled: {count:,} records, {spent:.0f} s in the store, {all_of_it:.0f} s in all")
    print(f"{size(folder):.0f} MiB on disk, {peak():.0f} MiB of memory")


def ask(folder: Path) -> None:
    """The first time each question is asked after a start, and the fastest of three."""
    began = time.perf_counter()
    store = Store(folder)
    api = Api(store, parse(POLICY, "policy"))
    print(f"opened again in {time.perf_counter() - began:.2f} s")
    for name, (path, query) in QUESTIONS.items():
        took = []
        for _ in range(4):
            at = time.perf_counter()
            answer = api.answer(Request("GET", PREFIX + path, query, {}))
            took.append(time.perf_counter() - at)
            assert answer.status == 200, answer.body
        print(f"{name:30} {took[0]:6.2f} s, then {min(took[1:]):.2f} s")
    print(f"{peak():.0f} MiB of memory")
    store.close()


def sqlite(folder: Path, millions: float) -> None:
    """The same records under their key, and the sums of a year's pages."""
    file = folder / "trends.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        """CREATE TABLE trends (site, is_day, dimension, hour, value, views, visitors, complete,
        PRIMARY KEY (site, is_day, dimension, hour, value)) WITHOUT ROWID"""
    )
    spent = 0.0
    for batch in records(millions):
        at = time.perf_counter()
        with connection:
            connection.executemany(
                "INSERT OR REPLACE INTO trends VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (key.site, key.is_day, key.dimension, key.hour, key.value, *numbers[:3])
                    for key, numbers in batch.items()
                    if numbers
                ),
            )
        spent += time.perf_counter() - at
    connection.close()
    print(f"SQLite filled in {spent:.0f} s, {size(folder):.0f} MiB on disk")
    connection = sqlite3.connect(file)
    for name, first in (("a day", LAST - 30), ("a year", LAST - DAYS + 1)):
        last = first if name == "a day" else LAST
        took = []
        for _ in range(2):
            at = time.perf_counter()
            connection.execute(
                """SELECT value, sum(views) FROM trends WHERE site = ? AND is_day = 1
                AND dimension = 'page' AND hour BETWEEN ? AND ?
                GROUP BY value ORDER BY 2 DESC LIMIT 10""",
                (SITE, first * HOURS_PER_DAY, last * HOURS_PER_DAY),
            ).fetchall()
            took.append(time.perf_counter() - at)
        print(f"SQLite, pages of {name} alone: {took[0]:.2f} s, then {took[1]:.2f} s")
    connection.close()
    print(f"{peak():.0f} MiB of memory")


def main() -> None:
    """Each step in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=float, default=10.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--step", choices=("fill", "ask", "sqlite"))
    chosen = parser.parse_args()
    if chosen.step == "fill":
        fill(chosen.folder, chosen.records)
    elif chosen.step == "ask":
        ask(chosen.folder)
    elif chosen.step == "sqlite":
        sqlite(chosen.folder, chosen.records)
    elif chosen.folder is None:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            for step, where in (("fill", folder), ("ask", folder), ("sqlite", other)):
                run(step, where, chosen.records)
    else:
        if not (chosen.folder / "trends.duckdb").exists():
            run("fill", str(chosen.folder), chosen.records)
        run("ask", str(chosen.folder), chosen.records)


def run(step: str, folder: str, millions: float) -> None:
    """One step, in its process."""
    more = ["--folder", folder, "--records", str(millions)]
    subprocess.run([sys.executable, "-m", __spec__.name, "--step", step, *more], check=True)


if __name__ == "__main__":
    main()
