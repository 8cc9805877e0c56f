"""Asks a broker, in Kafka's own protocol, whether it is up. Never waits long and never raises."""

import socket
import struct

METADATA = 3
VERSION = 4


def ready(host: str, port: int, seconds: float = 1.0) -> bool:
    """True when the broker answers a metadata request and lists itself."""
    # Header: key, version, correlation id, no client id. Body: no topics, create none.
    request = struct.pack(">hhihi?", METADATA, VERSION, 1, -1, 0, False)
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answer:
                # Size, correlation id, throttle time, number of brokers.
                _, _, _, brokers = struct.unpack(">iiii", answer.read(16))
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)
