"""Only a broker that answers and lists itself is ready."""

import socket
import struct
from threading import Thread

import pytest

from quietclicks.embedded.ports import HOST, free_port, is_free
from quietclicks.embedded.ready import ready
from tests.kafka_tools import SharedBroker


def test_a_broker_is(broker: SharedBroker) -> None:
    host, port = broker.bootstrap.split(":")
    assert ready(host, int(port), seconds=30)


def test_nobody_is_not() -> None:
    assert not ready(HOST, free_port())


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP", struct.pack(">iiii", 12, 1, 0, 0), b"\x00" * 15],
    ids=["hangs up", "another protocol", "no broker yet", "cut short"],
)
def test_others_are_not(answer: bytes) -> None:
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        assert not ready(HOST, server.getsockname()[1], seconds=30)
        thread.join()


def test_a_taken_port_is_seen() -> None:
    with socket.create_server((HOST, free_port())) as server:
        assert not is_free(server.getsockname()[1])
