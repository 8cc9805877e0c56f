"""A database that is replaced while a worker runs, and what is said of it."""

import asyncio
import logging
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from quietclicks.agents import country_watch
from quietclicks.agents.country_watch import CountryWatch
from quietclicks.agents.geo import Countries

ADDRESS = bytes([8, 8, 8, 8])
SECONDS = 60  # a bound against hanging


def write(path: Path, code: str) -> None:
    writer = MMDBWriter(ip_version=4, database_type="Test-Country", languages=["en"])
    writer.insert_network(IPSet(["8.8.8.0/24"]), {"country_code": code})
    fresh = path.with_suffix(".new")
    writer.to_db_file(str(fresh))
    fresh.replace(path)


async def test_a_new_version_is_used_and_a_damaged_one_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, country_watch.__name__)
    path = tmp_path / "countries.mmdb"
    write(path, "US")
    countries = Countries.open(path)
    replaced: list[str | None] = []
    watch = CountryWatch(countries, lambda: replaced.append(countries.country(ADDRESS)))
    await watch.look()
    assert (replaced, caplog.messages) == ([], [])
    write(path, "DE")
    await watch.look()
    assert replaced == ["DE"]
    path.write_bytes(b"damaged")
    await watch.look()
    await watch.look()
    assert (replaced, countries.country(ADDRESS)) == (["DE"], "DE")
    new, kept, *more = caplog.messages
    assert new == "a new country database is in use"
    assert kept.startswith("the old country database stays in use: the country database")
    assert more == []


async def test_it_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(country_watch, "LOOK_SECONDS", 0.01)
    path = tmp_path / "countries.mmdb"
    write(path, "US")
    countries = Countries.open(path)
    versions = iter([True, False, True])  # what the looks find; the next one would find no more
    monkeypatch.setattr(countries, "reload_if_replaced", lambda: next(versions, False))
    replaced = asyncio.Semaphore(0)
    watch = CountryWatch(countries, replaced.release)
    await watch.start()
    try:
        async with asyncio.timeout(SECONDS):
            await replaced.acquire()
            await replaced.acquire()
        assert not watch.crashed
    finally:
        await watch.stop()


async def test_without_a_file_it_never_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(country_watch, "LOOK_SECONDS", 0.01)
    watch = CountryWatch(Countries.open(None), lambda: None)
    looked: list[None] = []

    async def look() -> None:
        looked.append(None)

    monkeypatch.setattr(watch, "look", look)
    await watch.start()
    await asyncio.sleep(0.1)
    await watch.stop()
    assert looked == []


async def test_none_is_said_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, country_watch.__name__)
    watch = CountryWatch(Countries.open(None), lambda: None)
    await watch.start()
    await watch.stop()
    assert any("no country database" in message for message in caplog.messages)
