"""Every kind of fault by its name, and a shuffled deck of them."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random

from tests.chaos import faults, faults_broker, faults_network
from tests.chaos.rig import Rig
from tests.chaos.wire import Api

Fault = Callable[[Rig, Random], Awaitable[None]]

KINDS: dict[str, Fault] = {
    "kill": faults.kill,
    "stop": faults.stop,
    "freeze": faults.freeze,
    "join": faults.join,
    "kill all": faults.kill_all,
    "kill while restoring": faults.kill_while_restoring,
    "kill while making a key": faults.kill_while_making_key,
    "kill while closing an hour": faults.kill_while_closing_hour,
    "kill while closing a day": faults.kill_while_closing_day,
    "storm of ticks": faults.tick_storm,
    "broker killed": faults_broker.kill_broker,
    "broker restarted": faults_broker.restart_broker,
    "broker frozen": faults_broker.freeze_broker,
    "disk full": faults_broker.fill_disk,
    "cut": faults_network.cut,
    "halve": faults_network.halve,
    "delay": faults_network.delay,
    "black hole": faults_network.black_hole,
    "late EndTxn": faults_network.late(Api.END_TXN),
    "late TxnOffsetCommit": faults_network.late(Api.TXN_OFFSET_COMMIT),
    "late AddOffsetsToTxn": faults_network.late(Api.ADD_OFFSETS),
    "late AddPartitionsToTxn": faults_network.late(Api.ADD_PARTITIONS),
    "late Produce": faults_network.late(Api.PRODUCE),
}


def deck(seed: int, kinds: Sequence[str], faults: int) -> Iterator[tuple[str, Random]]:
    """So many, every kind as often as any other; each with a chance of its own."""
    random = Random(f"deck {seed}")
    drawn: list[str] = []
    for number in range(faults):
        drawn = drawn or random.sample(list(kinds), len(kinds))
        yield drawn.pop(), Random(f"fault {seed} {number}")
