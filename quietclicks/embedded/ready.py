"""Asks a broker, in Kafka's own protocol, whether it is up. Never waits long and never raises."""

import socket
import ssl
import struct

METADATA = 3
VERSION = 4


def ready(
    host: str, port: int, seconds: float = 1.0, context: ssl.SSLContext | None = None
) -> bool:
    """True when the broker answers a metadata request and lists itself; by TLS with `context`."""
    # Header: key, version, correlation id, no client id. Body: no topics, create none.
    request = struct.pack(">hhihi?", METADATA, VERSION, 1, -1, 0, False)
    try:
        with socket.create_connection((host, port), seconds) as plain:
            connection = context.wrap_socket(plain, server_hostname=host) if context else plain
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection, connection.makefile("rb") as answer:
                # Size, correlation id, throttle time, number of brokers.
                _, _, _, brokers = struct.unpack(">iiii", answer.read(16))
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)
