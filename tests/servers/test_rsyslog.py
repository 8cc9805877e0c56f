"""rsyslog with deploy/logs/rsyslog.conf: raw events from a file to Kafka, as they are."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from quietclicks.schemas import topics
from tests.kafka.world import until
from tests.kafka_tools import SharedBroker, create_topics, read_all, unique
from tests.servers.served import PATIENCE, installed, shipped

EVENTS = [
    json.dumps(
        {
            "event_id": f"e{number}",
            "url": f"/p{number}",
            "ip": f"198.51.100.{number % 10}",
            "user_agent": 'a "quoted" \\ agent' + "x" * 9000 * (number == 7),
            "consent": {"analytics": None},
        }
    ).encode()
    for number in range(60)
]


OMKAFKA = "rsyslog/omkafka.so"


@contextmanager
def rsyslog(folder: Path, paths: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """With the shipped configuration, and other names for those that stand in it."""
    program = installed("rsyslogd")
    if not [*Path("/usr/lib").glob(OMKAFKA), *Path("/usr/lib").glob(f"*/{OMKAFKA}")]:
        pytest.skip("needs rsyslog-kafka, which is not installed")
    text = shipped("rsyslog.conf", {})
    for written, here in paths.items():
        assert text.count(f'"{written}"') == 1
        text = text.replace(f'"{written}"', f'"{here}"')
    main = folder / "rsyslog.conf"
    main.write_text(f'global(workDirectory="{folder}")\n{text}', "utf-8")
    process = subprocess.Popen(
        [program, "-n", "-f", main, "-i", folder / "pid"], stdin=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def test_each_line_arrives_as_it_is_and_a_visitor_keeps_to_a_partition(
    broker: SharedBroker, tmp_path: Path
) -> None:
    topic, log = unique("raw"), tmp_path / "raw.ndjson"
    await create_topics(broker.bootstrap, {topic: 3})
    log.write_bytes(b"".join(event + b"\n" for event in EVENTS))
    paths = {
        "/var/log/nginx/raw.ndjson": str(log),
        "/var/lib/rsyslog/clickstream-failed": str(tmp_path / "failed"),
        topics.RAW: topic,
        "localhost:9092": broker.bootstrap,
    }
    with rsyslog(tmp_path, paths) as process:

        async def arrived() -> bool:
            assert process.poll() is None, "it ended by itself"
            return len(await read_all(broker.bootstrap, topic)) >= len(EVENTS)

        await until(arrived, "all of it", PATIENCE)
    found = await read_all(broker.bootstrap, topic)
    assert sorted(each.value or b"" for each in found) == sorted(EVENTS)
    partitions: dict[str, set[int]] = {}
    for each in found:
        event = json.loads(each.value or b"")
        who = f"{event['ip']} {event['user_agent']}"
        partitions.setdefault(who, set()).add(each.partition)
    assert {len(each) for each in partitions.values()} == {1}
    assert len(set().union(*partitions.values())) > 1
