"""The embedded broker, started for real: it works, it keeps what it was given, and it goes."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from quietclicks.embedded import broker as module
from quietclicks.embedded.broker import UNPACKED, Broker
from quietclicks.embedded.ports import HOST, free_port
from quietclicks.errors import Failure
from tests.kafka_tools import SharedBroker, create_topics, produce, read_all, unique
from tests.paths import ROOT

OWNER = """
import sys
from quietclicks.embedded.broker import Broker
broker = Broker.start()
print(broker.pid, broker._keeping._process.pid, broker.data_dir, flush=True)
sys.stdin.read()
"""


def quiet(_: str) -> None:
    pass


def wait_until_gone(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 60)[0])


async def test_what_is_written_is_read_back(broker: SharedBroker) -> None:
    topic = unique("written")
    # For ever: a record of 1970 would expire within a second.
    await create_topics(broker.bootstrap, {topic: 2}, {"retention.ms": "-1"})
    records = [(0, b"k", b"a"), (1, None, b"b", 1000), (0, b"k", None)]
    await produce(broker.bootstrap, topic, records)
    stored = await read_all(broker.bootstrap, topic)
    assert [(r.partition, r.offset, r.key, r.value) for r in stored] == [
        (0, 0, b"k", b"a"),
        (0, 1, b"k", None),
        (1, 0, None, b"b"),
    ]
    assert stored[2].timestamp == 1000


async def test_only_committed_records_are_read(broker: SharedBroker) -> None:
    topic, source = unique("committed"), unique("source")
    await create_topics(broker.bootstrap, {topic: 1, source: 1})
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=unique("tx"))
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted")
        await producer.abort_transaction()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"committed")
        await producer.send_offsets_to_transaction({TopicPartition(source, 0): 5}, unique("group"))
        await producer.commit_transaction()
    finally:
        await producer.stop()
    assert [r.value for r in await read_all(broker.bootstrap, topic)] == [b"committed"]
    assert len(await read_all(broker.bootstrap, topic, "read_uncommitted")) == 2


async def test_a_killed_broker_comes_back_with_its_data_and_port() -> None:
    with Broker.start(progress=quiet) as own:
        address, first = own.bootstrap, own.pid
        await create_topics(address, {"kept": 1})
        await produce(address, "kept", [(0, None, b"before")])
        own.kill()
        assert own.pid == 0
        assert "ended" in str(own.ended(0))
        own.restart()
        assert (own.bootstrap, own.ended(0)) == (address, None)
        assert own.pid != first
        assert [r.value for r in await read_all(address, "kept")] == [b"before"]
        gone = os.pidfd_open(own.pid)
        folder = own.data_dir
    assert wait_until_gone(gone)
    os.close(gone)
    assert not folder.exists()


async def test_a_folder_of_the_callers_is_kept(tmp_path: Path) -> None:
    port = free_port()
    theirs = tmp_path / "kafka" / "tmp" / "letter"
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    with Broker.start(tmp_path / "kafka", port=port, progress=quiet) as own:
        assert own.bootstrap == f"{HOST}:{port}"
        await create_topics(own.bootstrap, {"kept": 1})
        await produce(own.bootstrap, "kept", [(0, None, b"before")])
        with pytest.raises(Failure, match=r"^another broker is running on .*kafka"):
            Broker.start(tmp_path / "kafka", progress=quiet)
        own.restart()  # undisturbed by the one that was refused
    with Broker.start(tmp_path / "kafka", progress=quiet) as own:
        assert [r.value for r in await read_all(own.bootstrap, "kept")] == [b"before"]
    assert theirs.exists()


async def test_what_java_unpacks_goes_with_the_data() -> None:
    """It would lie about in the machine's temporary folder whenever Java is killed."""
    with Broker.start(progress=quiet) as own:
        await create_topics(own.bootstrap, {"packed": 1}, {"compression.type": "lz4"})
        await produce(own.bootstrap, "packed", [(0, None, b"x" * 1000)])
        unpacked = [path.name for path in (own.data_dir / UNPACKED).iterdir()]
        assert any(name.startswith("liblz4") for name in unpacked)


@contextmanager
def owner() -> Iterator[tuple[subprocess.Popen[str], int, int, Path]]:
    """Another process that owns a broker: it, Java's pidfd, the keeper's pid, the data folder."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        java, keeper, folder = process.stdout.readline().split()
        pidfd = os.pidfd_open(int(java))
        yield process, pidfd, int(keeper), Path(folder)
        os.close(pidfd)


def test_a_broker_and_its_data_go_when_the_owner_is_killed() -> None:
    with owner() as (process, java, _, folder):
        assert folder.is_dir()
        process.kill()
        # The keeper has the owner's standard error: its end is the keeper's end.
        process.communicate(timeout=60)
        assert wait_until_gone(java)
        assert not folder.exists()


def test_a_broker_goes_when_its_keeper_is_killed() -> None:
    with owner() as (_, java, keeper, folder):
        os.kill(keeper, signal.SIGKILL)
        assert wait_until_gone(java)
        shutil.rmtree(folder)


def test_a_taken_port_is_said() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"^port {port} is taken by another program"):
            Broker.start(port=port, progress=quiet)


def test_a_port_taken_in_between_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as taken:
        choices = iter([taken.getsockname()[1], *(free_port() for _ in range(3))])
        monkeypatch.setattr(module, "free_port", lambda: next(choices))
        with Broker.start(progress=quiet) as own:
            assert own.port != taken.getsockname()[1]


def test_a_broker_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"^the broker ended: .*Invalid value nonsense"):
        Broker.start(tmp_path, properties={"num.io.threads": "nonsense"}, progress=quiet)


def test_a_full_disk_is_said_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"^not enough disk space for the broker in .*512 MiB free"):
        Broker.start(tmp_path, free=lambda _: 1 << 20, progress=quiet)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match=r"^cannot use .*file: "):
        Broker.start(tmp_path / "file", progress=quiet)


def test_a_folder_that_it_makes_is_its_owners_alone(tmp_path: Path) -> None:
    folder = module._prepare(tmp_path / "new", lambda _: module.SPACE_NEEDED)
    assert folder.stat().st_mode & 0o777 == 0o700
