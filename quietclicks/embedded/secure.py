"""The embedded broker as one that denies: every connection by TLS, every right by a list.

Clients log in with SCRAM on one port. The broker talks to itself on two others, which take no one
without its own certificate: a port in the clear, and be it on loopback, would be a way around.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from quietclicks.embedded.ports import HOST

MECHANISM = "SCRAM-SHA-512"
BROKER_NAME = "broker"  # the common name in its certificate
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


class Secure(Struct, frozen=True):
    """PEM files of the broker and of who signs, and the user who may give others their rights."""

    keystore: Path
    ca: Path
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Secure({self.user!r}, …)"

    def properties(self, port: int, controller_port: int, own_port: int) -> Mapping[str, str]:
        """What differs from a broker that lets everybody do everything."""
        return {
            "listeners": (
                f"CLIENTS://{HOST}:{port},OWN://{HOST}:{own_port},"
                f"CONTROLLER://{HOST}:{controller_port}"
            ),
            "advertised.listeners": f"CLIENTS://{HOST}:{port},OWN://{HOST}:{own_port}",
            "listener.security.protocol.map": "CLIENTS:SASL_SSL,OWN:SSL,CONTROLLER:SSL",
            "inter.broker.listener.name": "OWN",
            "listener.name.own.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "listener.name.clients.sasl.enabled.mechanisms": MECHANISM,
            f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": _LOGIN,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{self.user};User:CN={BROKER_NAME}",
        }

    def own_context(self) -> ssl.SSLContext:
        """How the broker's owner asks it, as the broker itself, whether it is up."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(str(self.keystore))
        return context

    def first_user(self) -> str:
        """The storage tool's arguments, for a file: on a command line everybody would see them."""
        return f"--add-scram\n{MECHANISM}=[name={self.user},password={self.password}]\n"
