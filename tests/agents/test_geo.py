"""Countries from files that the tests write: both schemas, damaged, and replaced while in use."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from quietclicks.agents.geo import PROBED, Countries
from quietclicks.errors import UsageError
from quietclicks.pipeline.fields.country import COUNTRIES
from quietclicks.pipeline.fields.network import parse_address

NESTED = {
    "8.8.8.0/24": {"country": {"iso_code": "US", "names": {"en": "United States"}}},
    "81.2.69.0/24": {"country": {"iso_code": "GB"}, "registered_country": {"iso_code": "US"}},
    "9.9.9.0/24": {"country": {"iso_code": "EU"}},
    "9.9.8.0/24": {"registered_country": {"iso_code": "CH"}},
    "2a00:1::/32": {"country": {"iso_code": "FR"}},
}
FLAT = {
    "8.8.8.0/24": {"country_code": "US"},
    "81.2.69.0/24": {"country_code": "GB"},
    "9.9.9.0/24": {"country_code": "XX"},
    "9.9.8.0/24": {"country_code": ""},
    "2a00:1::/32": {"country_code": "FR"},
}
ASN = {"8.8.8.0/24": {"autonomous_system_number": 15169}}
GERMAN = {"8.8.8.0/24": {"country_code": "DE"}}


def write(path: Path, records: dict[str, Any], kind: str = "Test-Country", family: int = 6) -> Path:
    """Write a database, and put it in its place in one go, as those who replace one do."""
    writer = MMDBWriter(
        ip_version=family, ipv4_compatible=family == 6, database_type=kind, languages=["en"]
    )
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    fresh = path.with_suffix(".new")
    writer.to_db_file(str(fresh))
    fresh.replace(path)
    return path


def packed(text: str) -> bytes:
    address = parse_address(text)
    assert address is not None
    return address


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "countries.mmdb"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("8.8.8.8", "US", id="IPv4"),
        pytest.param("81.2.69.160", "GB", id="registered elsewhere"),
        pytest.param("9.9.9.9", None, id="no country"),
        pytest.param("9.9.8.9", None, id="no country of the visitor"),
        pytest.param("7.7.7.7", None, id="not in the file"),
        pytest.param("2a00:1::1", "FR", id="IPv6"),
        pytest.param("2a00:2::1", None, id="IPv6, not in the file"),
        pytest.param("::ffff:8.8.8.8", "US", id="mapped"),
        pytest.param("2002:808:808::1", "US", id="6to4"),
        pytest.param("64:ff9b::8.8.8.8", "US", id="NAT64"),
    ],
)
@pytest.mark.parametrize("records", [NESTED, FLAT], ids=["nested", "flat"])
def test_country(path: Path, records: dict[str, Any], address: str, expected: str | None) -> None:
    countries = Countries.open(write(path, records))
    assert countries.country(packed(address)) == expected
    assert countries.country(packed(address)) == expected  # as remembered


def test_the_path_may_be_text(path: Path) -> None:
    assert Countries.open(str(write(path, FLAT))).country(packed("8.8.8.8")) == "US"


def test_without_a_file_there_is_no_country() -> None:
    countries = Countries.open(None)
    assert countries.country(packed("8.8.8.8")) is None
    assert countries.reload_if_replaced() is False


def test_a_file_of_ipv4_only_has_no_country_for_ipv6(path: Path) -> None:
    records = {"8.8.8.0/24": {"country_code": "US"}}
    countries = Countries.open(write(path, records, family=4))
    assert countries.country(packed("8.8.8.8")) == "US"
    assert countries.country(packed("2a00:1::1")) is None


@pytest.mark.parametrize("address", [b"", b"\x08\x08\x08", bytes(5), bytes(17)], ids=len)
def test_what_is_no_packed_address_has_no_country(path: Path, address: bytes) -> None:
    assert Countries.open(write(path, FLAT)).country(address) is None


SPOILT = {
    "empty": lambda good: b"",
    "text": lambda good: b"<html>Please sign in to download</html>\n" * 100,
    "zeros": lambda good: bytes(4096),
    "half": lambda good: good[: len(good) // 2],
    "without its end": lambda good: good[:-1],
    "without its beginning": lambda good: good[100:],
    "only metadata": lambda good: good[good.index(b"\xab\xcd\xefMaxMind.com") :],
    "compressed": lambda good: b"\x1f\x8b\x08\x00" + good[::-1],
    "tree of ones": lambda good: b"\xff" * 600 + good[600:],
    "tree of loops": lambda good: bytes(600) + good[600:],
    "data of ones": lambda good: good.replace(b"country_code", b"\xff" * 12),
    "unknown metadata": lambda good: good.replace(b"record_size", b"record_sizf"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_damaged_file_is_refused_in_one_line(path: Path, spoil: Any) -> None:
    path.write_bytes(spoil(write(path, FLAT).read_bytes()))
    with pytest.raises(UsageError, match="damaged: fetch it again") as refused:
        Countries.open(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_whatever_byte_is_damaged_the_process_lives(path: Path) -> None:
    whole = write(path, NESTED).read_bytes()
    chance = random.Random(4)
    refused = 0
    for _ in range(300):
        spoilt = bytearray(whole)
        for _ in range(chance.choice([1, 3, 30])):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path.write_bytes(spoilt)
        try:
            countries = Countries.open(path)
        except UsageError:
            refused += 1
            continue
        for address in ("8.8.8.8", "81.2.69.160", "9.9.9.9", "7.7.7.7", "2a00:1::1", "fe80::"):
            assert countries.country(packed(address)) in COUNTRIES | {None}
    assert 0 < refused < 300


def test_damage_behind_what_is_probed_costs_its_country_only(path: Path) -> None:
    records = {f"{1 + n // 256}.{n % 256}.0.0/17": {"country_code": "US"} for n in range(PROBED)}
    records["200.1.1.0/24"] = {"country_code": "DE"}
    spoilt = write(path, records).read_bytes()
    at = spoilt.index(b"BDE")
    path.write_bytes(spoilt[:at] + b"\xff\xff\xff" + spoilt[at + 3 :])
    countries = Countries.open(path)
    assert countries.country(packed("1.1.1.1")) == "US"
    assert countries.country(packed("200.1.1.1")) is None


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        pytest.param(ASN, "GeoLite2-ASN", id="ASN"),
        pytest.param({"8.8.8.0/24": {"country": {"iso_code": "EU"}}}, "Regions", id="regions"),
        pytest.param({"8.8.8.0/24": {"continent": {"code": "EU"}}}, "Continents", id="continents"),
        pytest.param({"8.8.8.0/24": "US"}, "Texts", id="texts"),
        pytest.param({}, "Nothing", id="empty"),
    ],
)
def test_a_file_without_countries_is_refused_by_its_type(
    path: Path, records: dict[str, Any], kind: str
) -> None:
    write(path, records, kind)
    with pytest.raises(UsageError, match=f"has no countries.*{kind}"):
        Countries.open(path)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        Countries.open(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: Is a directory"):
        Countries.open(tmp_path)


def test_a_replaced_file_is_taken_once(path: Path) -> None:
    countries = Countries.open(write(path, FLAT))
    assert countries.reload_if_replaced() is False
    write(path, GERMAN)
    assert countries.country(packed("8.8.8.8")) == "US"
    assert countries.reload_if_replaced() is True
    assert countries.country(packed("8.8.8.8")) == "DE"
    assert countries.reload_if_replaced() is False


def test_a_file_of_the_same_size_and_time_is_a_new_one(path: Path) -> None:
    before = write(path, {"8.8.8.0/24": {"country_code": "US"}}).stat()
    countries = Countries.open(path)
    after = write(path, GERMAN)
    os.utime(after, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert after.stat().st_size == before.st_size
    assert countries.reload_if_replaced() is True
    assert countries.country(packed("8.8.8.8")) == "DE"


def test_a_file_overwritten_where_it_stands_does_no_harm(path: Path) -> None:
    countries = Countries.open(write(path, FLAT))
    with path.open("r+b") as file:
        file.truncate(0)
        assert countries.country(packed("81.2.69.160")) == "GB"
    with pytest.raises(UsageError):
        countries.reload_if_replaced()
    assert countries.country(packed("8.8.8.8")) == "US"


@pytest.mark.parametrize("bad", ["damaged", "wrong type", "missing", "folder"])
def test_the_old_file_stays_in_use_where_the_new_one_is_bad(path: Path, bad: str) -> None:
    countries = Countries.open(write(path, FLAT))
    if bad == "wrong type":
        write(path, ASN, "GeoLite2-ASN")
    elif bad == "damaged":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.unlink()
        if bad == "folder":
            path.mkdir()
    with pytest.raises(UsageError):
        countries.reload_if_replaced()
    assert countries.country(packed("8.8.8.8")) == "US"
    assert countries.reload_if_replaced() is False  # said once
    if bad == "folder":
        path.rmdir()
    write(path, GERMAN)
    assert countries.reload_if_replaced() is True
    assert countries.country(packed("8.8.8.8")) == "DE"


def test_a_refused_start_can_be_tried_again(path: Path) -> None:
    countries = Countries(path)
    for _ in range(2):
        with pytest.raises(UsageError):
            countries.reload_if_replaced()
    write(path, FLAT)
    assert countries.reload_if_replaced() is True
