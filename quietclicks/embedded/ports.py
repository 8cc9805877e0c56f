"""Which ports are free on loopback. Never keeps one: who binds later may find it taken."""

import secrets
import socket

HOST = "127.0.0.1"
RANGE = range(20000, 32000)
"""Below what the kernel hands out to connections, so that a restart finds its port still free."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the broker does: a closed connection's afterlife does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    while True:
        port = secrets.choice(RANGE)
        if is_free(port):
            return port
