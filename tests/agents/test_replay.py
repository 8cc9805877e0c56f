"""Replaying: ticks at their places, a visitor on one partition, and no log where time is live."""

import asyncio
import json
from collections import Counter

import pytest
from aiokafka import AIOKafkaProducer
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.agents.replay import partition_of, refuse_live_ticks, replay, with_ticks
from quietclicks.agents.settings import Settings
from quietclicks.agents.ticks import LIVE
from quietclicks.errors import Failure
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas import topics
from tests.kafka_tools import SharedBroker, create_topics, read_all, unique


@pytest.mark.parametrize(
    ("values", "plan", "expected"),
    [
        pytest.param([], [], [], id="nothing"),
        pytest.param([b"a"], [], [b"a"], id="no ticks"),
        pytest.param([b"a", b"b"], [(0, 1)], [1, b"a", b"b"], id="before the first"),
        pytest.param([b"a", b"b"], [(1, 1)], [b"a", 1, b"b"], id="between"),
        pytest.param([b"a", b"b"], [(2, 1)], [b"a", b"b", 1], id="after the last"),
        pytest.param([b"a"], [(0, 1), (0, 2), (1, 3), (1, 4)], [1, 2, b"a", 3, 4], id="several"),
        pytest.param([], [(0, 1)], [1], id="a tick and no record"),
    ],
)
def test_with_ticks(
    values: list[bytes], plan: list[tuple[int, int]], expected: list[bytes | int]
) -> None:
    wanted = [(tick(at), True) if isinstance(at, int) else (at, False) for at in expected]
    assert list(with_ticks(values, plan)) == wanted


@given(st.binary(max_size=200), st.integers(1, 9))
@settings(derandomize=True, max_examples=300)
def test_anything_has_a_partition(value: bytes, partitions: int) -> None:
    assert 0 <= partition_of(value, partitions) < partitions
    assert partition_of(value, partitions) == partition_of(value, partitions)


@given(st.text(max_size=30), st.none() | st.text(max_size=30), st.text(max_size=30))
@settings(derandomize=True, max_examples=300)
def test_a_visitor_stays_on_one_partition(ip: str, agent: str | None, url: str) -> None:
    visitor = {"ip": ip, "user_agent": agent}
    one = json.dumps({**visitor, "url": "/", "event_id": "1"}).encode()
    other = json.dumps({"event_id": "2", "url": url, **visitor}).encode()
    assert partition_of(one, 7) == partition_of(other, 7)


def of_address(ip: str) -> int:
    return partition_of(json.dumps({"ip": ip, "user_agent": "x"}).encode(), 97)


def test_a_device_that_takes_new_addresses_stays_on_one_partition() -> None:
    addresses = [f"2001:db8:1:2:{n:x}::{n:x}" for n in range(10)]
    assert len({of_address(ip) for ip in addresses}) == 1
    assert of_address("::ffff:198.51.100.7") == of_address("198.51.100.7"), "the same, as IPv6"
    assert len({of_address(f"2001:db8:1:{n:x}::1") for n in range(50)}) > 25, "others spread"


def test_visitors_spread() -> None:
    found = Counter(
        partition_of(json.dumps({"ip": f"198.51.100.{n}", "user_agent": "x"}).encode(), 4)
        for n in range(200)
    )
    assert min(found.values()) > 20
    assert set(found) == set(range(4))


@pytest.mark.parametrize("value", [b"", b"[" * 100_000, b'{"ip":7}', b"\xff", b'"text"'])
def test_what_is_no_event_has_one_too(value: bytes) -> None:
    assert partition_of(value, 5) in range(5)


async def test_a_tick_goes_to_every_partition_in_its_place(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "RAW", unique("raw"))
    await create_topics(broker.bootstrap, {topics.RAW: 3}, {"max.message.bytes": "2000000"})
    settings = Settings(bootstrap=broker.bootstrap)
    large = b"x" * 1_500_000
    own = tick(5)  # a tick of the file's own
    log = [b'{"ip":"198.51.100.%d"}' % n for n in range(60)]
    values = [*((v, False) for v in log), (tick(1), True), (large, False), (own, False)]
    heard: list[int] = []
    assert await replay(settings, values, heard.append) == len(log) + 1
    assert heard[-1] == len(log) + 1

    for partition in range(3):
        there = [r.value for r in await read_all(broker.bootstrap, topics.RAW) if
                 r.partition == partition]  # fmt: skip
        expected = [value for value in log if partition_of(value, 3) == partition]
        big = [large] if partition_of(large, 3) == partition else []
        assert there == [*expected, tick(1), *big, own]


async def test_where_time_is_live_a_log_is_refused(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "RAW", unique("raw"))
    await create_topics(broker.bootstrap, {topics.RAW: 3})
    settings = Settings(bootstrap=broker.bootstrap)
    await refuse_live_ticks(settings)  # an empty topic has none
    await replay(settings, [(tick(1), True), (b"a", False)], lambda _: None)
    await refuse_live_ticks(settings)  # a replay's ticks are not live
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topics.RAW, tick(2), partition=2, headers=[LIVE])
    finally:
        await producer.stop()
    # However often it is asked: where the consumer stands at first must not matter.
    for each in await asyncio.gather(
        *(refuse_live_ticks(settings) for _ in range(10)), return_exceptions=True
    ):
        assert isinstance(each, Failure)
    with pytest.raises(Failure, match="has live ticks"):
        await replay(settings, [(b"b", False)], lambda _: None)
    assert b"b" not in {record.value for record in await read_all(broker.bootstrap, topics.RAW)}
