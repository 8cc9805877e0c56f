"""What is committed in the locks."""

import re

import pytest

from quietclicks.embedded.jars import LOCK, read_lock
from quietclicks.embedded.lock import KAFKA
from tests.paths import ROOT


def test_all_of_kafka_is_of_one_version() -> None:
    kafka = {jar.artifact: jar.version for jar in read_lock() if jar.group == "org.apache.kafka"}
    assert {"kafka_2.13", "kafka-clients", "kafka-server", "kafka-metadata"} <= kafka.keys()
    assert set(kafka.values()) == {KAFKA}


def test_every_jar_has_a_checksum_and_a_name_of_its_own() -> None:
    locked = read_lock()
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in locked)
    assert len({jar.name for jar in locked}) == len(locked)


@pytest.mark.parametrize(
    "path",
    [LOCK, ROOT / "requirements.lock", ROOT / "requirements-build.lock"],
    ids=lambda p: p.name,
)
def test_no_lock_names_a_registry(path: object) -> None:
    with open(str(path)) as file:
        assert "://" not in file.read()
