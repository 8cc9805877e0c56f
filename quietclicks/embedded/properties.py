"""The broker's settings: what is ours, and the run's own values. Never reads or writes a file."""

from collections.abc import Mapping
from pathlib import Path

from quietclicks.embedded.ports import HOST


def server_properties(data: Path, port: int, controller_port: int, extra: Mapping[str, str]) -> str:
    """The text of server.properties of a single KRaft node, on loopback only."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "log.dirs": str(data),
        "listeners": f"BROKER://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"BROKER://{HOST}:{port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "message.max.bytes": str(4 << 20),
        # Erasure and retention must be seen within seconds, not minutes.
        "log.retention.check.interval.ms": "1000",
        "log.cleaner.backoff.ms": "1000",
        # The default is 128 MiB of heap, for logs far larger than ours.
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
        # A transaction left open by a killed worker holds up readers until it is aborted.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        # After a kill the broker comes back only when its old session has expired.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "4",
        **extra,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
